//! Which hosts a question is about: what the list of hosts and their counts can be asked for.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{PgConnection, types::Json};
use utoipa::ToSchema;

use crate::{
    api::{
        Patience, Skew, content::Staleness, error::ApiError, host::HostBuild, input::check_labels,
    },
    store::{
        self,
        group::Labels,
        read::host::{self, Filter},
    },
};

/// How the hosts of a list stand: one of the states, or what comes on top of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    Online,
    AgentStopped,
    HostShutdown,
    HostRebooting,
    LinkLost,
    AgentKilled,
    NeverSeen,
    Unknown,
    Revoked,
    /// No longer of the fleet; these are in no other list.
    Retired,
    Quarantined,
    /// Their clock differs by more than `agents.clock_skew_s`.
    ClockWrong,
    /// A maintenance window of theirs is open.
    Maintenance,
}

impl Wanted {
    /// The state's name; `None` for what is no state.
    fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Online => "online",
            Self::AgentStopped => "agent_stopped",
            Self::HostShutdown => "host_shutdown",
            Self::HostRebooting => "host_rebooting",
            Self::LinkLost => "link_lost",
            Self::AgentKilled => "agent_killed",
            Self::NeverSeen => "never_seen",
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::Retired => "retired",
            Self::Quarantined => "quarantined",
            Self::ClockWrong | Self::Maintenance => return None,
        })
    }
}

/// The labels of `key=value,key=value`.
fn labels(text: &str) -> Result<Json<Labels>, ApiError> {
    let pairs = text.split(',').map(|pair| {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| ApiError::parameter("label", format!("{pair:?} is not key=value")))?;
        Ok((key.trim().to_owned(), value.trim().to_owned()))
    });
    let labels: Labels = pairs.collect::<Result<_, ApiError>>()?;
    check_labels(&labels)?;
    Ok(Json(labels))
}

/// What is asked of a host.
#[derive(Debug, Default)]
pub(super) struct Traits {
    pub(super) q: Option<String>,
    pub(super) state: Option<Wanted>,
    pub(super) content: Option<Staleness>,
    pub(super) build: Option<HostBuild>,
    pub(super) os: Option<String>,
    pub(super) group: Option<String>,
    pub(super) label: Option<String>,
}

/// The hosts that have all of these, in scope.
#[derive(Debug)]
pub(super) struct Fitting {
    traits: Traits,
    skew_above_ms: Option<i64>,
    /// Those that have what is not in their rows; `None`: nothing of the kind is asked.
    among: Option<Vec<i32>>,
    labels: Option<Json<Labels>>,
    within: Option<Vec<i32>>,
}

impl Fitting {
    /// # Errors
    /// [`ApiError::Parameter`] when the labels are none, and the database's.
    pub(super) async fn find(
        db: &mut PgConnection,
        traits: Traits,
        within: Option<Vec<i32>>,
        (skew, patience): (Skew, Patience),
        now: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let labels = traits.label.as_deref().map(labels).transpose()?;
        let wrong_clock = traits.state == Some(Wanted::ClockWrong);
        Ok(Self {
            skew_above_ms: wrong_clock.then(|| skew.0.num_milliseconds()),
            among: among(db, &traits, patience, now).await?,
            labels,
            within,
            traits,
        })
    }

    /// As the store takes it.
    pub(super) fn filter(&self) -> Filter<'_> {
        let q = self.traits.q.as_deref().map(str::trim);
        Filter {
            q: q.filter(|q| !q.is_empty()),
            state: self.traits.state.and_then(Wanted::name),
            skew_above_ms: self.skew_above_ms,
            among: self.among.as_deref(),
            group: self.traits.group.as_deref(),
            labels: self.labels.as_ref(),
            within: self.within.as_deref(),
        }
    }
}

async fn among(
    db: &mut PgConnection,
    traits: &Traits,
    patience: Patience,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<i32>>> {
    let mut fit: Option<HashSet<i32>> = None;
    let mut only = |hosts: Vec<i32>| {
        let hosts = hosts.into_iter();
        fit = Some(match fit.take() {
            Some(fit) => hosts.filter(|host| fit.contains(host)).collect(),
            None => hosts.collect(),
        });
    };
    if traits.state == Some(Wanted::Maintenance) {
        only(store::maintenance::hosts(db, now).await?);
    }
    match traits.content {
        Some(Staleness::Expired) => only(store::freshness::expired(db, now).await?),
        Some(Staleness::Behind) => only(store::freshness::behind(db, now - patience.0).await?),
        None => {}
    }
    if let Some(build) = traits.build {
        let genuine = build == HostBuild::Published;
        only(store::release::hosts(db, genuine).await?);
    }
    if let Some(os) = &traits.os {
        only(host::of_os(db, os).await?);
    }
    Ok(fit.map(|fit| fit.into_iter().collect()))
}
