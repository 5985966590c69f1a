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

/// Adds a token. `false` when its group is none of `within`; with `None` there it may be one that is yet
/// to come.
///
/// # Errors
/// The database's.
pub async fn create(
    conn: &mut PgConnection,
    token: &NewToken<'_>,
    within: Option<&[i32]>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into enrollment_token
             (id, hash, name, group_name, max_uses, created_at, created_by, expires_at)
         select $1, $2, $3, $4, $5, $6, $7, $8
         where $9::int[] is null
             or exists (select from host_group where name = $4 and group_no = any($9))",
        token.id,
        &token.hash,
        token.name,
        token.group,
        token.max_uses,
        token.created_at,
        token.created_by,
        token.expires_at,
        within,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws a token from now on. `false` when there is none for a group of `within`, `None` for any;
/// again is no error.
///
/// # Errors
/// The database's.
pub async fn revoke(
    conn: &mut PgConnection,
    id: Uuid,
    at: DateTime<Utc>,
    within: Option<&[i32]>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update enrollment_token set revoked_at = coalesce(revoked_at, $2)
         where id = $1 and ($3::int[] is null or group_name in (
             select name from host_group where group_no = any($3)))",
        id,
        at,
        within,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
