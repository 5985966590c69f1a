//! Rows of `enrollment_token`, as administrators make and withdraw them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A token to be issued.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// Also inside the token's text.
    pub id: Uuid,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// What the administrator calls it.
    pub name: &'a str,
    /// The group of the hosts that enrol with it.
    pub group: &'a str,
    /// How many hosts may enrol with it.
    pub max_uses: i32,
    /// The collector's clock.
    pub created_at: DateTime<Utc>,
    /// The account that asked for it.
    pub created_by: &'a str,
    /// From when on it is refused.
    pub expires_at: DateTime<Utc>,
}

/// Adds a token.
///
/// # Errors
/// The database's.
pub async fn create(conn: &mut PgConnection, token: &NewToken<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into enrollment_token
             (id, hash, name, group_name, max_uses, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        token.id,
        &token.hash,
        token.name,
        token.group,
        token.max_uses,
        token.created_at,
        token.created_by,
        token.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Withdraws a token from now on. `false` when there is none; again is no error.
///
/// # Errors
/// The database's.
pub async fn revoke(conn: &mut PgConnection, id: Uuid, at: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update enrollment_token set revoked_at = coalesce(revoked_at, $2) where id = $1",
        id,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
