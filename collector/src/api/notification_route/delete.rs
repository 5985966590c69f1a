use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        notification_route::{self, NotificationRoute, RoutePath},
        trail::{Act, Trail},
    },
    store,
};

/// Delete a route of notices.
#[utoipa::path(delete, path = "/api/v1/notification-routes/{id}", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`route_not_found`")))]
pub(crate) async fn delete_notification_route(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    RoutePath(id): RoutePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let gone = NotificationRoute::from(notification_route::find(&mut tx, id).await?);
    precondition.admit(&gone)?;
    store::channel::delete_route(&mut tx, id).await?;
    let act = Act::change("notification_route.delete");
    let act = act.on("notification_route", id, &gone.name);
    trail.note(&mut tx, act.before(&gone)?).await?;
    tx.commit().await?;
    info!(
        route.name = gone.name,
        account.name = identity.name,
        "route of notices deleted"
    );
    Ok(StatusCode::NO_CONTENT)
}
