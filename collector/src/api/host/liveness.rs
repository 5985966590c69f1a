use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        host::HostState,
        identity::Within,
        input::{HostPath, Query},
        page::Page,
        time::Time,
    },
    store::read::{self, liveness::Listing},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LivenessQuery {
    /// Only intervals that lasted beyond this instant.
    #[param(value_type = Option<Time>, inline)]
    from: Option<Time>,
    /// Only intervals that began before this instant.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// A time in which a host was in one state, by the collector's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LivenessInterval {
    state: HostState,
    /// What was seen.
    detail: String,
    from: Time,
    /// Null for the present.
    #[schema(required)]
    to: Option<Time>,
    /// Whether a maintenance window was open when it began.
    maintenance: bool,
    /// What the host said afterwards that it had been; null when it said nothing.
    #[schema(required)]
    cause: Option<HostState>,
    #[schema(required)]
    cause_detail: Option<String>,
}

/// List how a host was heard of, newest first.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/liveness", tag = "hosts",
    params(("id" = Uuid, Path), LivenessQuery),
    responses((status = 200, body = Page<LivenessInterval>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn list_host_liveness(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<LivenessQuery>,
) -> Result<Json<Page<LivenessInterval>>, ApiError> {
    let (page, after) = pages.asked::<DateTime<Utc>>(query.limit, query.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let listing = Listing {
        host_no,
        since: query.from.map(|at| at.0),
        until: query.to.map(|at| at.0),
        after,
        limit: page.one_more(),
    };
    let mut rows = read::liveness::list(&mut tx, &listing).await?;
    let next = page.cut(&mut rows, |row| row.from)?;
    let items = rows.into_iter().map(|row| LivenessInterval {
        state: HostState::of(&row.state),
        detail: row.detail,
        from: row.from.into(),
        to: row.to.map(Time),
        maintenance: row.maintenance,
        cause: row.cause.as_deref().map(HostState::of),
        cause_detail: row.cause_detail,
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}
