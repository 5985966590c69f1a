use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};

use super::Bundle;
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Archive,
    },
    publication::{self, Bringer},
    store,
};

/// Publish a bundle.
///
/// The body is the file that `owadm bundle build` has made and its publishers have signed. It is kept when
/// it may be taken: signed by enough of the publishers that the newest root names, not expired, and newer
/// than what was published before. Roots that it brings are kept with it. The same may be published again,
/// which renews its signatures. No host is offered it by that alone.
#[utoipa::path(post, path = "/api/v1/bundles", tag = "content",
    request_body(content = Vec<u8>, content_type = "application/vnd.openwatch.bundle"),
    responses((status = 201, body = Bundle),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`not_published`: why it may not be taken"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn publish_bundle(
    identity: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Archive(archive): Archive,
) -> Result<(StatusCode, Json<Bundle>), ApiError> {
    let by = Bringer {
        name: &identity.name,
        // As the database keeps it.
        at: clock.now().trunc_subsecs(6),
    };
    let published = publication::publish(&db, archive, by).await;
    let serial = published.inspect_err(|error| {
        let error = error as &dyn std::error::Error;
        warn!(error, account.name = identity.name, "bundle not published");
    })?;
    info!(
        bundle.serial = serial,
        account.name = identity.name,
        "bundle published"
    );
    let mut conn = db.acquire().await?;
    let bundle = store::bundle::find(&mut conn, serial.cast_signed()).await?;
    let bundle = bundle.ok_or_else(|| ApiError::BundleNotFound(serial.to_string()))?;
    Ok((StatusCode::CREATED, Json(bundle.into())))
}
