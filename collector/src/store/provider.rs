//! Rows of `identity_provider` and `identity_provider_mapping`: where people sign in elsewhere.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Which person there is which account here, and what they may.
pub mod link;

/// Browsers that were sent to a provider.
pub mod sign_in;

/// A provider.
#[derive(Debug, Clone)]
pub struct Provider {
    pub name: String,
    pub kind: String,
    /// What the button says.
    pub title: String,
    pub enabled: bool,
    pub issuer: String,
    pub client_id: String,
    /// Sealed; `None` for a client without one.
    pub client_secret: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    /// The claim that names the account.
    pub name_claim: String,
    /// The claim that lists the groups of the person.
    pub group_claim: String,
    /// Whether whoever comes and may do something gets an account.
    pub just_in_time: bool,
    /// The only authorities that are trusted, PEM; the system's when there is none.
    pub ca_pem: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

/// What a value of the group claim gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub value: String,
    pub role: String,
    /// The group whose hosts it is for, and its short number; `None` for everything.
    pub group: Option<(Uuid, i32)>,
}

/// All providers, by name.
///
/// # Errors
/// The database's.
pub async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<Provider>> {
    sqlx::query_as!(
        Provider,
        "select name, kind, title, enabled, issuer, client_id, client_secret, scopes, name_claim,
                group_claim, just_in_time, ca_pem, created_at, created_by
         from identity_provider order by name"
    )
    .fetch_all(db)
    .await
}

/// The provider of that name.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Provider>> {
    sqlx::query_as!(
        Provider,
        "select name, kind, title, enabled, issuer, client_id, client_secret, scopes, name_claim,
                group_claim, just_in_time, ca_pem, created_at, created_by
         from identity_provider where name = $1",
        name,
    )
    .fetch_optional(db)
    .await
}

/// Holds a provider, if there is one, until the transaction ends: what is read of it afterwards stands.
///
/// # Errors
/// The database's.
pub async fn hold(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "select name from identity_provider where name = $1 for update",
        name
    )
    .fetch_optional(db)
    .await
    .map(drop)
}

/// Why a provider was not put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// There is one of that name.
    Name,
    /// Another one has the issuer.
    Issuer,
}

/// Adds a provider, or puts it in the place of the one of its name.
///
/// # Errors
/// The database's; within, what stands in the way.
pub async fn put(
    db: &mut PgConnection,
    provider: &Provider,
    anew: bool,
) -> sqlx::Result<Result<(), Taken>> {
    let done = sqlx::query!(
        "insert into identity_provider
             (name, kind, title, enabled, issuer, client_id, client_secret, scopes, name_claim,
              group_claim, just_in_time, ca_pem, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (name) do update set title = excluded.title, enabled = excluded.enabled,
             issuer = excluded.issuer, client_id = excluded.client_id,
             client_secret = excluded.client_secret, scopes = excluded.scopes,
             name_claim = excluded.name_claim, group_claim = excluded.group_claim,
             just_in_time = excluded.just_in_time, ca_pem = excluded.ca_pem
         where not $15",
        provider.name,
        provider.kind,
        provider.title,
        provider.enabled,
        provider.issuer,
        provider.client_id,
        provider.client_secret,
        &provider.scopes,
        provider.name_claim,
        provider.group_claim,
        provider.just_in_time,
        provider.ca_pem,
        provider.created_at,
        provider.created_by,
        anew,
    )
    .execute(db)
    .await;
    match done {
        Ok(done) if done.rows_affected() == 0 => Ok(Err(Taken::Name)),
        Ok(_) => Ok(Ok(())),
        Err(sqlx::Error::Database(error))
            if error.constraint() == Some("identity_provider_issuer_key") =>
        {
            Ok(Err(Taken::Issuer))
        }
        Err(error) => Err(error),
    }
}

/// Deletes a provider, with its links and what followed from it.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from identity_provider where name = $1", name)
        .execute(db)
        .await
        .map(drop)
}

/// What the values of the group claim give, by value.
///
/// # Errors
/// The database's.
pub async fn mappings(db: &mut PgConnection, provider: &str) -> sqlx::Result<Vec<Mapping>> {
    let rows = sqlx::query!(
        r#"select value, role, m.group_no, g.id as "group_id?"
           from identity_provider_mapping m left join host_group g using (group_no)
           where provider = $1 order by value, role, g.name"#,
        provider,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| Mapping {
        value: row.value,
        role: row.role,
        group: row.group_id.zip(row.group_no),
    });
    Ok(rows.collect())
}

/// Replaces what the values of the group claim give.
///
/// # Errors
/// The database's.
pub async fn map(db: &mut PgConnection, provider: &str, mappings: &[Mapping]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from identity_provider_mapping where provider = $1",
        provider
    )
    .execute(&mut *db)
    .await?;
    for mapping in mappings {
        sqlx::query!(
            "insert into identity_provider_mapping (provider, value, role, group_no)
             values ($1, $2, $3, $4) on conflict do nothing",
            provider,
            mapping.value,
            mapping.role,
            mapping.group.map(|(_, number)| number),
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Ends the sessions that were begun by this method.
///
/// # Errors
/// The database's.
pub async fn sign_out(db: &mut PgConnection, method: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from session where method = $1", method)
        .execute(db)
        .await
        .map(drop)
}
