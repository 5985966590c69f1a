use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, notification_route::NotificationRoute},
    store,
};

/// All routes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationRoutes {
    items: Vec<NotificationRoute>,
}

/// List the routes of notices, by name.
#[utoipa::path(get, path = "/api/v1/notification-routes", tag = "notifications",
    responses((status = 200, body = NotificationRoutes)))]
pub(crate) async fn list_notification_routes(
    State(db): State<PgPool>,
) -> Result<Json<NotificationRoutes>, ApiError> {
    let kept = store::channel::routes(&mut *db.acquire().await?, None).await?;
    let items = kept.into_iter().map(Into::into).collect();
    Ok(Json(NotificationRoutes { items }))
}
