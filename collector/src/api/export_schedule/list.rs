use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::ApiError, export_schedule::ExportSchedule, identity::Identity, saved_query::whose,
    },
    store::export_schedule as rows,
};

/// All that one has; there are no more than 50.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportSchedules {
    items: Vec<ExportSchedule>,
}

/// List when one's kept queries are taken away as files.
#[utoipa::path(get, path = "/api/v1/export-schedules", tag = "exports",
    responses((status = 200, body = ExportSchedules)))]
pub(crate) async fn list_export_schedules(
    identity: Identity,
    State(db): State<PgPool>,
) -> Result<Json<ExportSchedules>, ApiError> {
    let account = whose(&identity)?;
    let found = rows::list(&mut *db.acquire().await?, Some(account), None).await?;
    let items = found.into_iter().map(ExportSchedule::from).collect();
    Ok(Json(ExportSchedules { items }))
}
