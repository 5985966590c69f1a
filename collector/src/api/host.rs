//! Hosts: the list, one, and what it is, was and became.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::id::HostId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{api::time::Time, fleet::Fleet, store::read};

pub(crate) mod changes;
pub(crate) mod facts;
pub(crate) mod get;
pub(crate) mod kinds;
pub(crate) mod list;
pub(crate) mod metrics;
pub(crate) mod release;
pub(crate) mod revoke;

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HostState {
    /// Connected.
    Online,
    /// Not connected.
    Offline,
    /// Its certificates are withdrawn.
    Revoked,
    /// Another machine came with its certificate and was refused. Somebody should look.
    Quarantined,
}

/// A host, in a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Host {
    id: Uuid,
    hostname: String,
    /// As in `/etc/os-release`; null until the host has said.
    #[schema(required)]
    os_name: Option<String>,
    group: String,
    agent_version: String,
    state: HostState,
    enrolled_at: Time,
    /// By the collector's clock; up to a minute old while the host is connected.
    last_seen_at: Time,
    /// Null when it is not connected.
    #[schema(required)]
    connected_since: Option<Time>,
    /// Kinds whose facts may be out of date.
    stale_kinds: Vec<String>,
}

impl Host {
    fn new(row: read::host::Host, fleet: &Fleet) -> Self {
        let connected_since = fleet.connected_since(HostId(row.id));
        Self {
            id: row.id,
            state: state(row.revoked_at, row.quarantine.as_deref(), connected_since),
            hostname: row.hostname,
            os_name: row.os_name,
            group: row.group,
            agent_version: row.agent_version,
            enrolled_at: row.enrolled_at.into(),
            last_seen_at: row.last_seen_at.into(),
            connected_since: connected_since.map(Time),
            stale_kinds: row.stale_kinds,
        }
    }
}

fn state(
    revoked_at: Option<DateTime<Utc>>,
    quarantine: Option<&str>,
    connected_since: Option<DateTime<Utc>>,
) -> HostState {
    match (revoked_at, quarantine, connected_since) {
        (Some(_), _, _) => HostState::Revoked,
        (None, Some(_), _) => HostState::Quarantined,
        (None, None, Some(_)) => HostState::Online,
        (None, None, None) => HostState::Offline,
    }
}
