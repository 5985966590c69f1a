use axum::extract::State;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::{Identity, Within},
        input::{Body, MaintenancePath},
        maintenance::{MaintenanceWindow, WindowFields, put, tell},
        trail::Trail,
    },
    live::Feed,
    store,
};

/// Replace what is said of a maintenance window: to end one that is open, give it an end.
#[utoipa::path(put, path = "/api/v1/maintenance/{id}", tag = "maintenance",
    params(("id" = Uuid, Path)), request_body = WindowFields,
    responses((status = 200, body = MaintenanceWindow),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`maintenance_not_found`, `host_not_found`, `group_not_found`")))]
pub(crate) async fn replace_maintenance(
    (identity, within, trail): (Identity, Within, Trail),
    precondition: Precondition,
    MaintenancePath(id): MaintenancePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
    Body(mut fields): Body<WindowFields>,
) -> Result<Tagged<MaintenanceWindow>, ApiError> {
    let now = clock.now();
    let groups = within.groups();
    let mut tx = db.begin().await?;
    store::maintenance::hold(&mut tx, id).await?;
    let found = store::maintenance::find(&mut tx, id, groups.as_deref()).await?;
    let before = found.ok_or_else(|| ApiError::MaintenanceNotFound(id.to_string()))?;
    precondition.admit(&MaintenanceWindow::new(before.clone(), now))?;
    // What began, began.
    fields.from.get_or_insert(before.window.from.into());
    let planned = store::maintenance::Planned {
        created_by: before.created_by.clone(),
        created_at: before.created_at,
        ..fields.check(id, &identity.name, now)?
    };
    put(&mut tx, (&within, &trail), Some(before.clone()), &planned).await?;
    tx.commit().await?;
    tell(&feed, &planned);
    tell(&feed, &before);
    info!(maintenance.id = %id, account.name = identity.name, "maintenance changed");
    Tagged::new(MaintenanceWindow::new(planned, now))
}
