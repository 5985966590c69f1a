use axum::{Json, extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::Body,
        maintenance::{MaintenanceWindow, WindowFields, put, tell},
        trail::Trail,
    },
    live::Feed,
};

/// Plan a maintenance window for a host or a group. While it is open, that hosts are away is
/// recorded as ever, and flagged.
#[utoipa::path(post, path = "/api/v1/maintenance", tag = "maintenance",
    request_body = WindowFields,
    responses((status = 201, body = MaintenanceWindow),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, `group_not_found`")))]
pub(crate) async fn create_maintenance(
    identity: Identity,
    within: Within,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
    Body(new): Body<WindowFields>,
) -> Result<(StatusCode, Json<MaintenanceWindow>), ApiError> {
    let now = clock.now();
    let planned = new.check(Uuid::now_v7(), &identity.name, now)?;
    let mut tx = db.begin().await?;
    put(&mut tx, (&within, &trail), None, &planned).await?;
    tx.commit().await?;
    tell(&feed, &planned);
    info!(maintenance.id = %planned.id, account.name = identity.name, "maintenance planned");
    let window = MaintenanceWindow::new(planned, now);
    Ok((StatusCode::CREATED, Json(window)))
}
