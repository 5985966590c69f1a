use axum::{extract::State, http::StatusCode};
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::HostPath,
        time::Time,
        trail::{Act, Trail},
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
    (identity, within, trail): (Identity, Within, Trail),
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
    let now = clock.now();
    store::host::revoke(&mut tx, id, now).await?;
    let why = "the host was revoked";
    store::liveness::lapse(&mut tx, before.host_no, why, now).await?;
    let revoked = |at: Option<_>| json!({"revoked_at": at.map(Time)});
    let act = Act::change("host.revoke").on("host", id, &before.hostname);
    let after = revoked(before.revoked_at.or(Some(now)));
    let act = act.before(&revoked(before.revoked_at))?.after(&after)?;
    trail.note(&mut tx, act).await?;
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
