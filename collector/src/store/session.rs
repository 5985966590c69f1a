//! Rows of `session`: browsers that are signed in.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A session, as it is in the table: whether it is still good is the caller's question.
#[derive(Debug, Clone)]
pub struct Session {
    /// What it is called in lists.
    pub id: Uuid,
    pub account_id: Uuid,
    /// Whose it is.
    pub account: String,
    /// How its person showed who they are.
    pub method: String,
    /// When it was last used, to the minute.
    pub used_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    pub expires_at: DateTime<Utc>,
    /// When its person last showed that it is still them.
    pub proved_at: DateTime<Utc>,
    /// It is of the account for emergencies.
    pub break_glass: bool,
}

/// The session whose cookie has this hash, unless its account is locked.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<Option<Session>> {
    sqlx::query_as!(
        Session,
        "select session.id, account_id, account.name as account, method, used_at, expires_at, proved_at,
                break_glass
         from session join account on account.id = account_id
         where hash = $1 and disabled_at is null",
        hash
    )
    .fetch_optional(conn)
    .await
}

/// A session that begins.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// SHA-256 of the cookie's value.
    pub hash: &'a [u8; 32],
    pub account: Uuid,
    pub method: &'a str,
    pub address: Option<String>,
    pub user_agent: &'a str,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Adds a session, and deletes those that have ended.
///
/// # Errors
/// The database's.
pub async fn create(conn: &mut PgConnection, new: &NewSession<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "with ended as (delete from session where expires_at <= $6),
         of as (update account set signed_in_at = $6 where id = $2)
         insert into session
             (hash, account_id, method, address, user_agent, created_at, used_at, proved_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $6, $6, $7)",
        new.hash,
        new.account,
        new.method,
        new.address,
        new.user_agent,
        new.now,
        new.expires_at,
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

/// Ends every session of an account.
///
/// # Errors
/// The database's.
pub async fn end_all(conn: &mut PgConnection, account: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from session where account_id = $1", account)
        .execute(conn)
        .await
        .map(drop)
}
