//! Rows of `ceremony`: questions to passkeys, each to be answered once, within minutes, to whichever collector.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A question that waits for its answer.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// Whose answer it must be; `None` when the passkey is to say it.
    pub account: Option<Uuid>,
    pub state: Value,
}

/// Adds a question, and deletes those that were not answered in time.
///
/// # Errors
/// The database's.
pub async fn begin(
    db: &mut PgConnection,
    hash: &[u8; 32],
    purpose: &str,
    ceremony: &Ceremony,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with ended as (delete from ceremony where expires_at <= $5)
         insert into ceremony (hash, purpose, account_id, state, expires_at)
         values ($1, $2, $3, $4, $6)",
        hash,
        purpose,
        ceremony.account,
        ceremony.state,
        now,
        expires_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Takes the question, so that it is answered once; `None` when it is none for this purpose, was answered, or not
/// in time.
///
/// # Errors
/// The database's.
pub async fn take(
    db: &mut PgConnection,
    hash: &[u8; 32],
    purpose: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Ceremony>> {
    sqlx::query_as!(
        Ceremony,
        "delete from ceremony where hash = $1 and purpose = $2 and expires_at > $3
         returning account_id as account, state",
        hash,
        purpose,
        now,
    )
    .fetch_optional(db)
    .await
}
