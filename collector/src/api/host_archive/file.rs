use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        host_archive::ArchivePath,
        trail::{Act, Trail},
    },
    store::archive,
};

/// Fetch all that was known of a host of the archive: JSON lines, compressed with zstd (docs/retention.md). That it was fetched is a
/// record of the audit log.
#[utoipa::path(get, path = "/api/v1/host-archives/{id}", tag = "retention", params(("id" = Uuid, Path)),
    responses((status = 200, body = [u8], content_type = "application/zstd"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_archive_not_found`")))]
pub(crate) async fn get_host_archive(
    trail: Trail,
    ArchivePath(id): ArchivePath,
    State(db): State<PgPool>,
) -> Result<Response, ApiError> {
    let mut tx = db.begin().await?;
    let (hostname, body) = archive::find(&mut tx, id)
        .await?
        .ok_or_else(|| ApiError::HostArchiveNotFound(id.to_string()))?;
    let act = Act::change("host_archive.fetch").on("host", id, &hostname);
    trail
        .note(&mut tx, act.after(&json!({"bytes": body.len()}))?)
        .await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zstd".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"host-{id}.ndjson.zst\""),
        ),
    ];
    Ok((headers, body).into_response())
}
