//! What happened on hosts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{fact::search::HostRef, rule::Severity, time::Time},
    store::event::{Told, severity},
};

pub(crate) mod codes;
pub(crate) mod list;

/// Something that happened on a host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostEvent {
    id: i64,
    host: HostRef,
    /// What happened, for programs: `GET /api/v1/event-codes` lists them.
    #[schema(example = "port.opened")]
    code: String,
    severity: Severity,
    /// What it is about: a package, an account, a port, a rule.
    subject: String,
    /// What happened, for people.
    text: String,
    /// The fact as it was; null where there was none.
    #[schema(required, value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// The fact as it is; null where there is none.
    #[schema(required, value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    /// By the host's clock.
    occurred_at: Time,
    /// By the collector's clock.
    recorded_at: Time,
    /// Whether a maintenance window was open: then it was to be expected.
    maintenance: bool,
}

impl From<Told> for HostEvent {
    fn from(row: Told) -> Self {
        Self {
            id: row.id,
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            code: row.code,
            severity: severity(row.severity).into(),
            subject: row.subject,
            text: row.text,
            before: row.before,
            after: row.after,
            occurred_at: row.occurred_at.into(),
            recorded_at: row.recorded_at.into(),
            maintenance: row.maintenance,
        }
    }
}
