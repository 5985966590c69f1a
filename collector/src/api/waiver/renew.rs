use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, WaiverPath},
        trail::Trail,
        waiver::{Waiver, ask, days, found, grounds, rules, tell},
    },
    catalogue::Catalogue,
    live::Feed,
    store::waiver::{Grounds, Waiver as Kept},
    waiver::{Deed, Standing},
};

/// Why a waiver is to go on. What is left out stays as it was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverRenewal {
    /// Why: 20 to 2000 characters.
    #[schema(min_length = 20, max_length = 2000)]
    reason: String,
    /// At most 2000 characters.
    #[schema(max_length = 2000)]
    compensating_control: Option<String>,
    /// At most 2000 characters.
    #[schema(max_length = 2000)]
    risk_acceptance: Option<String>,
    /// At most 2000 characters.
    #[schema(max_length = 2000)]
    evidence: Option<String>,
    /// For how many days it is to count from its approval, 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    days: u16,
}

/// Ask that a waiver go on, which counts or has expired.
///
/// That is another waiver, which somebody else must approve; as long as nobody has, the first one counts as before. The
/// rules of a control are those of now.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/renew", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverRenewal,
    responses((status = 201, body = Waiver),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`fleet_needed`; `no_account`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`; `rule_not_found` or `framework_not_found`: there is none any more"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_stands_so`; `waiver_exists`: another is open for the same")))]
pub(crate) async fn renew_waiver(
    (identity, within, trail): (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(catalogue): State<Arc<Catalogue>>,
    State(feed): State<Feed>,
    Body(asked): Body<WaiverRenewal>,
) -> Result<(StatusCode, Json<Waiver>), ApiError> {
    let days = days(asked.days)?;
    let mut tx = db.begin().await?;
    let before = found(&mut tx, id, &within).await?;
    before
        .standing
        .after(Deed::Renew, identity.account, trail.now())?;
    let requester = identity.account.ok_or(ApiError::NoAccount)?;
    let grounds = grounds(&Grounds {
        reason: asked.reason,
        compensating_control: asked
            .compensating_control
            .unwrap_or(before.grounds.compensating_control),
        risk_acceptance: asked
            .risk_acceptance
            .unwrap_or(before.grounds.risk_acceptance),
        evidence: asked.evidence.unwrap_or(before.grounds.evidence),
    })?;
    let waiver = Kept {
        no: 0,
        id: Uuid::now_v7(),
        rules: rules(&before.subject, &catalogue)?,
        whom: before.whom,
        subject: before.subject,
        grounds,
        continues: Some((before.no, before.id)),
        standing: Standing::requested(requester, days),
        requested_at: trail.now().trunc_subsecs(6),
        requested_by: identity.name.clone(),
        approved_by: None,
    };
    let waiver = ask(&mut tx, (&identity, &trail), waiver, "waiver.renew").await?;
    tx.commit().await?;
    tell(&feed, waiver.id);
    info!(waiver.id = %waiver.id, account.name = identity.name, "renewal of a waiver requested");
    let told = Waiver::new(waiver, trail.now());
    Ok((StatusCode::CREATED, Json(told)))
}
