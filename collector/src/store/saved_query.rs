//! Rows of `saved_query`: questions that people ask again and again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQuery {
    pub id: Uuid,
    pub account: Uuid,
    /// The name of its owner.
    pub owner: String,
    pub name: String,
    pub list: String,
    pub filters: BTreeMap<String, String>,
    pub shared: bool,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    account: Uuid,
    owner: String,
    name: String,
    list: String,
    filters: Json<BTreeMap<String, String>>,
    shared: bool,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl From<Row> for SavedQuery {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            account: row.account,
            owner: row.owner,
            name: row.name,
            list: row.list,
            filters: row.filters.0,
            shared: row.shared,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

/// A place in a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub name: String,
    pub id: Uuid,
}

/// Those of somebody, and what others share, by name.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    account: Uuid,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<SavedQuery>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select q.id, q.account_id as account, a.name as owner, q.name, q.list,
                  q.filters as "filters: Json<BTreeMap<String, String>>", q.shared, q.created_at, q.changed_at
           from saved_query q join account a on a.id = q.account_id
           where (q.account_id = $1 or q.shared)
             and ($2::text is null or (q.name, q.id) > ($2, $3))
           order by q.name, q.id limit $4"#,
        account,
        after.map(|after| &*after.name),
        after.map(|after| after.id),
        limit,
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(SavedQuery::from).collect())
}

/// One that somebody may see; locked, so that of two who change it one comes after the other.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &mut PgConnection,
    account: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<SavedQuery>> {
    let row = sqlx::query_as!(
        Row,
        r#"select q.id, q.account_id as account, a.name as owner, q.name, q.list,
                  q.filters as "filters: Json<BTreeMap<String, String>>", q.shared, q.created_at, q.changed_at
           from saved_query q join account a on a.id = q.account_id
           where q.id = $2 and (q.account_id = $1 or q.shared) for no key update of q"#,
        account,
        id,
    );
    Ok(row.fetch_optional(db).await?.map(SavedQuery::from))
}

/// Writes one, anew or in the place of the one of its identity. `false` when its owner has another of that name.
///
/// # Errors
/// The database's.
pub async fn put(db: &mut PgConnection, query: &SavedQuery) -> sqlx::Result<bool> {
    let taken = sqlx::query_scalar!(
        r#"select exists (select from saved_query
               where account_id = $1 and name = $2 and id <> $3) as "taken!""#,
        query.account,
        query.name,
        query.id,
    )
    .fetch_one(&mut *db)
    .await?;
    if taken {
        return Ok(false);
    }
    let done = sqlx::query!(
        "insert into saved_query (id, account_id, name, list, filters, shared, created_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do update set name = excluded.name, list = excluded.list,
             filters = excluded.filters, shared = excluded.shared, changed_at = excluded.changed_at",
        query.id,
        query.account,
        query.name,
        query.list,
        Json(&query.filters) as _,
        query.shared,
        query.created_at,
        query.changed_at,
    )
    .execute(db)
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("saved_query_by_name") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// How many somebody has.
///
/// # Errors
/// The database's.
pub async fn count(db: &mut PgConnection, account: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from saved_query where account_id = $1"#,
        account,
    )
    .fetch_one(db)
    .await
}

/// Deletes one.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from saved_query where id = $1", id)
        .execute(db)
        .await
        .map(drop)
}
