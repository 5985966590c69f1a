//! Rows of `account_link`, and of those of `role_binding` that follow from a provider's groups.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::{account::Account, provider::Mapping};

/// A person of a provider who is an account.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: Uuid,
    pub subject: String,
    /// The account's name.
    pub account: String,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    /// When the person last signed in; `None` if they never did.
    pub used_at: Option<DateTime<Utc>>,
}

/// The links of a provider from `after` on, in the order in which they were made.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    provider: &str,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Link>> {
    sqlx::query_as!(
        Link,
        "select l.id, subject, a.name as account, l.created_at, l.created_by, l.used_at
         from account_link l join account a on a.id = account_id
         where provider = $1 and ($2::uuid is null or l.id > $2) order by l.id limit $3",
        provider,
        after,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Says that a person is an account; `false` when they are one already.
///
/// # Errors
/// The database's.
pub async fn create(
    db: &mut PgConnection,
    provider: (&str, &str),
    subject: &str,
    account: Uuid,
    by: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let (name, issuer) = provider;
    sqlx::query_scalar!(
        "insert into account_link (id, issuer, subject, provider, account_id, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (issuer, subject) do nothing returning id",
        Uuid::now_v7(),
        issuer,
        subject,
        name,
        account,
        at,
        by,
    )
    .fetch_optional(db)
    .await
}

/// Takes a link away, with what followed for its account from the provider, and returns its subject and its
/// account's name and identity.
///
/// # Errors
/// The database's.
pub async fn delete(
    db: &mut PgConnection,
    provider: &str,
    id: Uuid,
) -> sqlx::Result<Option<(String, Uuid)>> {
    let gone = sqlx::query!(
        "with gone as (
             delete from account_link where provider = $1 and id = $2 returning subject, account_id
         ), unbound as (
             delete from role_binding b using gone
             where b.account_id = gone.account_id and b.provider = $1
         ), signed_out as (
             delete from session s using gone
             where s.account_id = gone.account_id and s.method = 'oidc:' || $1
         )
         select subject, account_id from gone",
        provider,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(gone.map(|gone| (gone.subject, gone.account_id)))
}

/// Forgets the people of a provider: those of another issuer are others.
///
/// # Errors
/// The database's.
pub async fn forget(db: &mut PgConnection, provider: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "with gone as (delete from account_link where provider = $1)
         delete from role_binding where provider = $1",
        provider
    )
    .execute(db)
    .await
    .map(drop)
}

/// The account that this person is, with a note that they came.
///
/// # Errors
/// The database's.
pub async fn account(
    db: &mut PgConnection,
    issuer: &str,
    subject: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        "with used as (
             update account_link set used_at = $3 where issuer = $1 and subject = $2 returning account_id
         )
         select id, name, password_hash, disabled_at, break_glass from account join used on id = account_id",
        issuer,
        subject,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Adds an account without a password; `None` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn enrol(
    db: &mut PgConnection,
    name: &str,
    display_name: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        "insert into account (id, name, display_name, created_at) values ($1, $2, $3, $4)
         on conflict (name) do nothing returning id, name, password_hash, disabled_at, break_glass",
        Uuid::now_v7(),
        name,
        display_name,
        at,
    )
    .fetch_optional(db)
    .await
}

/// The roles that an account has from a provider, each with the short number of its group.
///
/// # Errors
/// The database's.
pub async fn bound(
    db: &mut PgConnection,
    account: Uuid,
    provider: &str,
) -> sqlx::Result<Vec<(String, Option<i32>)>> {
    let rows = sqlx::query!(
        "select role, group_no from role_binding where account_id = $1 and provider = $2
         order by role, group_no",
        account,
        provider,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.role, row.group_no))
        .collect())
}

/// Has an account hold from a provider what these mappings give, and nothing else. What was given by hand
/// stays.
///
/// # Errors
/// The database's.
pub async fn bind(
    db: &mut PgConnection,
    account: Uuid,
    provider: &str,
    mappings: &[&Mapping],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from role_binding where account_id = $1 and provider = $2",
        account,
        provider
    )
    .execute(&mut *db)
    .await?;
    for mapping in mappings {
        sqlx::query!(
            "insert into role_binding (id, account_id, role, group_no, provider, created_at, created_by)
             values ($1, $2, $3, $4, $5, $6, 'oidc:' || $5) on conflict do nothing",
            Uuid::now_v7(),
            account,
            mapping.role,
            mapping.group.map(|(_, number)| number),
            provider,
            at,
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
