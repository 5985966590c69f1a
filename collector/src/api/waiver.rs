//! Failures that are accepted for a while: who asks, who decides, and what it makes of how hosts stand.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        identity::{Identity, Within},
        input::printable,
        time::Time,
        trail::{Act, Trail},
    },
    catalogue::Catalogue,
    live::{Event, Feed},
    store::{
        self,
        waiver::{Grounds, Scope, Subject, Waiver as Kept, read},
    },
    waiver::{DAYS, Refusal, State},
};

pub(crate) mod comment;
pub(crate) mod create;
pub(crate) mod deeds;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod renew;

/// The shortest reason, characters: long enough to say something.
const LEAST_REASON: usize = 20;
/// The longest text, characters.
const MAX_TEXT: usize = 2000;
/// The longest note, characters.
const MAX_NOTE: usize = 1000;

/// Whom a waiver is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaiverScope {
    Host,
    /// The hosts that belong to it, at each instant those that do then.
    Group,
    /// Every host, those that are yet to come too.
    Fleet,
}

/// How a waiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaiverState {
    /// Somebody asks for it.
    Requested,
    /// It counts.
    Approved,
    Rejected,
    /// Who asked does so no more.
    Withdrawn,
    /// It counts no more, because somebody said so.
    Revoked,
    /// Another goes on with it.
    Renewed,
    /// Its time is over.
    Expired,
}

impl From<State> for WaiverState {
    fn from(state: State) -> Self {
        match state {
            State::Requested => Self::Requested,
            State::Approved => Self::Approved,
            State::Rejected => Self::Rejected,
            State::Withdrawn => Self::Withdrawn,
            State::Revoked => Self::Revoked,
            State::Renewed => Self::Renewed,
            State::Expired => Self::Expired,
        }
    }
}

impl WaiverState {
    fn name(self) -> &'static str {
        match self {
            Self::Requested => State::Requested,
            Self::Approved => State::Approved,
            Self::Rejected => State::Rejected,
            Self::Withdrawn => State::Withdrawn,
            Self::Revoked => State::Revoked,
            Self::Renewed => State::Renewed,
            Self::Expired => State::Expired,
        }
        .name()
    }
}

/// A failure that is accepted for a while, or is to be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiver {
    id: Uuid,
    scope: WaiverScope,
    /// The identity of the host or the group; null for the whole fleet.
    #[schema(required)]
    scope_id: Option<Uuid>,
    /// What the host or the group was called when somebody asked; empty for the whole fleet.
    scope_name: String,
    /// Null for a control of a framework.
    #[schema(required)]
    rule: Option<String>,
    #[schema(required)]
    framework: Option<String>,
    #[schema(required)]
    control: Option<String>,
    /// The rules that it means: of a control, those that decided it or gave evidence for it when somebody asked.
    rules: Vec<String>,
    state: WaiverState,
    reason: String,
    compensating_control: String,
    risk_acceptance: String,
    /// A text or an address, which nobody has looked at.
    evidence: String,
    /// For how many days it counts from its approval.
    days: i32,
    /// The waiver that it goes on with.
    #[schema(required)]
    continues: Option<Uuid>,
    requested_at: Time,
    requested_by: String,
    /// From here on it counts.
    #[schema(required)]
    approved_at: Option<Time>,
    #[schema(required)]
    approved_by: Option<String>,
    /// From here on it counts no more.
    #[schema(required)]
    expires_at: Option<Time>,
    /// When it was revoked, or another took its place: from here on it counts no more.
    #[schema(required)]
    ended_at: Option<Time>,
}

impl Waiver {
    fn new(kept: Kept, now: DateTime<Utc>) -> Self {
        let (rule, framework, control) = match kept.subject {
            Subject::Rule(rule) => (Some(rule), None, None),
            Subject::Control { framework, control } => (None, Some(framework), Some(control)),
        };
        Self {
            id: kept.id,
            scope: match kept.whom.scope {
                Scope::Host => WaiverScope::Host,
                Scope::Group => WaiverScope::Group,
                Scope::Fleet => WaiverScope::Fleet,
            },
            scope_id: kept.whom.id,
            scope_name: kept.whom.name,
            rule,
            framework,
            control,
            rules: kept.rules,
            state: kept.standing.state(now).into(),
            reason: kept.grounds.reason,
            compensating_control: kept.grounds.compensating_control,
            risk_acceptance: kept.grounds.risk_acceptance,
            evidence: kept.grounds.evidence,
            days: kept.standing.days,
            continues: kept.continues.map(|(_, id)| id),
            requested_at: kept.requested_at.into(),
            requested_by: kept.requested_by,
            approved_at: kept.standing.approved_at.map(Time),
            approved_by: kept.approved_by,
            expires_at: kept.standing.expires_at.map(Time),
            ended_at: kept.standing.ended_at.map(Time),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::StandsSo(state) => Self::WaiverStandsSo(state),
            Refusal::Own => Self::OwnWaiver,
            Refusal::NotOwn => Self::NotOwnWaiver,
        }
    }
}

/// A waiver that something is to be done to, if it is one of the scope; nobody else changes waivers meanwhile.
///
/// # Errors
/// [`ApiError::WaiverNotFound`]; [`ApiError::FleetNeeded`] for one of the whole fleet, where that is not the scope.
async fn found(tx: &mut PgConnection, id: Uuid, within: &Within) -> Result<Kept, ApiError> {
    store::waiver::hold(&mut *tx).await?;
    let within = within.groups();
    let found = read::one(tx, id, within.as_deref()).await?;
    let found = found.ok_or_else(|| ApiError::WaiverNotFound(id.to_string()))?;
    if found.whom.scope == Scope::Fleet && within.is_some() {
        return Err(ApiError::FleetNeeded);
    }
    Ok(found)
}

/// Texts that can be taken.
fn grounds(grounds: &Grounds) -> Result<Grounds, ApiError> {
    let text = |field, text: &str| printable(field, text, 0, MAX_TEXT);
    Ok(Grounds {
        reason: printable("reason", &grounds.reason, LEAST_REASON, MAX_TEXT)?,
        compensating_control: text("compensating_control", &grounds.compensating_control)?,
        risk_acceptance: text("risk_acceptance", &grounds.risk_acceptance)?,
        evidence: text("evidence", &grounds.evidence)?,
    })
}

fn days(days: u16) -> Result<i32, ApiError> {
    let days = i32::from(days);
    if DAYS.contains(&days) {
        return Ok(days);
    }
    let (least, most) = (DAYS.start(), DAYS.end());
    Err(ApiError::parameter(
        "days",
        format!("{days} is not {least} to {most}"),
    ))
}

/// The rules that are meant.
fn rules(subject: &Subject, catalogue: &Catalogue) -> Result<Vec<String>, ApiError> {
    match subject {
        Subject::Rule(rule) if catalogue.rules.contains_key(rule) => Ok(vec![rule.clone()]),
        Subject::Rule(rule) => Err(ApiError::RuleNotFound(rule.clone())),
        Subject::Control { framework, control } => {
            let of = catalogue.frameworks.get(framework);
            let of = of.ok_or_else(|| ApiError::FrameworkNotFound(framework.clone()))?;
            if !of.framework.controls.iter().any(|one| one.id == *control) {
                let detail = format!("{framework} has no control {control:?}");
                return Err(ApiError::parameter("control", detail));
            }
            let rules = of.rules(|one| one.id == *control);
            if rules.is_empty() {
                let detail = format!("no rule decides {control:?}, so that nothing of it can fail");
                return Err(ApiError::parameter("control", detail));
            }
            Ok(rules.into_iter().map(str::to_owned).collect())
        }
    }
}

/// Adds a waiver that somebody asks for, unless another is open for the same, and writes that down.
async fn ask(
    tx: &mut PgConnection,
    (identity, trail): (&Identity, &Trail),
    mut waiver: Kept,
    action: &'static str,
) -> Result<Kept, ApiError> {
    let but = waiver.continues.map(|(no, _)| no);
    let (whom, subject) = (&waiver.whom, &waiver.subject);
    let other = store::waiver::open(&mut *tx, whom, subject, but, trail.now()).await?;
    if let Some(other) = other {
        return Err(ApiError::WaiverExists(other));
    }
    waiver.no = store::waiver::insert(&mut *tx, &waiver).await?;
    let (no, at) = (waiver.no, waiver.requested_at);
    store::waiver::note(&mut *tx, no, "requested", &identity.name, "", at).await?;
    let told = Waiver::new(waiver.clone(), trail.now());
    let act = Act::change(action).on("waiver", waiver.id, &waiver.subject.name());
    trail.note(tx, act.after(&told)?).await?;
    Ok(waiver)
}

/// Tells browsers.
fn tell(feed: &Feed, waiver: Uuid) {
    feed.publish(Event::WaiverChanged { waiver });
}
