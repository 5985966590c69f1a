use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{clock::SharedClock, id::HostId};
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        maintenance::MaintenanceWindow,
        page::Page,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MaintenanceQuery {
    /// Only windows of this host, its own and those of its groups.
    host: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List maintenance windows in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/maintenance", tag = "maintenance", params(MaintenanceQuery),
    responses((status = 200, body = Page<MaintenanceWindow>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_maintenance(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<MaintenanceQuery>,
) -> Result<Json<Page<MaintenanceWindow>>, ApiError> {
    let (page, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let (host, more) = (query.host.map(HostId), page.one_more());
    let mut conn = db.acquire().await?;
    let within = within.groups();
    let mut rows =
        store::maintenance::list(&mut conn, within.as_deref(), host, after, more).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let now = clock.now();
    let items = rows
        .into_iter()
        .map(|row| MaintenanceWindow::new(row, now))
        .collect();
    Ok(Json(Page { items, next }))
}
