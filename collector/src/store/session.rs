//! Rows of `session`: browsers that are signed in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
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
    /// Somebody else made or chose its account's password.
    pub password_given: bool,
}

/// The session whose cookie has this hash, unless its account is locked.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<Option<Session>> {
    sqlx::query_as!(
        Session,
        "select session.id, account_id, account.name as account, method, used_at, expires_at, proved_at,
                break_glass, password_given
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

/// A session, as lists show it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: Uuid,
    pub method: String,
    /// Where it began; `None` for what began before this was kept.
    pub address: Option<String>,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub used_at: DateTime<Utc>,
    pub proved_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A place in a list of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub created_at: DateTime<Utc>,
    pub id: Uuid,
}

/// One page of the sessions of an account that are good at `now` and were used after `idle`, newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
    idle: DateTime<Utc>,
    after: Option<Position>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        "select id, method, address, user_agent, created_at, used_at, proved_at, expires_at
         from session where account_id = $1 and expires_at > $2 and used_at > $3
               and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
         order by created_at desc, id desc limit $6",
        account,
        now,
        idle,
        after.map(|after| after.created_at),
        after.map(|after| after.id),
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Ends one session of an account. `false` when it has none of that identity.
///
/// # Errors
/// The database's.
pub async fn end(conn: &mut PgConnection, account: Uuid, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from session where account_id = $1 and id = $2",
        account,
        id
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Ends all sessions of an account but one.
///
/// # Errors
/// The database's.
pub async fn end_others(conn: &mut PgConnection, account: Uuid, kept: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from session where account_id = $1 and id <> $2",
        account,
        kept
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Notes that its person has shown again who they are, and gives the session another cookie: the one before
/// is good for nothing. `false` when the session has ended.
///
/// # Errors
/// The database's.
pub async fn renew(
    conn: &mut PgConnection,
    id: Uuid,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update session set hash = $2, proved_at = $3, used_at = greatest(used_at, $3) where id = $1",
        id,
        hash,
        now,
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}
