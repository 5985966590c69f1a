//! Hosts that were put into the archive.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{error::ApiError, input, time::Time},
    store::archive::Archived,
};

pub(crate) mod delete;
pub(crate) mod file;
pub(crate) mod list;

/// A host in the archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostArchive {
    /// The identity that it had.
    id: Uuid,
    hostname: String,
    enrolled_at: Time,
    retired_at: Time,
    retired_by: String,
    reason: String,
    archived_at: Time,
    archived_by: String,
    /// Lines of the file: one for each row of the tables.
    lines: i64,
    /// Of the file.
    bytes: i64,
    /// Of the file, hexadecimal; the audit log has it too.
    sha256: String,
}

impl From<Archived> for HostArchive {
    fn from(row: Archived) -> Self {
        Self {
            id: row.id,
            hostname: row.hostname,
            enrolled_at: row.enrolled_at.into(),
            retired_at: row.retired_at.into(),
            retired_by: row.retired_by,
            reason: row.retired_why,
            archived_at: row.archived_at.into(),
            archived_by: row.archived_by,
            lines: row.rows,
            bytes: row.bytes,
            sha256: row
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }
}

/// The `{id}` of a host of the archive in the path.
#[derive(Debug)]
pub(crate) struct ArchivePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ArchivePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::HostArchiveNotFound(text))
    }
}
