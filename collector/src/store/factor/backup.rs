//! Rows of `backup_code`.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Puts these in the place of all that an account has.
///
/// # Errors
/// The database's.
pub async fn replace(
    db: &mut PgConnection,
    account: Uuid,
    hashes: &[Vec<u8>],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    delete(db, account).await?;
    sqlx::query!(
        "insert into backup_code (account_id, hash, created_at) select $1, hash, $3
         from unnest($2::bytea[]) as hash",
        account,
        hashes,
        at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// How many of an account's are not used yet.
///
/// # Errors
/// The database's.
pub async fn left(db: &mut PgConnection, account: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "left!" from backup_code where account_id = $1 and used_at is null"#,
        account,
    )
    .fetch_one(db)
    .await
}

/// Uses up a code; `false` when it is none, or was used already.
///
/// # Errors
/// The database's.
pub async fn take(
    db: &mut PgConnection,
    account: Uuid,
    hash: &[u8; 32],
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update backup_code set used_at = $3 where account_id = $1 and hash = $2 and used_at is null",
        account,
        hash,
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes all of them away.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, account: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from backup_code where account_id = $1", account)
        .execute(db)
        .await
        .map(drop)
}
