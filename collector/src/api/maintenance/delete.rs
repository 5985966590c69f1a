use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::Precondition,
        identity::{Identity, Within},
        input::MaintenancePath,
        maintenance::{MaintenanceWindow, act, tell},
        trail::Trail,
    },
    live::Feed,
    store,
};

/// Delete a maintenance window. What was recorded while it was open stays flagged.
#[utoipa::path(delete, path = "/api/v1/maintenance/{id}", tag = "maintenance",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`maintenance_not_found`")))]
pub(crate) async fn delete_maintenance(
    (identity, within, trail): (Identity, Within, Trail),
    precondition: Precondition,
    MaintenancePath(id): MaintenancePath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    store::maintenance::hold(&mut tx, id).await?;
    let found = store::maintenance::find(&mut tx, id, within.groups().as_deref()).await?;
    let planned = found.ok_or_else(|| ApiError::MaintenanceNotFound(id.to_string()))?;
    precondition.admit(&MaintenanceWindow::new(planned.clone(), trail.now()))?;
    store::maintenance::delete(&mut tx, id).await?;
    let act = act(
        "maintenance.delete",
        &planned,
        Some(planned.clone()),
        &trail,
    )?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(maintenance.id = %id, account.name = identity.name, "maintenance deleted");
    tell(&feed, &planned);
    Ok(StatusCode::NO_CONTENT)
}
