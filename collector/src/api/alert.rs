//! What is to be told of hosts, and what people do about it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    alert::state::{self, Deed},
    alerter::{Alerter, Told},
    api::{
        error::ApiError,
        identity::{Identity, Within},
        input::printable,
        rule::Severity,
        time::Time,
        trail::{Act, Trail},
    },
    notice::Phase,
    store::{
        self,
        alert::{Done, read},
    },
};

pub(crate) mod assign;
pub(crate) mod deeds;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rule;

/// The longest note, characters.
const MAX_NOTE: usize = 1000;

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertState {
    /// Somebody should look.
    Active,
    /// Somebody does. What becomes so after that makes it active again.
    Acknowledged,
    /// Nobody hears of it until `snoozed_until`.
    Snoozed,
    /// Nobody hears of it unless it grows.
    Dismissed,
    /// Nothing of it is so any more.
    Resolved,
}

impl From<state::State> for AlertState {
    fn from(state: state::State) -> Self {
        match state {
            state::State::Active => Self::Active,
            state::State::Acknowledged => Self::Acknowledged,
            state::State::Snoozed => Self::Snoozed,
            state::State::Dismissed => Self::Dismissed,
            state::State::Resolved => Self::Resolved,
        }
    }
}

impl AlertState {
    fn name(self) -> &'static str {
        match self {
            Self::Active => state::State::Active,
            Self::Acknowledged => state::State::Acknowledged,
            Self::Snoozed => state::State::Snoozed,
            Self::Dismissed => state::State::Dismissed,
            Self::Resolved => state::State::Resolved,
        }
        .name()
    }
}

/// Something that people are to know of, for as long as it is so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    id: Uuid,
    /// Of the alert rule.
    rule: Uuid,
    rule_name: String,
    /// What routes of notices call it, such as `critical_finding`.
    alert_type: String,
    severity: Severity,
    title: String,
    state: AlertState,
    opened_at: Time,
    changed_at: Time,
    #[schema(required)]
    resolved_at: Option<Time>,
    #[schema(required)]
    acknowledged_by: Option<String>,
    /// The account that looks after it.
    #[schema(required)]
    assignee: Option<String>,
    #[schema(required)]
    snoozed_until: Option<Time>,
    /// Since when nobody is told of it because of a silence.
    #[schema(required)]
    silenced_at: Option<Time>,
    /// How many things are so; of one that is resolved, how many were.
    subjects: i64,
}

impl From<read::Alert> for Alert {
    fn from(row: read::Alert) -> Self {
        let state = state::State::named(&row.state).unwrap_or(state::State::Active);
        Self {
            id: row.id,
            rule: row.rule,
            rule_name: row.rule_name,
            alert_type: row.sort,
            severity: store::event::severity(row.severity).into(),
            title: row.title,
            state: state.into(),
            opened_at: row.opened_at.into(),
            changed_at: row.changed_at.into(),
            resolved_at: row.resolved_at.map(Time),
            acknowledged_by: row.acknowledged_by,
            assignee: row.assignee,
            snoozed_until: row.snoozed_until.map(Time),
            silenced_at: row.silenced_at.map(Time),
            subjects: row.subjects,
        }
    }
}

/// What somebody does to an alert.
struct Wanted {
    deed: Deed,
    action: &'static str,
    detail: String,
    until: Option<DateTime<Utc>>,
    phase: Option<Phase>,
}

impl Wanted {
    /// With what is said about it.
    fn new(deed: Deed, action: &'static str, note: &str) -> Result<Self, ApiError> {
        Ok(Self {
            deed,
            action,
            detail: printable("note", note, 0, MAX_NOTE)?,
            until: None,
            phase: None,
        })
    }
}

/// Does it, if the alert has a subject within the scope and stands so that it can be done.
async fn turn(
    (db, alerter): (&PgPool, &Alerter),
    (identity, within, trail): (&Identity, &Within, &Trail),
    id: Uuid,
    wanted: Wanted,
) -> Result<Alert, ApiError> {
    let not_found = || ApiError::AlertNotFound(id.to_string());
    let within = within.groups();
    let now = trail.now();
    let mut tx = db.begin().await?;
    store::alert::hold(&mut tx).await?;
    let before = read::one(&mut tx, id, within.as_deref()).await?;
    let before = before.ok_or_else(not_found)?;
    let alert = store::alert::find(&mut tx, id).await?;
    let alert = alert.ok_or_else(not_found)?;
    let done = Done {
        deed: wanted.deed,
        who: &identity.name,
        detail: &wanted.detail,
        until: wanted.until,
    };
    let turned = store::alert::turn(&mut tx, &alert, &done, now).await?;
    turned.ok_or(ApiError::AlertStandsSo(alert.state))?;
    if let Some(phase) = wanted.phase {
        alerter.announce(&mut tx, id, phase, now).await?;
    }
    let after = read::one(&mut tx, id, within.as_deref()).await?;
    let after = after.ok_or_else(not_found)?;
    let act = Act::change(wanted.action).on("alert", id, &alert.title);
    let said = json!({"state": after.state, "until": wanted.until, "detail": wanted.detail});
    let act = act.before(&json!({"state": before.state}))?.after(&said)?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    alerter.tell(Told::of(id, BTreeSet::new()));
    Ok(after.into())
}
