//! Rows of `account`: the people of this installation.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::Role;

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
    /// It is for when nobody can sign in otherwise: with its password alone.
    pub break_glass: bool,
}

/// The account of that name, whatever text that is.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Account>> {
    // No text of Postgres has one.
    if name.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        Account,
        "select id, name, password_hash, disabled_at, break_glass from account where name = $1",
        name
    )
    .fetch_optional(conn)
    .await
}

/// The account of this identity.
///
/// # Errors
/// The database's.
pub async fn get(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        "select id, name, password_hash, disabled_at, break_glass from account where id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// What is said of an account.
#[derive(Debug, Clone)]
pub struct Profile {
    pub id: Uuid,
    pub name: String,
    pub display_name: String,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub disabled_at: Option<DateTime<Utc>>,
    pub signed_in_at: Option<DateTime<Utc>>,
    pub has_password: bool,
    pub break_glass: bool,
    /// Until when a link to choose a password is good, if there is one.
    pub invited_until: Option<DateTime<Utc>>,
}

/// Accounts by name, those behind `after`.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Profile>> {
    sqlx::query_as!(
        Profile,
        r#"select a.id, name, display_name, a.created_at, a.created_by, disabled_at, signed_in_at,
                  password_hash is not null as "has_password!", break_glass,
                  i.expires_at as "invited_until?"
           from account a left join invitation i on i.account_id = a.id
           where $1::text is null or name > $1 order by name limit $2"#,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// What is said of the account of that name, whatever text that is.
///
/// # Errors
/// The database's.
pub async fn profile(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Profile>> {
    if name.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        Profile,
        r#"select a.id, name, display_name, a.created_at, a.created_by, disabled_at, signed_in_at,
                  password_hash is not null as "has_password!", break_glass,
                  i.expires_at as "invited_until?"
           from account a left join invitation i on i.account_id = a.id
           where name = $1"#,
        name,
    )
    .fetch_optional(conn)
    .await
}

/// An account that is made.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    /// Of a password that whoever makes the account gives it.
    pub password_hash: Option<&'a str>,
    /// The password of one for emergencies is nobody's, and is kept as it was made.
    pub break_glass: bool,
    pub created_at: DateTime<Utc>,
    pub created_by: &'a str,
}

/// Adds an account, and returns its identity; `None` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn create(conn: &mut PgConnection, new: &NewAccount<'_>) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "insert into account
             (id, name, display_name, password_hash, password_at, password_given, break_glass, created_at,
              created_by)
         values ($1, $2, $3, $4, case when $4::text is not null then $6::timestamptz end,
                 $4 is not null and not $5, $5, $6, $7)
         on conflict (name) do nothing returning id",
        Uuid::now_v7(),
        new.name,
        new.display_name,
        new.password_hash,
        new.break_glass,
        new.created_at,
        new.created_by,
    )
    .fetch_optional(conn)
    .await
}

/// Replaces what is said of an account. One that is locked already stays so since then.
///
/// # Errors
/// The database's.
pub async fn replace(
    conn: &mut PgConnection,
    id: Uuid,
    display_name: &str,
    disabled_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update account set display_name = $2,
             disabled_at = case when $3::timestamptz is not null then coalesce(disabled_at, $3) end
         where id = $1",
        id,
        display_name,
        disabled_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Gives an account another password, `given` by somebody else than its person. A link to choose one is good for
/// nothing any more.
///
/// # Errors
/// The database's.
pub async fn set_password(
    conn: &mut PgConnection,
    id: Uuid,
    password_hash: &str,
    given: bool,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with chosen as (delete from invitation where account_id = $1)
         update account set password_hash = $2, password_given = $3, password_at = $4 where id = $1",
        id,
        password_hash,
        given,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Deletes an account, with its bindings, sessions and tokens.
///
/// # Errors
/// The database's.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from account where id = $1", id)
        .execute(conn)
        .await
        .map(drop)
}

/// Whether this is the only account left that may do everything, can be signed in to, and is not for
/// emergencies.
///
/// # Errors
/// The database's.
pub async fn is_last_admin(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"with admin as (
               select a.id from account a
               join role_binding b on b.account_id = a.id and b.role = $2 and b.group_no is null
               where a.disabled_at is null and not a.break_glass and not (
                   a.password_hash is null
                   and exists (select from invitation i where i.account_id = a.id)))
           select exists (select from admin where id = $1)
                  and not exists (select from admin where id <> $1) as "last!""#,
        id,
        Role::Admin.name(),
    )
    .fetch_one(conn)
    .await
}
