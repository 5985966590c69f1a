use axum::{Json, extract::State};
use sqlx::PgPool;

use crate::{
    api::{
        error::ApiError,
        identity::Identity,
        notification::{Own, UnreadCount},
    },
    store,
};

/// Count what one was told and has not looked at.
#[utoipa::path(get, path = "/api/v1/notifications/unread", tag = "notifications",
    responses((status = 200, body = UnreadCount)))]
pub(crate) async fn count_notifications(
    identity: Identity,
    State(db): State<PgPool>,
) -> Result<Json<UnreadCount>, ApiError> {
    let own = Own::of(&identity)?;
    let mut conn = db.acquire().await?;
    let unread = store::notification::unread(&mut conn, own.reader()).await?;
    Ok(Json(UnreadCount { unread }))
}
