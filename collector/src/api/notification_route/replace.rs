use axum::extract::State;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::Body,
        notification_route::{self, NotificationRoute, RouteFields, RoutePath},
        trail::{Act, Trail},
    },
    store,
};

/// Replace what is said of a route of notices.
#[utoipa::path(put, path = "/api/v1/notification-routes/{id}", tag = "notifications",
    params(("id" = Uuid, Path)), request_body = RouteFields,
    responses((status = 200, body = NotificationRoute),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`route_not_found`, `channel_not_found`, `group_not_found`")))]
pub(crate) async fn replace_notification_route(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    RoutePath(id): RoutePath,
    State(db): State<PgPool>,
    Body(fields): Body<RouteFields>,
) -> Result<Tagged<NotificationRoute>, ApiError> {
    let mut tx = db.begin().await?;
    let before = NotificationRoute::from(notification_route::find(&mut tx, id).await?);
    precondition.admit(&before)?;
    let made = (id, before.created_at, before.created_by.as_str());
    let kept = fields.check(&mut tx, made).await?;
    store::channel::put_route(&mut tx, &kept).await?;
    let after = NotificationRoute::from(kept);
    let act = Act::change("notification_route.replace");
    let act = act.on("notification_route", id, &after.name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(
        route.name = after.name,
        account.name = identity.name,
        "route of notices changed"
    );
    Tagged::new(after)
}
