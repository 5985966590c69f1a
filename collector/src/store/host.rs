//! Rows of `host`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::PgConnection;

/// A host that has just enrolled.
#[derive(Debug)]
pub struct NewHost<'a> {
    pub id: HostId,
    pub hostname: &'a str,
    pub group_name: &'a str,
    pub machine: [u8; 32],
    pub agent_version: &'a str,
    pub at: DateTime<Utc>,
}

/// What a session needs to know of its host.
#[derive(Debug)]
pub struct Standing {
    pub machine: Vec<u8>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Adds a host and returns its number.
///
/// # Errors
/// sqlx's.
pub async fn insert(db: &mut PgConnection, host: &NewHost<'_>) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "insert into host
             (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         returning host_no",
        host.id.0,
        host.hostname,
        host.group_name,
        &host.machine[..],
        host.agent_version,
        host.at,
    )
    .fetch_one(db)
    .await
}

/// The names of these hosts, by number.
///
/// # Errors
/// sqlx's.
pub async fn names(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<HashMap<i32, String>> {
    let rows = sqlx::query!(
        "select host_no, hostname from host where host_no = any($1)",
        hosts
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.host_no, row.hostname))
        .collect())
}

/// The identities of these hosts.
///
/// # Errors
/// sqlx's.
pub async fn ids(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<Vec<HostId>> {
    let ids = sqlx::query_scalar!("select id from host where host_no = any($1)", hosts);
    Ok(ids.fetch_all(db).await?.into_iter().map(HostId).collect())
}

/// The numbers of at most `limit` hosts behind `after`, in order; of those that are revoked, too.
///
/// # Errors
/// sqlx's.
pub async fn numbers_after(
    db: &mut PgConnection,
    after: i32,
    limit: usize,
) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        "select host_no from host where host_no > $1 order by host_no limit $2",
        after,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await
}

/// The host of that number, held until the transaction ends, so that it is revoked before or
/// after and not meanwhile.
///
/// # Errors
/// sqlx's.
pub async fn standing(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        "select machine, revoked_at from host where host_no = $1 for update",
        host_no
    )
    .fetch_optional(db)
    .await
}

/// Notes that the host is here, and with which agent: its version, and the SHA-256 of its file.
///
/// # Errors
/// sqlx's.
pub async fn arrived(
    db: &mut PgConnection,
    host_no: i32,
    agent_version: &str,
    build: &[u8; 32],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update host set agent_version = $2, build = $3, last_seen_at = greatest(last_seen_at, $4)
         where host_no = $1",
        host_no,
        agent_version,
        &build[..],
        at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes that these hosts were connected at `at`.
///
/// # Errors
/// sqlx's.
pub async fn seen(db: &mut PgConnection, host_nos: &[i32], at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update host set last_seen_at = $2 where host_no = any($1) and last_seen_at < $2",
        host_nos,
        at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes why a connection in this host's name was refused.
///
/// # Errors
/// sqlx's.
pub async fn quarantine(db: &mut PgConnection, host_no: i32, why: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update host set quarantine = $2 where host_no = $1",
        host_no,
        why
    )
    .execute(db)
    .await
    .map(drop)
}

/// Clears that note. `false` when there is no such host, or nothing to clear.
///
/// # Errors
/// sqlx's.
pub async fn release(db: &mut PgConnection, id: HostId) -> sqlx::Result<bool> {
    let cleared = sqlx::query!(
        "update host set quarantine = null where id = $1 and quarantine is not null",
        id.0
    )
    .execute(db)
    .await?;
    Ok(cleared.rows_affected() == 1)
}

/// Revokes a host and forgets its certificates. `false` when there is no such host; a host that
/// is revoked already keeps its first date.
///
/// # Errors
/// sqlx's.
pub async fn revoke(db: &mut PgConnection, id: HostId, at: DateTime<Utc>) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "update host set revoked_at = coalesce(revoked_at, $2) where id = $1 returning host_no",
        id.0,
        at,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(host_no) = found else {
        return Ok(false);
    };
    sqlx::query!("delete from certificate where host_no = $1", host_no)
        .execute(db)
        .await?;
    Ok(true)
}
