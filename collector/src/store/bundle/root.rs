//! Rows of `root`: a chain, in which each was held against the one before.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A root, as it was signed.
#[derive(Debug, Clone)]
pub struct Root {
    pub version: i32,
    pub document: Vec<u8>,
    /// The file of signatures beside it.
    pub signatures: Vec<u8>,
    pub expires: DateTime<Utc>,
    pub added_at: DateTime<Utc>,
    pub added_by: String,
}

/// Adds a root that was held against the one before.
///
/// # Errors
/// sqlx's, also when there is one of this version.
pub async fn insert(db: &mut PgConnection, root: &Root) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into root (version, document, signatures, expires, added_at, added_by)
         values ($1, $2, $3, $4, $5, $6)",
        root.version,
        root.document,
        root.signatures,
        root.expires,
        root.added_at,
        root.added_by,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The roots above this version, in their order.
///
/// # Errors
/// sqlx's.
pub async fn after(db: &mut PgConnection, version: i32) -> sqlx::Result<Vec<Root>> {
    sqlx::query_as!(
        Root,
        "select version, document, signatures, expires, added_at, added_by
         from root where version > $1 order by version",
        version,
    )
    .fetch_all(db)
    .await
}

/// The newest root.
///
/// # Errors
/// sqlx's.
pub async fn newest(db: &mut PgConnection) -> sqlx::Result<Option<Root>> {
    sqlx::query_as!(
        Root,
        "select version, document, signatures, expires, added_at, added_by
         from root order by version desc limit 1",
    )
    .fetch_optional(db)
    .await
}
