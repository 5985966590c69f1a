use axum::extract::State;
use sqlx::PgPool;

use crate::api::{
    channel::{self, Channel, ChannelPath},
    error::{ApiError, Problem},
    etag::{Precondition, Tagged},
};

/// Show a channel.
#[utoipa::path(get, path = "/api/v1/channels/{id}", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Channel),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`")))]
pub(crate) async fn get_channel(
    precondition: Precondition,
    ChannelPath(id): ChannelPath,
    State(db): State<PgPool>,
) -> Result<Tagged<Channel>, ApiError> {
    let row = channel::find(&mut *db.acquire().await?, id).await?;
    precondition.show(row.into())
}
