//! Rows of `export_schedule` and `export_file`: files that are made again and again, and those that were.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::job::Queue;

/// Files that are made, two at a time.
pub const EXPORTS: Queue = Queue {
    name: "export",
    at_once: 2,
    max_attempts: 5,
    first: Duration::from_secs(30),
    most: Duration::from_secs(3600),
};
/// The lane of all of them.
pub const EXPORT_LANE: &str = "exports";
/// Files that a person has at most.
const MOST: i64 = 50;

/// When a query is taken away.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub id: Uuid,
    pub account: Uuid,
    pub query: Uuid,
    pub format: String,
    pub pattern: String,
    pub zone: String,
    pub created_at: DateTime<Utc>,
}

/// The schedules of somebody, in the order in which they were made; or one, whosever it is.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    account: Option<Uuid>,
    id: Option<Uuid>,
) -> sqlx::Result<Vec<Schedule>> {
    sqlx::query_as!(
        Schedule,
        "select id, account_id as account, saved_query as query, format, pattern, zone, created_at
         from export_schedule
         where ($1::uuid is null or account_id = $1) and ($2::uuid is null or id = $2) order by id",
        account,
        id,
    )
    .fetch_all(db)
    .await
}

/// Adds one.
///
/// # Errors
/// The database's.
pub async fn create(db: &mut PgConnection, new: &Schedule) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into export_schedule (id, account_id, saved_query, format, pattern, zone, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.account,
        new.query,
        new.format,
        new.pattern,
        new.zone,
        new.created_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes one. What it made stays.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from export_schedule where id = $1", id)
        .execute(db)
        .await
        .map(drop)
}

/// A file, without what is in it.
#[derive(Debug, Clone)]
pub struct File {
    pub id: Uuid,
    pub account: Uuid,
    pub schedule: Option<Uuid>,
    pub name: String,
    pub media_type: String,
    pub items: i64,
    pub made_at: DateTime<Utc>,
}

/// Keeps a file. `false` when that of its job is there already.
///
/// # Errors
/// The database's.
pub async fn keep(db: &mut PgConnection, file: &File, body: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into export_file (id, account_id, schedule, name, media_type, items, body, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing",
        file.id,
        file.account,
        file.schedule,
        file.name,
        file.media_type,
        file.items,
        body,
        file.made_at,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// A place in a list of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub made_at: DateTime<Utc>,
    pub id: Uuid,
}

/// The files of somebody, the newest first.
///
/// # Errors
/// The database's.
pub async fn files(
    db: &mut PgConnection,
    account: Uuid,
    after: Option<Position>,
    limit: i64,
) -> sqlx::Result<Vec<File>> {
    sqlx::query_as!(
        File,
        "select id, account_id as account, schedule, name, media_type, items, made_at from export_file
         where account_id = $1 and ($2::timestamptz is null or (made_at, id) < ($2, $3))
         order by made_at desc, id desc limit $4",
        account,
        after.map(|after| after.made_at),
        after.map(|after| after.id),
        limit,
    )
    .fetch_all(db)
    .await
}

/// A file of somebody: its name, its media type, and what is in it.
///
/// # Errors
/// The database's.
pub async fn file(
    db: &mut PgConnection,
    account: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<(String, String, Vec<u8>)>> {
    let row = sqlx::query!(
        "select name, media_type, body from export_file where account_id = $1 and id = $2",
        account,
        id,
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.map(|row| (row.name, row.media_type, row.body)))
}

/// Deletes of each person all files but the newest.
///
/// # Errors
/// The database's.
pub async fn delete_surplus(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from export_file where id in (
             select id from (
                 select id, row_number() over (partition by account_id order by made_at desc, id desc) as place
                 from export_file) as f
             where place > $1)",
        MOST,
    )
    .execute(db)
    .await
    .map(drop)
}
