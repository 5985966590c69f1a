//! Rows of `totp`: one authenticator app an account.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// After so many wrong codes one after the other none is taken any more: NIST SP 800-63B, 3.2.2.
pub const MOST_FAILURES: i32 = 100;

/// Puts a secret that is not confirmed yet in the place of another such; `false` when there is one that is.
///
/// # Errors
/// The database's.
pub async fn begin(
    db: &mut PgConnection,
    account: Uuid,
    sealed: &[u8],
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into totp (account_id, secret, created_at) values ($1, $2, $3)
         on conflict (account_id) do update set secret = $2, created_at = $3
             where totp.confirmed_at is null",
        account,
        sealed,
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sealed secret that waits for its first code, unless it was made before `since`.
///
/// # Errors
/// The database's.
pub async fn waiting(
    db: &mut PgConnection,
    account: Uuid,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select secret from totp where account_id = $1 and confirmed_at is null and created_at >= $2
         for update",
        account,
        since,
    )
    .fetch_optional(db)
    .await
}

/// Notes that the secret has arrived; the code that showed it is used up.
///
/// # Errors
/// The database's.
pub async fn confirm(
    db: &mut PgConnection,
    account: Uuid,
    step: i64,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update totp set confirmed_at = $3, last_step = $2 where account_id = $1",
        account,
        step,
        at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// When an account's app was confirmed; `None` when it has none.
///
/// # Errors
/// The database's.
pub async fn since(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Option<DateTime<Utc>>> {
    let row = sqlx::query_scalar!(
        "select confirmed_at from totp where account_id = $1",
        account
    );
    Ok(row.fetch_optional(db).await?.flatten())
}

/// What an attempt may be made with.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// Against this sealed secret. It counts as a failure until [`take`] says otherwise.
    Against(Vec<u8>),
    /// There were too many wrong codes.
    Locked,
    /// The account has no app.
    None,
}

/// Begins an attempt. It is counted first, so that many at once are not many guesses.
///
/// # Errors
/// The database's.
pub async fn attempt(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Attempt> {
    let row = sqlx::query!(
        "update totp set failures = least(failures, $2) + 1
         where account_id = $1 and confirmed_at is not null returning secret, failures",
        account,
        MOST_FAILURES,
    )
    .fetch_optional(db)
    .await?;
    Ok(match row {
        None => Attempt::None,
        Some(row) if row.failures > MOST_FAILURES => Attempt::Locked,
        Some(row) => Attempt::Against(row.secret),
    })
}

/// Uses up the code of a step; `false` when it, or a later one, is used already, by whichever collector.
///
/// # Errors
/// The database's.
pub async fn take(db: &mut PgConnection, account: Uuid, step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update totp set last_step = $2, failures = 0 where account_id = $1 and last_step < $2",
        account,
        step,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the app away; `false` when there was none that was confirmed.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, account: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from totp where account_id = $1 and confirmed_at is not null",
        account
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}
