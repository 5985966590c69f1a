//! Rows of `sign_in`: browsers that were sent to a provider and have not come back.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// So many may be under way at once: anybody can begin one.
const MOST: i64 = 10_000;

/// A browser that was sent.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub provider: String,
    pub nonce: String,
    pub verifier: String,
    /// Where in the console it goes on.
    pub path: String,
    /// Whether the person was to show anew who they are.
    pub fresh: bool,
    /// SHA-256 of the cookie of the session that the new one takes the place of.
    pub session: Option<Vec<u8>>,
    pub begun_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Remembers a browser by the hashes of `state` and of its cookie, and forgets those that came not back;
/// `false` when there are too many.
///
/// # Errors
/// The database's.
pub async fn begin(
    db: &mut PgConnection,
    state: &[u8; 32],
    browser: &[u8; 32],
    new: &SignIn,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with ended as (delete from sign_in where expires_at <= $9)
         insert into sign_in
             (state, browser, provider, nonce, verifier, path, fresh, session, begun_at, expires_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
         where (select count(*) from sign_in where expires_at > $9) < $11",
        state,
        browser,
        new.provider,
        new.nonce,
        new.verifier,
        new.path,
        new.fresh,
        new.session,
        new.begun_at,
        new.expires_at,
        MOST,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sign-in of this `state`, if this browser began it. It is there once.
///
/// # Errors
/// The database's.
pub async fn take(
    db: &mut PgConnection,
    state: &[u8; 32],
    browser: &[u8; 32],
) -> sqlx::Result<Option<SignIn>> {
    sqlx::query_as!(
        SignIn,
        "delete from sign_in where state = $1 and browser = $2
         returning provider, nonce, verifier, path, fresh, session, begun_at, expires_at",
        state,
        browser,
    )
    .fetch_optional(db)
    .await
}

/// Says when the person of a session that has just begun showed who they are; never later than it began.
///
/// # Errors
/// The database's.
pub async fn proved(
    db: &mut PgConnection,
    session: &[u8; 32],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update session set proved_at = least(proved_at, $2) where hash = $1",
        session,
        at
    )
    .execute(db)
    .await
    .map(drop)
}
