use axum::{extract::State, http::StatusCode};
use serde_json::json;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::HostPath,
        trail::{Act, Trail},
    },
    live::{Event, Feed},
    store,
};

/// Release a host from quarantine, after somebody has looked into it. Again is no error.
#[utoipa::path(post, path = "/api/v1/hosts/{id}/release", tag = "hosts",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is not in quarantine"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn release_host(
    identity: Identity,
    within: Within,
    trail: Trail,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let (before, _) = store::read::host::find(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let released = store::host::release(&mut tx, id).await?;
    let act = Act::change("host.release").on("host", id, &before.hostname);
    let act = act.before(&json!({"quarantine": before.quarantine}))?;
    trail
        .note(&mut tx, act.after(&json!({"quarantine": null}))?)
        .await?;
    tx.commit().await?;
    if released {
        // What it was released from is nowhere else, once it is cleared.
        let why = before.quarantine.unwrap_or_default();
        info!(host.id = %id, account.name = identity.name, why, "host released from quarantine");
        // The host itself is another, and none of its facts.
        let kinds = Vec::new();
        feed.publish(Event::HostChanged { host: id, kinds });
    }
    Ok(StatusCode::NO_CONTENT)
}
