//! Rows of `account`: the administrators of this installation.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// An account, with what its password is checked against.
#[derive(Debug, Clone)]
pub struct Account {
    /// Never shown.
    pub id: Uuid,
    /// As it is typed when signing in.
    pub name: String,
    /// PHC string, argon2id.
    pub password_hash: String,
}

/// The account of that name.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        "select id, name, password_hash from account where name = $1",
        name
    )
    .fetch_optional(conn)
    .await
}

/// Adds an account; `false` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn create(
    conn: &mut PgConnection,
    name: &str,
    password_hash: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into account (id, name, password_hash, created_at) values ($1, $2, $3, $4)
         on conflict (name) do nothing",
        Uuid::now_v7(),
        name,
        password_hash,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an account another password and signs it out everywhere; `false` when there is none.
///
/// # Errors
/// The database's.
pub async fn reset(conn: &mut PgConnection, name: &str, password_hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with known as (
             update account set password_hash = $2 where name = $1 returning id
         ), signed_out as (
             delete from session using known where session.account_id = known.id
         )
         select id from known",
        name,
        password_hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(done.is_some())
}
