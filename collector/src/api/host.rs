//! Hosts: the list, one, and what it is, was and became.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::id::HostId;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{Patience, Skew, content::Staleness, time::Time},
    fleet::Fleet,
    liveness::State,
    maintenance::Until,
    store::{self, freshness::Freshness, maintenance::Active, read},
};

pub(crate) mod changes;
pub(crate) mod content;
pub(crate) mod counts;
pub(crate) mod facts;
mod fitting;
pub(crate) mod forget;
pub(crate) mod get;
pub(crate) mod kinds;
pub(crate) mod labels;
pub(crate) mod list;
pub(crate) mod liveness;
pub(crate) mod metrics;
pub(crate) mod release;
pub(crate) mod retire;
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
    /// It is no more, and what is known of it is kept for a while.
    Retired,
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
    /// The serial of the bundle in force there; null for what was installed with the agent, or when its
    /// agent has not said.
    #[schema(required)]
    content_serial: Option<i64>,
    /// Null when nothing is wrong with its age.
    #[schema(required)]
    content_stale: Option<Staleness>,
    /// Whether its agent's file is one that was released; null when no release of that version is
    /// published here.
    #[schema(required)]
    build: Option<HostBuild>,
}

/// Whether the file of an agent is one that was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HostBuild {
    Published,
    /// It says that it is of a version that was released, and its file is none of that.
    Unknown,
}

/// What is known of hosts beside their rows, by short number.
#[derive(Debug)]
struct Beside {
    maintenance: HashMap<i32, Active>,
    freshness: HashMap<i32, Freshness>,
    genuine: HashMap<i32, bool>,
    patience: Patience,
    now: DateTime<Utc>,
}

impl Beside {
    async fn of(
        db: &mut PgConnection,
        hosts: &[i32],
        patience: Patience,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Self> {
        Ok(Self {
            maintenance: store::maintenance::of(db, hosts, now).await?,
            freshness: store::freshness::of(db, hosts).await?,
            genuine: store::release::genuine(db, hosts).await?,
            patience,
            now,
        })
    }

    fn build(&self, host_no: i32) -> Option<HostBuild> {
        let genuine = *self.genuine.get(&host_no)?;
        let build = if genuine {
            HostBuild::Published
        } else {
            HostBuild::Unknown
        };
        Some(build)
    }
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
    fn new(row: read::host::Host, fleet: &Fleet, skew: Skew, beside: &Beside) -> Self {
        let active = beside.maintenance.get(&row.host_no);
        let fresh = beside.freshness.get(&row.host_no);
        let (state, since) = match (row.retired_at, row.revoked_at, &row.quarantine) {
            (Some(at), _, _) => (HostState::Retired, at),
            (None, Some(at), _) => (HostState::Revoked, at),
            (None, None, Some(_)) => (HostState::Quarantined, row.since),
            (None, None, None) => (HostState::of(&row.liveness), row.since),
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
            content_serial: fresh.and_then(|fresh| fresh.serial),
            content_stale: fresh.and_then(|f| Staleness::of(f, beside.patience, beside.now)),
            build: beside.build(row.host_no),
        }
    }
}
