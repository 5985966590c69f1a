//! What of hosts is no longer as it was, as stories, and what people say of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{rule::Severity, time::Time},
    drift::{Direction, Level, Sort, state::State},
    store::{drift::read::Story, event::severity},
};

pub(crate) mod deeds;
pub(crate) mod get;
pub(crate) mod host;
pub(crate) mod list;

/// What is another than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftSort {
    /// What came of a rule.
    Verdict,
    /// What was measured for a rule, of which the same came.
    Value,
    /// What the host is: a package, an account, a port.
    Fact,
}

/// Whether hosts are nearer to what they are held to than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftDirection {
    Worse,
    Better,
    Neutral,
}

/// How much it matters: by how far scores fell, and on how many hosts it is so. The settings of the fleet name the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftLevel {
    None,
    Minor,
    Major,
}

/// How a story stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftState {
    /// Something of it is neither explained nor acknowledged.
    Unexplained,
    /// Somebody has said a word about what nothing explains.
    Acknowledged,
    /// A maintenance window or a rollout explains all of it.
    Expected,
}

macro_rules! mirrors {
    ($($here:ident = $there:ident: $($variant:ident),*;)*) => {
        $(
            impl From<$there> for $here {
                fn from(one: $there) -> Self {
                    match one { $($there::$variant => Self::$variant,)* }
                }
            }

            impl From<$here> for $there {
                fn from(one: $here) -> Self {
                    match one { $($here::$variant => Self::$variant,)* }
                }
            }
        )*
    };
}

mirrors! {
    DriftSort = Sort: Verdict, Value, Fact;
    DriftDirection = Direction: Worse, Better, Neutral;
    DriftLevel = Level: None, Minor, Major;
    DriftState = State: Unexplained, Acknowledged, Expected;
}

/// What somebody said of drift.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftAcknowledgement {
    by: String,
    at: Time,
    note: String,
}

impl DriftAcknowledgement {
    fn of(
        by: Option<String>,
        at: Option<chrono::DateTime<chrono::Utc>>,
        note: Option<String>,
    ) -> Option<Self> {
        Some(Self {
            by: by?,
            at: at?.into(),
            note: note.unwrap_or_default(),
        })
    }
}

/// The same thing that is no longer as it was on however many hosts, close after each other. Of hosts outside one's scope
/// nothing counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftStory {
    id: Uuid,
    sort: DriftSort,
    direction: DriftDirection,
    /// Of the facts, such as `package`; of rules `result`.
    kind: String,
    /// What happened, as the first event of it is called: `GET /api/v1/event-codes` lists them.
    #[schema(example = "result.failed")]
    code: String,
    /// The rule; null for facts.
    #[schema(required)]
    rule: Option<String>,
    /// The rule, or the package, the account, the port.
    subject: String,
    /// For people.
    title: String,
    severity: Severity,
    level: DriftLevel,
    state: DriftState,
    /// How many hosts it is about.
    hosts: i64,
    /// How many changes it is made of.
    changes: i64,
    /// When the first was recorded, by the collector's clock.
    first_at: Time,
    /// The last.
    last_at: Time,
    /// The last that somebody said of it; null where nobody has.
    #[schema(required)]
    acknowledged: Option<DriftAcknowledgement>,
}

impl From<Story> for DriftStory {
    fn from(row: Story) -> Self {
        let sort = Sort::named(&row.sort).unwrap_or(Sort::Fact);
        Self {
            id: row.id,
            sort: sort.into(),
            direction: Direction::named(&row.direction)
                .unwrap_or(Direction::Neutral)
                .into(),
            kind: row.kind,
            code: row.code,
            rule: (sort != Sort::Fact).then(|| row.subject.clone()),
            subject: row.subject,
            title: row.title,
            severity: severity(row.severity).into(),
            level: Level::of_number(row.level).into(),
            state: State::named(&row.state)
                .unwrap_or(State::Unexplained)
                .into(),
            hosts: row.hosts,
            changes: row.changes,
            first_at: row.first_at.into(),
            last_at: row.last_at.into(),
            acknowledged: DriftAcknowledgement::of(
                row.acknowledged_by,
                row.acknowledged_at,
                row.note,
            ),
        }
    }
}
