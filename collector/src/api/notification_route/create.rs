use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        notification_route::{NotificationRoute, RouteFields},
        time::Time,
        trail::{Act, Trail},
    },
    store,
};

/// Have notices go to a channel.
#[utoipa::path(post, path = "/api/v1/notification-routes", tag = "notifications",
    request_body = RouteFields,
    responses((status = 201, body = NotificationRoute),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`, `group_not_found`")))]
pub(crate) async fn create_notification_route(
    (identity, trail): (Identity, Trail),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<RouteFields>,
) -> Result<(StatusCode, Json<NotificationRoute>), ApiError> {
    let mut tx = db.begin().await?;
    let made = Time(clock.now().trunc_subsecs(6));
    let kept = new
        .check(&mut tx, (Uuid::now_v7(), made, &identity.name))
        .await?;
    store::channel::put_route(&mut tx, &kept).await?;
    let made = NotificationRoute::from(kept);
    let act = Act::change("notification_route.create");
    let act = act.on("notification_route", made.id, &made.name);
    trail.note(&mut tx, act.after(&made)?).await?;
    tx.commit().await?;
    info!(
        route.name = made.name,
        account.name = identity.name,
        "route of notices added"
    );
    Ok((StatusCode::CREATED, Json(made)))
}
