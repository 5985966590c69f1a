//! What explains a change, and how a story stands. A story can grow, so that how it stands follows from its changes.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::named;
use crate::maintenance::Window;

/// How a story stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Something of it is neither explained nor acknowledged.
    Unexplained,
    /// Somebody has said a word about what nothing explains.
    Acknowledged,
    /// All of it is explained.
    Expected,
}

named!(State: Unexplained = "unexplained", Acknowledged = "acknowledged", Expected = "expected");

impl State {
    /// How a story stands of which something is neither explained nor acknowledged, and something acknowledged.
    pub fn of(unexplained: bool, acknowledged: bool) -> Self {
        match (unexplained, acknowledged) {
            (true, _) => Self::Unexplained,
            (false, true) => Self::Acknowledged,
            (false, false) => Self::Expected,
        }
    }
}

/// What can explain a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A maintenance window of the host was open.
    Maintenance,
    /// A rollout brought another rule.
    Rollout,
}

named!(Cause: Maintenance = "maintenance", Rollout = "rollout");

/// What explains a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub cause: Cause,
    pub id: Uuid,
    /// As it was called then.
    pub name: String,
}

/// A window of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub id: Uuid,
    pub reason: String,
    pub window: Window,
}

/// What explains a change at an instant: the rollout that brought the rule by which it was decided, or a window that
/// was open then, the first that was made.
pub fn explain(
    at: DateTime<Utc>,
    rollout: Option<Explanation>,
    windows: &[Planned],
) -> Option<Explanation> {
    let open = windows
        .iter()
        .filter(|planned| planned.window.open(at).is_some());
    let first = open.min_by_key(|planned| planned.id);
    let window = first.map(|planned| Explanation {
        cause: Cause::Maintenance,
        id: planned.id,
        name: planned.reason.clone(),
    });
    rollout.or(window)
}
