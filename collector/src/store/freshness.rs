//! How old the content of hosts is: which bundle each has, and whether it should have another.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// How old the content of a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    pub host_no: i32,
    /// Of the bundle in force; `None` for what was installed with the agent.
    pub serial: Option<i64>,
    /// When that expires, or did.
    pub expires: Option<DateTime<Utc>>,
    /// Since when it is offered a newer one; `None` when it is not.
    pub behind_since: Option<DateTime<Utc>>,
}

/// How many hosts have a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// `None` for what was installed with agents.
    pub serial: Option<i64>,
    pub expires: Option<DateTime<Utc>>,
    pub hosts: i64,
    /// Those of them that are offered a newer one for too long.
    pub behind: i64,
}

/// How many hosts refuse what they were offered last, for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// As `shared::wire::ContentRefusal` is named.
    pub reason: String,
    pub serial: i64,
    pub hosts: i64,
}

/// How old the content of these hosts is; of those whose agents take no bundles nothing is said.
///
/// # Errors
/// sqlx's.
pub async fn of(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<HashMap<i32, Freshness>> {
    let rows = sqlx::query_as!(
        Freshness,
        r#"select host_no as "host_no!", serial, expires, behind_since from host_freshness
           where host_no = any($1)"#,
        hosts,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.host_no, row)).collect())
}

/// The hosts whose bundle has expired at `now`.
///
/// # Errors
/// sqlx's.
pub async fn expired(db: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<i32>> {
    let hosts = sqlx::query_scalar!(
        r#"select host_no as "host_no!" from host_freshness where expires <= $1"#,
        now
    );
    hosts.fetch_all(db).await
}

/// The hosts that are offered a newer bundle than they have since before `since`.
///
/// # Errors
/// sqlx's.
pub async fn behind(db: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<Vec<i32>> {
    let hosts = sqlx::query_scalar!(
        r#"select host_no as "host_no!" from host_freshness where behind_since < $1"#,
        since
    );
    hosts.fetch_all(db).await
}

/// The bundles that hosts of the fleet have, the newest first.
///
/// # Errors
/// sqlx's.
pub async fn held(db: &mut PgConnection, behind_before: DateTime<Utc>) -> sqlx::Result<Vec<Held>> {
    sqlx::query_as!(
        Held,
        r#"select serial, expires, count(*) as "hosts!",
                  count(*) filter (where behind_since < $1) as "behind!"
           from host_freshness f join host h on h.host_no = f.host_no
           where revoked_at is null group by 1, 2 order by 1 desc nulls last"#,
        behind_before,
    )
    .fetch_all(db)
    .await
}

/// Why hosts refuse what they were offered last and do not have; the most frequent first.
///
/// # Errors
/// sqlx's.
pub async fn refused(db: &mut PgConnection) -> sqlx::Result<Vec<Refused>> {
    sqlx::query_as!(
        Refused,
        r#"select offer_refusal as "reason!", offer_serial as "serial!", count(*) as "hosts!"
           from host_content c join host h on h.host_no = c.host_no
           where revoked_at is null and takes and offer_refusal is not null
             and offer_serial > coalesce(serial, 0)
           group by 1, 2 order by 3 desc, 1, 2"#
    )
    .fetch_all(db)
    .await
}

/// How many hosts of the fleet have agents that take no bundles, or have not said.
///
/// # Errors
/// sqlx's.
pub async fn unable(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from host h
           where revoked_at is null
             and not exists (select from host_freshness f where f.host_no = h.host_no)"#
    )
    .fetch_one(db)
    .await
}
