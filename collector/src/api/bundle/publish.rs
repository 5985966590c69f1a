use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};

use super::{Bundle, BundleFile};
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Archive,
        trail::{Act, Trail},
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
    request_body(content = BundleFile, content_type = "application/vnd.openwatch.bundle"),
    responses((status = 201, body = Bundle),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`not_published`: why it may not be taken"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn publish_bundle(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Archive(archive): Archive,
) -> Result<(StatusCode, Json<Bundle>), ApiError> {
    let by = Bringer {
        name: &identity.name,
        // As the database keeps it.
        at: clock.now().trunc_subsecs(6),
    };
    let mut tx = db.begin().await?;
    let published = publication::publish(&mut tx, archive, by).await;
    let serial = published.inspect_err(|error| {
        let error = error as &dyn std::error::Error;
        warn!(error, account.name = identity.name, "bundle not published");
    })?;
    let bundle = store::bundle::find(&mut tx, serial.cast_signed()).await?;
    let bundle = bundle.ok_or_else(|| ApiError::BundleNotFound(serial.to_string()))?;
    let bundle = Bundle::from(bundle);
    let act = Act::change("bundle.publish").on("bundle", serial, &format!("bundle {serial}"));
    trail.note(&mut tx, act.after(&bundle)?).await?;
    tx.commit().await?;
    info!(
        bundle.serial = serial,
        account.name = identity.name,
        "bundle published"
    );
    Ok((StatusCode::CREATED, Json(bundle)))
}
