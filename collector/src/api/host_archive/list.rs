use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        host_archive::HostArchive,
        input::Query,
        page::Page,
    },
    store::archive,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArchiveQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List the hosts of the archive, those that came last first.
#[utoipa::path(get, path = "/api/v1/host-archives", tag = "retention", params(ArchiveQuery),
    responses((status = 200, body = Page<HostArchive>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_host_archives(
    pages: Pages,
    State(db): State<PgPool>,
    Query(query): Query<ArchiveQuery>,
) -> Result<Json<Page<HostArchive>>, ApiError> {
    type Place = (DateTime<Utc>, Uuid);
    let (page, after) = pages.asked::<Place>(query.limit, query.cursor.as_deref())?;
    let mut rows = archive::list(&mut *db.acquire().await?, after, page.one_more()).await?;
    let next = page.cut(&mut rows, |row| (row.archived_at, row.id))?;
    let items = rows.into_iter().map(HostArchive::from).collect();
    Ok(Json(Page { items, next }))
}
