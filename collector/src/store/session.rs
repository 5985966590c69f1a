//! Rows of `session`: browsers that are signed in.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A session, as it is in the table: whether it is still good is the caller's question.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is.
    pub account: String,
    /// When it was last used, to the minute.
    pub used_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    pub expires_at: DateTime<Utc>,
}

/// The session whose cookie has this hash.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<Option<Session>> {
    sqlx::query_as!(
        Session,
        "select account.name as account, used_at, expires_at
         from session join account on account.id = account_id where hash = $1",
        hash
    )
    .fetch_optional(conn)
    .await
}

/// Adds a session, and deletes those that have ended.
///
/// # Errors
/// The database's.
pub async fn create(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    account: Uuid,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with ended as (delete from session where expires_at <= $3)
         insert into session (hash, account_id, created_at, used_at, expires_at)
         values ($1, $2, $3, $3, $4)",
        hash,
        account,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a session was used.
///
/// # Errors
/// The database's.
pub async fn touch(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update session set used_at = greatest(used_at, $2) where hash = $1",
        hash,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session; again is no error.
///
/// # Errors
/// The database's.
pub async fn delete(conn: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!("delete from session where hash = $1", hash)
        .execute(conn)
        .await?;
    Ok(())
}
