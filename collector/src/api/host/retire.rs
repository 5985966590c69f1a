use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, HostPath, printable},
        time::Time,
        trail::{Act, Trail},
    },
    fleet::Fleet,
    live::{Event, Feed},
    store,
};

/// Longest reason, characters.
const MAX_REASON: usize = 500;

/// Why a host is no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retire {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Retire a host that is no more: it is revoked, and in no list any more but that of retired hosts. What is known of it
/// stays, until it goes into the archive or is forgotten. Again is no error.
#[utoipa::path(post, path = "/api/v1/hosts/{id}/retire", tag = "hosts",
    params(("id" = Uuid, Path)), request_body = Retire,
    responses((status = 204, description = "Retired"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn retire_host(
    (identity, within, trail): (Identity, Within, Trail),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(feed): State<Feed>,
    Body(said): Body<Retire>,
) -> Result<StatusCode, ApiError> {
    let reason = printable("reason", &said.reason, 1, MAX_REASON)?;
    let now = clock.now();
    let mut tx = db.begin().await?;
    let (before, _) = store::read::host::find(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    store::host::revoke(&mut tx, id, now).await?;
    store::liveness::lapse(&mut tx, before.host_no, "the host was retired", now).await?;
    store::archive::retire(&mut tx, before.host_no, (&identity.name, &reason), now).await?;
    let state = |revoked: Option<_>, retired: Option<_>| json!({"revoked_at": revoked.map(Time), "retired_at": retired.map(Time)});
    let after = state(
        before.revoked_at.or(Some(now)),
        before.retired_at.or(Some(now)),
    );
    let act = Act::change("host.retire").on("host", id, &before.hostname);
    let act = act.before(&state(before.revoked_at, before.retired_at))?;
    trail.note(&mut tx, act.after(&after)?).await?;
    tx.commit().await?;
    // As on revocation, after the database.
    fleet.revoke(id);
    if before.retired_at.is_none() {
        info!(host.id = %id, account.name = identity.name, "host retired");
        feed.publish(Event::HostRevoked { host: id });
    }
    Ok(StatusCode::NO_CONTENT)
}
