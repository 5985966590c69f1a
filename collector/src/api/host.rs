//! Hosts: the list, one, and what it is, was and became.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::id::HostId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{Skew, time::Time},
    fleet::Fleet,
    liveness::State,
    maintenance::Until,
    store::{maintenance::Active, read},
};

pub(crate) mod changes;
pub(crate) mod content;
pub(crate) mod facts;
pub(crate) mod get;
pub(crate) mod kinds;
pub(crate) mod labels;
pub(crate) mod list;
pub(crate) mod liveness;
pub(crate) mod metrics;
pub(crate) mod release;
pub(crate) mod revoke;

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HostState {
    /// Connected.
    Online,
    /// Its agent was stopped, and said so.
    AgentStopped,
    /// It was shut down, and its agent said so.
    HostShutdown,
    /// It reboots, and its agent said so.
    HostRebooting,
    /// No packets arrive from it, and nothing more is known.
    LinkLost,
    /// It answers, and its agent is gone without a word.
    AgentKilled,
    /// It enrolled and has not connected since.
    NeverSeen,
    /// The collector, not the host, is the reason that nothing is known.
    Unknown,
    /// Its certificates are withdrawn.
    Revoked,
    /// Another machine came with its certificate and was refused. Somebody should look.
    Quarantined,
}

impl From<State> for HostState {
    fn from(state: State) -> Self {
        match state {
            State::NeverSeen => Self::NeverSeen,
            State::Online => Self::Online,
            State::AgentStopped => Self::AgentStopped,
            State::HostShutdown => Self::HostShutdown,
            State::HostRebooting => Self::HostRebooting,
            State::LinkLost => Self::LinkLost,
            State::AgentKilled => Self::AgentKilled,
            State::Unknown => Self::Unknown,
        }
    }
}

impl HostState {
    /// The state of that name in the tables; one of a newer collector is not known here.
    fn of(name: &str) -> Self {
        name.parse().unwrap_or(State::Unknown).into()
    }
}

/// A host, in a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Host {
    id: Uuid,
    hostname: String,
    /// As in `/etc/os-release`; null until the host has said.
    #[schema(required)]
    os_name: Option<String>,
    /// The group that its enrolment token named.
    group: String,
    /// The names of the groups that it belongs to.
    groups: Vec<String>,
    labels: BTreeMap<String, String>,
    agent_version: String,
    state: HostState,
    /// Since when it is in that state, by the collector's clock.
    since: Time,
    /// By how many milliseconds its clock is ahead of the collector's; negative when it is behind,
    /// null before it has connected.
    #[schema(required)]
    skew_ms: Option<i64>,
    /// Whether that is more than `agents.clock_skew_s`.
    clock_wrong: bool,
    /// Null when it is not in maintenance.
    #[schema(required)]
    maintenance: Option<InMaintenance>,
    enrolled_at: Time,
    /// By the collector's clock; up to a minute old while the host is connected.
    last_seen_at: Time,
    /// Null when it is not connected.
    #[schema(required)]
    connected_since: Option<Time>,
    /// Kinds whose facts may be out of date.
    stale_kinds: Vec<String>,
}

/// That a host is in maintenance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InMaintenance {
    /// Null when nobody knows yet.
    #[schema(required)]
    until: Option<Time>,
    reason: String,
}

impl Host {
    fn new(row: read::host::Host, fleet: &Fleet, skew: Skew, active: Option<&Active>) -> Self {
        let (state, since) = match (row.revoked_at, &row.quarantine) {
            (Some(at), _) => (HostState::Revoked, at),
            (None, Some(_)) => (HostState::Quarantined, row.since),
            (None, None) => (HostState::of(&row.liveness), row.since),
        };
        Self {
            id: row.id,
            state,
            since: since.into(),
            skew_ms: row.skew_ms,
            clock_wrong: row.skew_ms.is_some_and(|skew_ms| skew.is_wrong(skew_ms)),
            maintenance: active.map(|active| InMaintenance {
                until: match active.until {
                    Until::At(at) => Some(at.into()),
                    Until::Open => None,
                },
                reason: active.reason.clone(),
            }),
            hostname: row.hostname,
            os_name: row.os_name,
            group: row.group,
            groups: row.groups,
            labels: row.labels.0,
            agent_version: row.agent_version,
            enrolled_at: row.enrolled_at.into(),
            last_seen_at: row.last_seen_at.into(),
            connected_since: fleet.connected_since(HostId(row.id)).map(Time),
            stale_kinds: row.stale_kinds,
        }
    }
}
