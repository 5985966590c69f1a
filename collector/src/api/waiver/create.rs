use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use sqlx::{PgConnection, PgPool};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::Body,
        trail::Trail,
        waiver::{Waiver, ask, days, grounds, rules, tell},
    },
    catalogue::Catalogue,
    live::Feed,
    store::{
        self,
        waiver::{Grounds, Scope, Subject, Waiver as Kept, Whom},
    },
    waiver::Standing,
};

/// What somebody wants to be accepted for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverRequest {
    /// One of `host`, `group` and `fleet` says whom it is for.
    #[serde(default)]
    host: Option<Uuid>,
    /// The hosts that belong to it, at each instant those that do then.
    #[serde(default)]
    group: Option<Uuid>,
    /// True for the whole fleet: only who may ask for every host does.
    #[serde(default)]
    fleet: bool,
    /// A rule, or else a control of a framework.
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    framework: Option<String>,
    /// Of the framework. It means the rules that decide it now, or give evidence for it.
    #[serde(default)]
    control: Option<String>,
    /// Why: 20 to 2000 characters.
    #[schema(min_length = 20, max_length = 2000)]
    reason: String,
    /// What is done instead; at most 2000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    compensating_control: String,
    /// Who accepts the risk, and with which words; at most 2000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    risk_acceptance: String,
    /// A text or an address, which nobody fetches; at most 2000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    evidence: String,
    /// For how many days it is to count from its approval, 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    days: u16,
}

impl WaiverRequest {
    /// Whom it is for, if that is wholly within the scope.
    async fn whom(&self, tx: &mut PgConnection, within: &Within) -> Result<Whom, ApiError> {
        let groups = within.groups();
        match (self.host, self.group, self.fleet) {
            (Some(id), None, false) => {
                let found = store::waiver::host(tx, id, groups.as_deref()).await?;
                found.ok_or_else(|| ApiError::HostNotFound(id.to_string()))
            }
            (None, Some(id), false) => {
                let found = store::group::find(tx, id, groups.as_deref()).await?;
                let (group_no, group) =
                    found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
                Ok(Whom {
                    scope: Scope::Group,
                    id: Some(id),
                    name: group.name,
                    host_no: None,
                    group_no: Some(group_no),
                })
            }
            (None, None, true) if groups.is_none() => Ok(Whom {
                scope: Scope::Fleet,
                id: None,
                name: String::new(),
                host_no: None,
                group_no: None,
            }),
            (None, None, true) => Err(ApiError::FleetNeeded),
            _ => Err(ApiError::parameter(
                "host",
                "name one: a host, a group, or the fleet",
            )),
        }
    }

    fn subject(&self) -> Result<Subject, ApiError> {
        match (&self.rule, &self.framework, &self.control) {
            (Some(rule), None, None) => Ok(Subject::Rule(rule.clone())),
            (None, Some(framework), Some(control)) => Ok(Subject::Control {
                framework: framework.clone(),
                control: control.clone(),
            }),
            _ => Err(ApiError::parameter(
                "rule",
                "name a rule, or else a framework and a control of it",
            )),
        }
    }
}

/// Ask that failures of a rule, or of the rules of a control, be accepted for a while.
///
/// It counts when somebody else has approved it. Results stay as they are; beside each score stands the one that leaves
/// waived failures out.
#[utoipa::path(post, path = "/api/v1/waivers", tag = "waivers", request_body = WaiverRequest,
    responses((status = 201, body = Waiver),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`fleet_needed`; `no_account`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, `group_not_found`, `rule_not_found`, `framework_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_exists`: another is open for the same")))]
pub(crate) async fn request_waiver(
    (identity, within, trail): (Identity, Within, Trail),
    State(db): State<PgPool>,
    State(catalogue): State<Arc<Catalogue>>,
    State(feed): State<Feed>,
    Body(asked): Body<WaiverRequest>,
) -> Result<(StatusCode, Json<Waiver>), ApiError> {
    let subject = asked.subject()?;
    let days = days(asked.days)?;
    let grounds = grounds(&Grounds {
        reason: asked.reason.clone(),
        compensating_control: asked.compensating_control.clone(),
        risk_acceptance: asked.risk_acceptance.clone(),
        evidence: asked.evidence.clone(),
    })?;
    let mut tx = db.begin().await?;
    store::waiver::hold(&mut tx).await?;
    let whom = asked.whom(&mut tx, &within).await?;
    let rules = rules(&subject, &catalogue)?;
    let requester = identity.account.ok_or(ApiError::NoAccount)?;
    let waiver = Kept {
        no: 0,
        id: Uuid::now_v7(),
        whom,
        subject,
        rules,
        grounds,
        continues: None,
        standing: Standing::requested(requester, days),
        requested_at: trail.now().trunc_subsecs(6),
        requested_by: identity.name.clone(),
        approved_by: None,
    };
    let waiver = ask(&mut tx, (&identity, &trail), waiver, "waiver.request").await?;
    tx.commit().await?;
    tell(&feed, waiver.id);
    info!(waiver.id = %waiver.id, account.name = identity.name, "waiver requested");
    let told = Waiver::new(waiver, trail.now());
    Ok((StatusCode::CREATED, Json(told)))
}
