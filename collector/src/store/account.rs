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
    /// PHC string, argon2id; `None` for those who sign in with something else only.
    pub password_hash: Option<String>,
    /// Set while it is locked.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// The account of that name.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        "select id, name, password_hash, disabled_at from account where name = $1",
        name
    )
    .fetch_optional(conn)
    .await
}

/// Adds an account, and returns its identity; `None` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn create(
    conn: &mut PgConnection,
    name: &str,
    password_hash: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "insert into account (id, name, password_hash, created_at) values ($1, $2, $3, $4)
         on conflict (name) do nothing returning id",
        Uuid::now_v7(),
        name,
        password_hash,
        at,
    )
    .fetch_optional(conn)
    .await
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
