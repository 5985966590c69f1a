//! Rows of `invitation`: links with which somebody chooses a password once.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Adds a link of an account; the one that it had is good for nothing any more. Those that have ended are
/// deleted.
///
/// # Errors
/// The database's.
pub async fn create(
    db: &mut PgConnection,
    hash: &[u8; 32],
    account: Uuid,
    by: &str,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from invitation where expires_at <= $1 or account_id = $2",
        at,
        account
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into invitation (hash, account_id, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5)",
        hash,
        account,
        by,
        at,
        expires_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The account that a link is of.
#[derive(Debug, Clone)]
pub struct Invited {
    pub account: Uuid,
    pub name: String,
    pub break_glass: bool,
}

/// Whose the link of this hash is, if it is good and the account is not locked.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &mut PgConnection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Invited>> {
    sqlx::query_as!(
        Invited,
        "select a.id as account, a.name, a.break_glass
         from invitation i join account a on a.id = i.account_id
         where i.hash = $1 and i.expires_at > $2 and a.disabled_at is null",
        hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Uses a link up. `false` when somebody else was first.
///
/// # Errors
/// The database's.
pub async fn take(db: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from invitation where hash = $1", hash);
    Ok(done.execute(db).await?.rows_affected() == 1)
}
