use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        holding::Holding,
        identity::{Identity, Within},
        input::{Body, HostPath, check_labels},
        trail::{Act, Trail},
    },
    fleet::Fleet,
    live::{Event, Feed},
    store,
};

/// Replace the labels of a host. Keys are like those of Kubernetes: 1 to 63 of letters, digits and
/// `._-/`; values are the same without `/`, or empty. At most 64.
#[utoipa::path(put, path = "/api/v1/hosts/{id}/labels", tag = "hosts",
    params(("id" = Uuid, Path)), request_body = BTreeMap<String, String>,
    responses((status = 204, description = "These are its labels"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_setting`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn set_host_labels(
    (identity, within, trail): (Identity, Within, Trail),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    State(feed): State<Feed>,
    Body(labels): Body<BTreeMap<String, String>>,
) -> Result<StatusCode, ApiError> {
    check_labels(&labels)?;
    let mut tx = db.begin().await?;
    let held = Holding::of(&mut tx, &identity).await?;
    let before = store::group::labels(&mut tx, id).await?;
    let (hostname, before) = before.ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let host_no = store::group::set_labels(&mut tx, id, &labels, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    held.no_more(&mut tx).await?;
    store::settings::changed(&mut tx).await?;
    let act = Act::change("host.label").on("host", id, &hostname);
    trail
        .note(&mut tx, act.before(&before)?.after(&labels)?)
        .await?;
    tx.commit().await?;
    info!(host.id = %id, account.name = identity.name, "labels set");
    fleet.ring(&[host_no]);
    let kinds = Vec::new();
    feed.publish(Event::HostChanged { host: id, kinds });
    Ok(StatusCode::NO_CONTENT)
}
