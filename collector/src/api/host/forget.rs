//! A host that is no more leaves the tables: with a file of all that is known of it, or without.

use axum::{Json, extract::State, http::StatusCode};
use chrono::Utc;
use serde::Deserialize;
use serde_json::json;
use shared::{clock::SharedClock, id::HostId};
use sqlx::{PgConnection, PgPool};
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        host_archive::HostArchive,
        identity::{Identity, Within},
        input::{Body, HostPath},
        trail::{Act, Trail},
    },
    live::{Event, Feed},
    retention::Kind,
    store::{
        self,
        archive::{self, Retired},
        partition::{Gone, Weight},
    },
};

/// Which host is meant, once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forget {
    /// Its name, so that none goes by a wrong identity.
    hostname: String,
}

/// Put a retired host into the archive: a file of all that is known of it is kept, and everything else of it is deleted.
/// What was said of the fleet in the past is said without it then.
#[utoipa::path(post, path = "/api/v1/hosts/{id}/archive", tag = "hosts",
    params(("id" = Uuid, Path)), request_body = Forget,
    responses((status = 200, body = HostArchive),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`: it has another name"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`host_not_retired`")))]
pub(crate) async fn archive_host(
    (identity, within, trail): (Identity, Within, Trail),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
    Body(said): Body<Forget>,
) -> Result<Json<HostArchive>, ApiError> {
    let now = clock.now();
    let mut tx = db.begin().await?;
    let host = retired(&mut tx, id, &within, &said).await?;
    let (body, rows) = archive::file(&mut tx, &host).await?;
    let by = (identity.name.as_str(), now);
    let archived = archive::insert(&mut tx, &host, (&body, rows), by).await?;
    let archived = HostArchive::from(archived);
    forget(&mut tx, &host, now).await?;
    let act = Act::change("host.archive").on("host", id, &host.hostname);
    trail.note(&mut tx, act.after(&archived)?).await?;
    tx.commit().await?;
    info!(host.id = %id, account.name = identity.name, "host archived");
    feed.publish(Event::HostRevoked { host: id });
    Ok(Json(archived))
}

/// Forget a retired host: everything that is known of it is deleted, and no file of it is kept. The audit log still tells
/// what people did to it, and what was told of it to people stays told.
#[utoipa::path(post, path = "/api/v1/hosts/{id}/forget", tag = "hosts",
    params(("id" = Uuid, Path)), request_body = Forget,
    responses((status = 204, description = "Forgotten"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`: it has another name"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`host_not_retired`")))]
pub(crate) async fn forget_host(
    (identity, within, trail): (Identity, Within, Trail),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
    Body(said): Body<Forget>,
) -> Result<StatusCode, ApiError> {
    let now = clock.now();
    let mut tx = db.begin().await?;
    let host = retired(&mut tx, id, &within, &said).await?;
    let Weight { rows, bytes } = forget(&mut tx, &host, now).await?;
    let act = Act::change("host.forget").on("host", id, &host.hostname);
    let act = act.after(&json!({"rows": rows, "bytes": bytes}))?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(host.id = %id, account.name = identity.name, "host forgotten");
    feed.publish(Event::HostRevoked { host: id });
    Ok(StatusCode::NO_CONTENT)
}

/// The host that is meant, held until the transaction ends.
async fn retired(
    tx: &mut PgConnection,
    id: HostId,
    within: &Within,
    said: &Forget,
) -> Result<Retired, ApiError> {
    let number = store::read::host::number(tx, id, within.groups().as_deref()).await?;
    let number = number.ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let host = archive::retired(tx, number).await?;
    let host = host.ok_or(ApiError::HostNotRetired)?;
    if said.hostname != host.hostname {
        return Err(ApiError::parameter(
            "hostname",
            format!("is not the host's: that is called {:?}", host.hostname),
        ));
    }
    Ok(host)
}

async fn forget(
    tx: &mut PgConnection,
    host: &Retired,
    now: chrono::DateTime<Utc>,
) -> Result<Weight, ApiError> {
    let weight = archive::forget(tx, host.host_no).await?;
    let gone = Gone {
        kind: Kind::RetiredHosts,
        before: now,
        weight,
    };
    store::retention::note(tx, None, &gone, now).await?;
    Ok(weight)
}
