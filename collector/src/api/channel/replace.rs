use axum::extract::State;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        channel::{self, Channel, ChannelFields, ChannelPath, Check},
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::Body,
        trail::{Act, Trail},
    },
    authority::Authority,
    outbound::Outbound,
    store,
};

/// Replace what is said of a channel. What waits goes where it leads then.
#[utoipa::path(put, path = "/api/v1/channels/{id}", tag = "notifications",
    params(("id" = Uuid, Path)), request_body = ChannelFields,
    responses((status = 200, body = Channel),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`channel_exists`, of that name")))]
pub(crate) async fn replace_channel(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    ChannelPath(id): ChannelPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(outbound): State<Outbound>,
    State(authority): State<Authority>,
    Body(fields): Body<ChannelFields>,
) -> Result<Tagged<Channel>, ApiError> {
    let check = Check {
        outbound: &outbound,
        vault: authority.vault(),
        now: clock.now(),
    };
    let mut tx = db.begin().await?;
    let before = channel::find(&mut tx, id).await?;
    precondition.admit(&Channel::from(before.clone()))?;
    let row = check.channel(fields, "", Some(&before))?;
    if !store::channel::put(&mut tx, &row).await? {
        return Err(ApiError::ChannelExists(row.name));
    }
    let (before, after) = (Channel::from(before), Channel::from(row));
    let act = Act::change("channel.replace").on("channel", id, &after.name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(
        channel.name = after.name,
        account.name = identity.name,
        "channel changed"
    );
    Tagged::new(after)
}
