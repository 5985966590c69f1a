use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Patience, Skew,
        content::Staleness,
        error::{ApiError, Problem},
        host::{
            HostBuild,
            fitting::{Fitting, Traits, Wanted},
        },
        identity::Within,
        input::Query,
    },
    store::read::{self, host::By},
};

/// The most that is told apart.
const MOST: i64 = 500;

/// By what hosts are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HostCountsBy {
    State,
    /// The operating system, as the host calls it.
    Os,
    /// A host counts for each group that it belongs to.
    Group,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HostCountsQuery {
    #[param(inline)]
    by: HostCountsBy,
    /// A part of the host's name, operating system or group, in any case, or its identity.
    q: Option<String>,
    /// Only those that stand so. Without it, all but those that are retired.
    #[param(inline)]
    state: Option<Wanted>,
    /// Only those whose content is older than it should be, for this reason.
    #[param(inline)]
    content: Option<Staleness>,
    /// Only those whose agent's file is so.
    #[param(inline)]
    build: Option<HostBuild>,
    /// Only those of this operating system, exactly as they call it.
    os: Option<String>,
    /// Only members of the group of this name.
    group: Option<String>,
    /// Only those with this label, `key=value`; more of them after commas.
    label: Option<String>,
}

/// Hosts that have something in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostCount {
    /// A state, an operating system or the name of a group; null for hosts that have told no operating system.
    #[schema(required)]
    value: Option<String>,
    hosts: i64,
}

/// How many hosts have what in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostCounts {
    /// Most hosts first, at most 500.
    items: Vec<HostCount>,
    /// How many hosts there are of these.
    total: i64,
}

/// Count hosts by their state, their operating system or their groups.
#[utoipa::path(get, path = "/api/v1/host-counts", tag = "hosts", params(HostCountsQuery),
    responses((status = 200, body = HostCounts),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn count_hosts(
    within: Within,
    State(db): State<PgPool>,
    State(skew): State<Skew>,
    State(patience): State<Patience>,
    State(clock): State<SharedClock>,
    Query(query): Query<HostCountsQuery>,
) -> Result<Json<HostCounts>, ApiError> {
    let traits = Traits {
        q: query.q,
        state: query.state,
        content: query.content,
        build: query.build,
        os: query.os,
        group: query.group,
        label: query.label,
    };
    let by = match query.by {
        HostCountsBy::State => By::State,
        HostCountsBy::Os => By::Os,
        HostCountsBy::Group => By::Group,
    };
    let mut tx = read::snapshot(&db).await?;
    let limits = (skew, patience);
    let fitting = Fitting::find(&mut tx, traits, within.groups(), limits, clock.now()).await?;
    let filter = fitting.filter();
    let alike = read::host::alike(&mut tx, &filter, by, MOST).await?;
    let total = read::host::count(&mut tx, &filter).await?;
    let count = |row: read::host::Alike| HostCount {
        value: row.value,
        hosts: row.hosts,
    };
    let items = alike.into_iter().map(count).collect();
    Ok(Json(HostCounts { items, total }))
}
