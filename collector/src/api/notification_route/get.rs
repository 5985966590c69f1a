use axum::extract::State;
use sqlx::PgPool;

use crate::api::{
    error::{ApiError, Problem},
    etag::{Precondition, Tagged},
    notification_route::{self, NotificationRoute, RoutePath},
};

/// Show a route of notices.
#[utoipa::path(get, path = "/api/v1/notification-routes/{id}", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = NotificationRoute),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`route_not_found`")))]
pub(crate) async fn get_notification_route(
    precondition: Precondition,
    RoutePath(id): RoutePath,
    State(db): State<PgPool>,
) -> Result<Tagged<NotificationRoute>, ApiError> {
    let kept = notification_route::find(&mut *db.acquire().await?, id).await?;
    precondition.show(kept.into())
}
