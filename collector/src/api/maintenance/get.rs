use axum::extract::State;
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Within,
        input::MaintenancePath,
        maintenance::MaintenanceWindow,
    },
    store,
};

/// Show one maintenance window.
#[utoipa::path(get, path = "/api/v1/maintenance/{id}", tag = "maintenance",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = MaintenanceWindow),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`maintenance_not_found`")))]
pub(crate) async fn get_maintenance(
    within: Within,
    precondition: Precondition,
    MaintenancePath(id): MaintenancePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<Tagged<MaintenanceWindow>, ApiError> {
    let within = within.groups();
    let found = store::maintenance::find(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let planned = found.ok_or_else(|| ApiError::MaintenanceNotFound(id.to_string()))?;
    precondition.show(MaintenanceWindow::new(planned, clock.now()))
}
