//! Bundles of content: what was published here, and who signed it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, time::Time},
    publication::PublishError,
    store,
};

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod publish;

/// The media type of a bundle as one file.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.openwatch.bundle";

/// A bundle as one file, as the document says it.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "what comes is taken as bytes")]
pub(crate) struct BundleFile(Vec<u8>);

/// A bundle, in a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bundle {
    /// Rises with each bundle.
    serial: i64,
    /// SHA-256 of its manifest, hexadecimal.
    manifest: String,
    created: Time,
    /// From then on no host takes it.
    expires: Time,
    /// The version of the root that its signatures were last verified with here.
    root: i32,
    /// How many files it has.
    files: i64,
    /// Bytes of all files.
    size: i64,
    /// What its publisher says of it; may be empty.
    note: String,
    published_at: Time,
    published_by: String,
    /// How many hosts have it in force.
    hosts: i64,
}

impl From<store::bundle::Bundle> for Bundle {
    fn from(row: store::bundle::Bundle) -> Self {
        Self {
            serial: row.serial,
            manifest: hex(&row.manifest),
            created: row.created.into(),
            expires: row.expires.into(),
            root: row.root_version,
            files: row.files,
            size: row.size,
            note: row.note,
            published_at: row.published_at.into(),
            published_by: row.published_by,
            hosts: row.hosts,
        }
    }
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<PublishError> for ApiError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Database(error) => error.into(),
            PublishError::Task(error) => Self::Task(error),
            error => Self::NotPublished(error),
        }
    }
}
