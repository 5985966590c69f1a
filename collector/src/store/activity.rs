//! What the feed asks of each source: its newest rows behind a place, by an index of its own.

/// Events.
pub mod event;

/// Stories of drift.
pub mod drift;

/// What happened to alerts.
pub mod alert;

/// The audit log.
pub mod audit;

/// How hosts are heard of.
pub mod liveness;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What is asked of a source.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Only of this host.
    pub host: Option<Uuid>,
    /// Only of hosts of this group.
    pub group: Option<Uuid>,
    /// At least, as [`super::event::number`] has it.
    pub severity: i16,
    /// Inclusive.
    pub since: Option<DateTime<Utc>>,
    /// Exclusive.
    pub until: Option<DateTime<Utc>>,
    /// In its texts, whatever the case.
    pub text: Option<&'a str>,
    /// Only of hosts of these groups; `None` for every host.
    pub within: Option<&'a [i32]>,
    /// Rows whose instant and key are less than these; `None` for the newest.
    pub behind: Option<(DateTime<Utc>, i64)>,
    pub limit: i64,
}

/// A row of any source.
#[derive(Debug, Clone)]
pub struct Row {
    pub at: DateTime<Utc>,
    /// Names it among those of its source and instant.
    pub key: i64,
    pub severity: i16,
    /// Of one host; `None` of several and of none.
    pub host: Option<Uuid>,
    pub hostname: Option<String>,
    /// `thing.act`.
    pub what: String,
    /// For people.
    pub text: String,
    /// Of what it tells, in its own table.
    pub id: String,
}
