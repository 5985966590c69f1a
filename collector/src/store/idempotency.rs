//! Rows of `idempotency`: requests that must be done once, and what they were answered.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// How long an answer is kept, from when its request began.
pub const KEEP: TimeDelta = TimeDelta::hours(24);

/// Whose key it is, and which.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    pub actor: &'a str,
    pub key: &'a str,
}

/// An attempt that wants a key.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    /// Method and route, for people.
    pub operation: &'a str,
    /// The mark of what is asked.
    pub request: &'a [u8],
    pub attempt: Uuid,
    pub at: DateTime<Utc>,
}

/// What there is of a key.
#[derive(Debug, Clone)]
pub struct Kept {
    pub operation: String,
    /// The mark of what was asked.
    pub request: Vec<u8>,
    pub attempt: Uuid,
    /// `None` while it is being done.
    pub status: Option<i16>,
    /// The sealed answer, when there is a status.
    pub answer: Option<Vec<u8>>,
}

/// Takes a key for an attempt, if nobody has it: neither an attempt that began after `abandoned` nor an answer
/// to one that began after `forgotten`. Of several at once, one gets it.
///
/// # Errors
/// The database's.
pub async fn take(
    db: &mut PgConnection,
    key: Key<'_>,
    begun: Begun<'_>,
    abandoned: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into idempotency as i (actor, key, operation, request, attempt, begun_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (actor, key) do update
         set operation = excluded.operation, request = excluded.request,
             attempt = excluded.attempt, begun_at = excluded.begun_at,
             status = null, answer = null
         where i.begun_at <= $8 or (i.status is null and i.begun_at <= $7)",
        key.actor,
        key.key,
        begun.operation,
        begun.request,
        begun.attempt,
        begun.at,
        abandoned,
        forgotten,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// What there is of a key.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, key: Key<'_>) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(
        Kept,
        "select operation, request, attempt, status, answer from idempotency
         where actor = $1 and key = $2",
        key.actor,
        key.key,
    )
    .fetch_optional(db)
    .await
}

/// Keeps the answer of an attempt, if it still has its key.
///
/// # Errors
/// The database's.
pub async fn keep(
    db: &mut PgConnection,
    key: Key<'_>,
    attempt: Uuid,
    status: i16,
    answer: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update idempotency set status = $4, answer = $5
         where actor = $1 and key = $2 and attempt = $3",
        key.actor,
        key.key,
        attempt,
        status,
        answer,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Frees the key of an attempt that came to nothing, if it still has it.
///
/// # Errors
/// The database's.
pub async fn free(db: &mut PgConnection, key: Key<'_>, attempt: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from idempotency where actor = $1 and key = $2 and attempt = $3",
        key.actor,
        key.key,
        attempt,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes what began before an instant.
///
/// # Errors
/// The database's.
pub async fn delete_before(db: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from idempotency where begun_at < $1", before)
        .execute(db)
        .await
        .map(drop)
}
