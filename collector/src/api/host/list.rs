use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Patience, Skew,
        content::Staleness,
        cursor::Pages,
        error::{ApiError, Problem},
        host::{
            Beside, Host, HostBuild,
            fitting::{Fitting, Traits, Wanted},
        },
        identity::Within,
        input::Query,
    },
    fleet::Fleet,
    store::read::{
        self,
        host::{Key, Listing, Position},
    },
};

/// More hosts than any fleet has.
const MAX_OFFSET: u32 = 10_000_000;

/// The order of the list; a minus sign begins with the greatest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum HostSort {
    #[default]
    #[serde(rename = "hostname")]
    Hostname,
    #[serde(rename = "-hostname")]
    HostnameDescending,
    #[serde(rename = "last_seen_at")]
    LastSeenAt,
    #[serde(rename = "-last_seen_at")]
    LastSeenAtDescending,
    #[serde(rename = "enrolled_at")]
    EnrolledAt,
    #[serde(rename = "-enrolled_at")]
    EnrolledAtDescending,
}

impl HostSort {
    fn key(self) -> (Key, bool) {
        match self {
            Self::Hostname => (Key::Hostname, false),
            Self::HostnameDescending => (Key::Hostname, true),
            Self::LastSeenAt => (Key::LastSeenAt, false),
            Self::LastSeenAtDescending => (Key::LastSeenAt, true),
            Self::EnrolledAt => (Key::EnrolledAt, false),
            Self::EnrolledAtDescending => (Key::EnrolledAt, true),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HostQuery {
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
    #[serde(default)]
    #[param(inline)]
    sort: HostSort,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many hosts come before the page, for a place in the list that was not read up to; not with `cursor`.
    #[param(minimum = 0, maximum = 10_000_000)]
    offset: Option<u32>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// One page of hosts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostList {
    items: Vec<Host>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
    /// How many hosts there are of these, on all pages.
    total: i64,
}

/// How many hosts come before the page beside those that the cursor leaves out: a place is named in one way.
fn skipped(offset: Option<u32>, after: Option<&Position>) -> Result<i64, ApiError> {
    match offset {
        Some(offset) if offset > MAX_OFFSET => Err(ApiError::parameter(
            "offset",
            format!("{offset} is more than {MAX_OFFSET}"),
        )),
        Some(_) if after.is_some() => {
            Err(ApiError::parameter("offset", "a cursor says where already"))
        }
        offset => Ok(offset.unwrap_or(0).into()),
    }
}

/// List hosts.
#[utoipa::path(get, path = "/api/v1/hosts", tag = "hosts", params(HostQuery),
    responses((status = 200, body = HostList),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_hosts(
    within: Within,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    State(skew): State<Skew>,
    State(patience): State<Patience>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<HostQuery>,
) -> Result<Json<HostList>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let skipped = skipped(query.offset, after.as_ref())?;
    let (key, descending) = query.sort.key();
    let now = clock.now();
    let traits = Traits {
        q: query.q,
        state: query.state,
        content: query.content,
        build: query.build,
        os: query.os,
        group: query.group,
        label: query.label,
    };

    let mut tx = read::snapshot(&db).await?;
    let fitting = Fitting::find(&mut tx, traits, within.groups(), (skew, patience), now).await?;
    let filter = fitting.filter();
    let listing = Listing {
        filter,
        key,
        descending,
        after: after.as_ref(),
        skipped,
        limit: page.one_more(),
    };
    let mut rows = read::host::list(&mut tx, &listing).await?;
    let total = read::host::count(&mut tx, &filter).await?;
    let next = page.cut(&mut rows, Position::of)?;
    let numbers: Vec<_> = rows.iter().map(|row| row.host_no).collect();
    let beside = Beside::of(&mut tx, &numbers, patience, now).await?;
    let host = |row| Host::new(row, &fleet, skew, &beside);
    let items = rows.into_iter().map(host).collect();
    Ok(Json(HostList { items, next, total }))
}
