//! Rows of `passkey`: passkeys and security keys.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// One of them.
#[derive(Debug, Clone)]
pub struct Passkey {
    pub id: Uuid,
    pub account: Uuid,
    /// What its owner calls it.
    pub name: String,
    pub kind: String,
    pub credential_id: Vec<u8>,
    pub credential: Value,
    pub created_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// All of an account, oldest first.
///
/// # Errors
/// The database's.
pub async fn list(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Vec<Passkey>> {
    sqlx::query_as!(
        Passkey,
        "select id, account_id as account, name, kind, credential_id, credential, created_at, used_at
         from passkey where account_id = $1 order by created_at, id",
        account,
    )
    .fetch_all(db)
    .await
}

/// The one that its authenticator calls so.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, credential_id: &[u8]) -> sqlx::Result<Option<Passkey>> {
    sqlx::query_as!(
        Passkey,
        "select id, account_id as account, name, kind, credential_id, credential, created_at, used_at
         from passkey where credential_id = $1",
        credential_id,
    )
    .fetch_optional(db)
    .await
}

/// Adds one; `false` when it is somebody's already.
///
/// # Errors
/// The database's.
pub async fn add(db: &mut PgConnection, new: &Passkey) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into passkey (id, account_id, name, kind, credential_id, credential, counter, created_at)
         values ($1, $2, $3, $4, $5, $6, 0, $7) on conflict (credential_id) do nothing",
        new.id,
        new.account,
        new.name,
        new.kind,
        new.credential_id,
        new.credential,
        new.created_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that it has signed for the `counter`th time, 0 if it does not count; `false` when it had signed so often
/// already, which is what a copy of it says.
///
/// # Errors
/// The database's.
pub async fn used(
    db: &mut PgConnection,
    id: Uuid,
    credential: &Value,
    counter: u32,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update passkey set credential = $2, counter = $3, used_at = $4
         where id = $1 and (counter < $3 or (counter = 0 and $3 = 0))",
        id,
        credential,
        i64::from(counter),
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Calls one of an account's otherwise, and returns what it was called; `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn rename(
    db: &mut PgConnection,
    account: Uuid,
    id: Uuid,
    name: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"update passkey set name = $3 from passkey before
           where passkey.id = $2 and passkey.account_id = $1 and before.id = passkey.id
           returning before.name as "name!""#,
        account,
        id,
        name,
    )
    .fetch_optional(db)
    .await
}

/// Takes one from an account, and returns what it was called; `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn delete(
    db: &mut PgConnection,
    account: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "delete from passkey where account_id = $1 and id = $2 returning name",
        account,
        id,
    )
    .fetch_optional(db)
    .await
}
