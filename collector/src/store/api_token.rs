//! Rows of `api_token`, as people make, see and end them. What one is good for is `store::access`'s.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// A token, without its text, which nobody knows any more.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    /// The name of its maker.
    pub account: String,
    /// Codes of permissions.
    pub permissions: Vec<String>,
    /// The groups for whose hosts it is; `None` for all that its maker may see.
    pub groups: Option<Json<Vec<Group>>>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The one that took its place.
    pub replaced_by: Option<Uuid>,
}

/// A group that a token names.
#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    pub id: Uuid,
    pub name: String,
}

/// A place in a list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub created_at: DateTime<Utc>,
    pub id: Uuid,
}

/// One page of tokens, newest first: of one account, or of all; with `id`, that one alone.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    account: Option<Uuid>,
    id: Option<Uuid>,
    after: Option<Position>,
    limit: i64,
) -> sqlx::Result<Vec<Token>> {
    sqlx::query_as!(
        Token,
        r#"select t.id, t.name, a.name as account, permissions,
                  case when groups is not null then coalesce(
                      (select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) order by g.name)
                       from host_group g where g.group_no = any(groups)),
                      '[]') end as "groups: Json<Vec<Group>>",
                  t.created_at, t.created_by, expires_at, used_at, revoked_at, replaced_by
           from api_token t join account a on a.id = account_id
           where ($1::uuid is null or account_id = $1) and ($2::uuid is null or t.id = $2)
                 and ($3::timestamptz is null or (t.created_at, t.id) < ($3, $4::uuid))
           order by t.created_at desc, t.id desc limit $5"#,
        account,
        id,
        after.map(|after| after.created_at),
        after.map(|after| after.id),
        limit,
    )
    .fetch_all(db)
    .await
}

/// A token that is made.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub id: Uuid,
    /// SHA-256 of its secret.
    pub hash: &'a [u8; 32],
    pub account: Uuid,
    pub name: &'a str,
    pub permissions: &'a [String],
    pub groups: Option<&'a [i32]>,
    pub created_at: DateTime<Utc>,
    pub created_by: &'a str,
    pub expires_at: DateTime<Utc>,
}

/// Adds a token.
///
/// # Errors
/// The database's.
pub async fn create(db: &mut PgConnection, new: &NewToken<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into api_token
             (id, hash, account_id, name, permissions, groups, created_at, created_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.hash,
        new.account,
        new.name,
        new.permissions,
        new.groups,
        new.created_at,
        new.created_by,
        new.expires_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The groups that a token names, by their short numbers; `None` when it names none.
///
/// # Errors
/// The database's.
pub async fn groups(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Vec<i32>>> {
    sqlx::query_scalar!("select groups from api_token where id = $1", id)
        .fetch_one(db)
        .await
}

/// Whose a token is; `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn account(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select account_id from api_token where id = $1", id)
        .fetch_optional(db)
        .await
}

/// Ends a token; one that was ended before stays so since then.
///
/// # Errors
/// The database's.
pub async fn revoke(db: &mut PgConnection, id: Uuid, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update api_token set revoked_at = coalesce(revoked_at, $2) where id = $1",
        id,
        at
    )
    .execute(db)
    .await
    .map(drop)
}

/// Puts a token in another's place: the same with another secret, for as long again. `false` when the old one
/// is good for nothing any more.
///
/// # Errors
/// The database's.
pub async fn rotate(
    db: &mut PgConnection,
    old: Uuid,
    new: Uuid,
    hash: &[u8; 32],
    at: DateTime<Utc>,
    by: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with made as (
             insert into api_token (id, hash, account_id, name, permissions, groups, created_at,
                                    created_by, expires_at)
             select $2, $3, account_id, name, permissions, groups, $4::timestamptz, $5,
                    $4 + (expires_at - created_at)
             from api_token where id = $1 and revoked_at is null and expires_at > $4 for update
             returning id)
         update api_token set revoked_at = $4, replaced_by = made.id from made where api_token.id = $1",
        old,
        new,
        hash,
        at,
        by,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// A token that is shown although another one took its place.
#[derive(Debug, Clone)]
pub struct Reused {
    pub id: Uuid,
    pub name: String,
    pub account_id: Uuid,
    pub account: String,
    /// It was not shown since `quiet`.
    pub first: bool,
}

/// The token of this hash, if another one took its place; notes that it was shown.
///
/// # Errors
/// The database's.
pub async fn reused(
    db: &mut PgConnection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
    quiet: DateTime<Utc>,
) -> sqlx::Result<Option<Reused>> {
    sqlx::query_as!(
        Reused,
        r#"with found as (
               select t.id, t.name, account_id, a.name as account,
                      reused_at is null or reused_at <= $3 as first
               from api_token t join account a on a.id = account_id
               where hash = $1 and replaced_by is not null for update of t),
           noted as (
               update api_token set reused_at = $2
               from found where api_token.id = found.id and first)
           select id as "id!", name as "name!", account_id as "account_id!", account as "account!",
                  first as "first!" from found"#,
        hash,
        now,
        quiet,
    )
    .fetch_optional(db)
    .await
}
