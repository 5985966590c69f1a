use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::HostPath,
    },
    fleet::Fleet,
    live::{Event, Feed},
    store,
};

/// Revoke a host: its certificates are withdrawn and its connection is closed. Again is no error.
#[utoipa::path(post, path = "/api/v1/hosts/{id}/revoke", tag = "hosts",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Revoked"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn revoke_host(
    identity: Identity,
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(feed): State<Feed>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let (before, _) = store::read::host::find(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    store::host::revoke(&mut tx, id, clock.now()).await?;
    let why = "the host was revoked";
    store::liveness::lapse(&mut tx, before.host_no, why, clock.now()).await?;
    tx.commit().await?;
    // After the database, so that a certificate that is looked up afresh is gone there too; and
    // again on a repeat, in case this process died in between.
    fleet.revoke(id);
    if before.revoked_at.is_none() {
        info!(host.id = %id, account.name = identity.name, "host revoked");
        feed.publish(Event::HostRevoked { host: id });
    }
    Ok(StatusCode::NO_CONTENT)
}
