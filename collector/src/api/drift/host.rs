use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        cursor::Pages,
        drift::{DriftState, DriftStory},
        error::{ApiError, Problem},
        identity::Within,
        input::{HostPath, Query},
        page::Page,
    },
    drift::state,
    store::{
        drift::read::{self as drift, Listing, Position},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HostDriftQuery {
    /// Those that stand so.
    #[param(inline)]
    state: Option<DriftState>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List the stories of drift that a host is in, those that began last first.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/drift", tag = "drift",
    params(("id" = Uuid, Path), HostDriftQuery),
    responses((status = 200, body = Page<DriftStory>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn list_host_drift(
    (within, pages): (Within, Pages),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    Query(query): Query<HostDriftQuery>,
) -> Result<Json<Page<DriftStory>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let host = read::host::number(&mut tx, id, within.as_deref()).await?;
    host.ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let listing = Listing {
        state: query.state.map(|state| state::State::from(state).name()),
        host: Some(id.0),
        within: within.as_deref(),
        after,
        limit: cut.one_more(),
        ..Listing::default()
    };
    let mut rows = drift::list(&mut tx, listing).await?;
    let next = cut.cut(&mut rows, |row| Position { no: row.no })?;
    let items = rows.into_iter().map(DriftStory::from).collect();
    Ok(Json(Page { items, next }))
}
