//! Which notices go to which channel.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Notice, Severity, hours::Hours};

/// Notices that go to a channel: those that fit all of it.
#[derive(Debug, Clone)]
pub struct Route {
    pub channel: Uuid,
    /// That severity and all above it.
    pub severity: Severity,
    /// Empty: all.
    pub alert_types: Vec<String>,
    /// `None`: the whole fleet, and what is about no host.
    pub group: Option<i32>,
    /// `None`: always.
    pub hours: Option<Hours>,
}

impl Route {
    /// Whether the notice goes this way, at `now`.
    pub fn fits(&self, notice: &Notice, now: DateTime<Utc>) -> bool {
        let types = &self.alert_types;
        notice.severity >= self.severity
            && (types.is_empty() || types.contains(&notice.alert_type))
            && self
                .group
                .is_none_or(|group| notice.groups.contains(&group))
            && self.hours.as_ref().is_none_or(|hours| hours.contain(now))
    }
}
