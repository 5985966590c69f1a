use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        channel::{self, Channel, ChannelPath},
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        trail::{Act, Trail},
    },
    store,
};

/// Delete a channel with the routes to it. What waits is given up; the log of deliveries stays.
#[utoipa::path(delete, path = "/api/v1/channels/{id}", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`")))]
pub(crate) async fn delete_channel(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    ChannelPath(id): ChannelPath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let gone = Channel::from(channel::find(&mut tx, id).await?);
    precondition.admit(&gone)?;
    store::channel::delete(&mut tx, id).await?;
    let act = Act::change("channel.delete").on("channel", id, &gone.name);
    trail.note(&mut tx, act.before(&gone)?).await?;
    tx.commit().await?;
    info!(
        channel.name = gone.name,
        account.name = identity.name,
        "channel deleted"
    );
    Ok(StatusCode::NO_CONTENT)
}
