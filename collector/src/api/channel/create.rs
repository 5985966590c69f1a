use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        channel::{Channel, ChannelFields, Check},
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        trail::{Act, Trail},
    },
    authority::Authority,
    outbound::Outbound,
    store,
};

/// Add a channel. Nothing goes there before a route leads to it.
#[utoipa::path(post, path = "/api/v1/channels", tag = "notifications",
    request_body = ChannelFields,
    responses((status = 201, body = Channel),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`channel_exists`, of that name")))]
pub(crate) async fn create_channel(
    (identity, trail): (Identity, Trail),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(outbound): State<Outbound>,
    State(authority): State<Authority>,
    Body(new): Body<ChannelFields>,
) -> Result<(StatusCode, Json<Channel>), ApiError> {
    let check = Check {
        outbound: &outbound,
        vault: authority.vault(),
        now: clock.now().trunc_subsecs(6),
    };
    let row = check.channel(new, &identity.name, None)?;
    let mut tx = db.begin().await?;
    if !store::channel::put(&mut tx, &row).await? {
        return Err(ApiError::ChannelExists(row.name));
    }
    let made = Channel::from(row);
    let act = Act::change("channel.create").on("channel", made.id, &made.name);
    trail.note(&mut tx, act.after(&made)?).await?;
    tx.commit().await?;
    info!(
        channel.name = made.name,
        account.name = identity.name,
        "channel added"
    );
    Ok((StatusCode::CREATED, Json(made)))
}
