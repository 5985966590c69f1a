use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        host_archive::ArchivePath,
        identity::Identity,
        trail::{Act, Trail},
    },
    store::archive,
};

/// Delete the file of a host of the archive: nothing is known of it any more.
#[utoipa::path(delete, path = "/api/v1/host-archives/{id}", tag = "retention", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_archive_not_found`")))]
pub(crate) async fn delete_host_archive(
    (identity, trail): (Identity, Trail),
    ArchivePath(id): ArchivePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let hostname = archive::delete(&mut tx, id)
        .await?
        .ok_or_else(|| ApiError::HostArchiveNotFound(id.to_string()))?;
    let act = Act::change("host_archive.delete").on("host", id, &hostname);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(host.id = %id, account.name = identity.name, "a host's file was deleted from the archive");
    Ok(StatusCode::NO_CONTENT)
}
