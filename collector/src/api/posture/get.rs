use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        posture::{Together, group, lens, waived::Waivers},
        time::Time,
    },
    catalogue::Catalogue,
    retention::Kind,
    store::{
        posture::read::{self as posture, Of},
        read,
        waiver::overlay::Over,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostureQuery {
    /// Only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only the rules of this profile, such as `cis-debian12-l1-server`, with its values.
    profile: Option<String>,
    /// Only the hosts that belonged to this group at the instant.
    group: Option<Uuid>,
    /// The instant, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// How hosts stand at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Posture {
    pub(super) at: Time,
    #[serde(flatten)]
    pub(super) together: Together,
}

/// Say how the fleet or a group stands, or stood at an instant.
///
/// A host that had not been heard of for 24 hours counts as nothing, whatever it told before; how many those are stands
/// beside the score. So does the score that leaves out failures that were waived at that instant.
#[utoipa::path(get, path = "/api/v1/posture", tag = "posture", params(PostureQuery),
    responses((status = 200, body = Posture),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`, `profile_not_found`, `group_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn get_posture(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<PostureQuery>,
) -> Result<Json<Posture>, ApiError> {
    let lens = lens(query.framework, query.profile, &catalogue)?;
    let (now, within) = (clock.now(), within.groups());
    let mut tx = read::snapshot(&db).await?;
    let at = keeping.asked(&mut tx, Kind::Posture, query.at, now).await?;
    let at = at.unwrap_or(now);
    let group = group(&mut tx, query.group, within.as_deref()).await?;
    let of = Of {
        at,
        group,
        within: within.as_deref(),
    };
    let sums = posture::sums(&mut tx, &lens, &of, &[at]).await?;
    let waivers = Waivers::load(&mut tx, Over::Together(&of, &[at])).await?;
    let sum = sums.into_iter().next().unwrap_or_default();
    let waived = waivers.at(0, &lens, &catalogue);
    Ok(Json(Posture {
        at: at.into(),
        together: Together::new(&sum, waived),
    }))
}
