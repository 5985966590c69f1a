use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        fact::FactValue,
        identity::Within,
        input::{HostPath, Query},
        page::Page,
        time::Time,
    },
    store::read::{
        self,
        change::{Listing, Position},
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeQuery {
    /// Only this kind, such as `package`.
    kind: Option<String>,
    /// Changes that occurred then or later.
    #[param(value_type = Option<Time>, inline)]
    since: Option<Time>,
    /// Changes that occurred earlier than this.
    #[param(value_type = Option<Time>, inline)]
    until: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// A fact that came, went or became another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    id: i64,
    kind: String,
    key: String,
    /// Null when the fact appeared.
    #[schema(required)]
    before: Option<FactValue>,
    /// Null when the fact went away.
    #[schema(required)]
    after: Option<FactValue>,
    /// By the host's clock.
    occurred_at: Time,
    /// By the collector's clock.
    recorded_at: Time,
}

/// List what changed on a host, newest first.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/changes", tag = "hosts",
    params(("id" = Uuid, Path), ChangeQuery),
    responses((status = 200, body = Page<Change>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn list_host_changes(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<ChangeQuery>,
) -> Result<Json<Page<Change>>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let listing = Listing {
        host_no,
        kind: query.kind.as_deref(),
        since: query.since.map(|since| since.0),
        until: query.until.map(|until| until.0),
        after,
        limit: page.one_more(),
    };
    let mut rows = read::change::list(&mut tx, listing).await?;
    let next = page.cut(&mut rows, |row| Position {
        occurred_at: row.occurred_at,
        id: row.id,
    })?;
    let items = rows.into_iter().map(Change::from).collect();
    Ok(Json(Page { items, next }))
}

impl From<read::change::Change> for Change {
    fn from(row: read::change::Change) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            key: row.key,
            before: row.before.map(FactValue),
            after: row.after.map(FactValue),
            occurred_at: row.occurred_at.into(),
            recorded_at: row.recorded_at.into(),
        }
    }
}
