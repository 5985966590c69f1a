use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        error::{ApiError, Problem},
        host::Host,
        identity::Identity,
        input::Query,
        page,
    },
    fleet::Fleet,
    store::read::{
        self,
        host::{Key, Listing, Position},
    },
};

/// The order of the list; a minus sign begins with the greatest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    #[serde(default)]
    #[param(inline)]
    sort: HostSort,
    /// `next` of the page before.
    cursor: Option<String>,
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
    /// How many hosts match `q`, on all pages.
    total: i64,
}

/// A cursor is good for the order that it was made in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    sort: HostSort,
    at: Position,
}

/// List hosts.
#[utoipa::path(get, path = "/api/v1/hosts", tag = "hosts", params(HostQuery),
    responses((status = 200, body = HostList),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_hosts(
    _: Identity,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    Query(query): Query<HostQuery>,
) -> Result<Json<HostList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let after = match page::decode::<Cursor>(query.cursor.as_deref())? {
        Some(cursor) if cursor.sort != query.sort => return Err(ApiError::BadCursor),
        after => after.map(|cursor| cursor.at),
    };
    let (key, descending) = query.sort.key();
    let q = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let limit_one_more = page::one_more(limit);
    let listing = Listing {
        q,
        key,
        descending,
        after: after.as_ref(),
        limit: limit_one_more,
    };

    let mut tx = read::snapshot(&db).await?;
    let mut rows = read::host::list(&mut tx, &listing).await?;
    let total = read::host::count(&mut tx, q).await?;
    let sort = query.sort;
    let next = page::cut(&mut rows, limit, |row| Cursor {
        sort,
        at: Position::of(row),
    })?;
    let items = rows.into_iter().map(|row| Host::new(row, &fleet)).collect();
    Ok(Json(HostList { items, next, total }))
}
