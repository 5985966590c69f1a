//! The floor of ingest: the rows that a case left are taken out of the tables as text, and one
//! `COPY` for each table puts them into copies of the tables. It decides nothing, looks nothing up,
//! and is one transaction.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, PgPool};

use super::load::Target;
use crate::timing::quantile;

/// Each floor is the median of this many runs.
const RUNS: usize = 5;

/// A table that a case wrote, the table that its copies are like, and its primary key.
pub(crate) struct Part {
    table: &'static str,
    like: &'static str,
    key: &'static str,
}

const FACTS: Part = Part {
    table: "host_fact",
    like: "host_fact_present",
    key: "host_no, kind, key_id, valid_to",
};
const CHANGES: Part = Part {
    table: "change",
    like: "change_other",
    key: "host_no, id, recorded_at",
};

/// What first reports leave: the present.
pub(crate) const PRESENT: &[Part] = &[FACTS];
/// What changes leave: the present, what was before, and the log.
pub(crate) const CHANGED: &[Part] = &[FACTS, CHANGES];

/// How long `COPY` takes.
#[derive(Debug)]
pub(crate) struct Floor {
    /// Into tables with nothing but columns.
    pub(crate) bare: Duration,
    /// With the primary key.
    pub(crate) keyed: Duration,
    /// With every index of the schema.
    pub(crate) schema: Duration,
}

/// The floor of what these hosts have in the tables.
///
/// # Errors
/// sqlx's.
pub(crate) async fn of(db: &PgPool, hosts: &[Target], parts: &[Part]) -> anyhow::Result<Floor> {
    let numbers: Vec<_> = hosts.iter().map(|host| host.host_no.to_string()).collect();
    let mut floor = Floor {
        bare: Duration::ZERO,
        keyed: Duration::ZERO,
        schema: Duration::ZERO,
    };
    for Part { table, like, key } in parts {
        let text = taken_out(db, table, &numbers.join(", ")).await?;
        let bare = format!("(like {like})");
        floor.bare += copy(db, &bare, &text).await?;
        let keyed = format!("(like {like}, primary key ({key}))");
        floor.keyed += copy(db, &keyed, &text).await?;
        let schema = format!("(like {like} including all)");
        floor.schema += copy(db, &schema, &text).await?;
    }
    Ok(floor)
}

/// The rows of these hosts, as `COPY` writes them.
async fn taken_out(db: &PgPool, table: &str, hosts: &str) -> sqlx::Result<Vec<u8>> {
    let sql = format!("copy (select * from {table} where host_no in ({hosts})) to stdout");
    let mut db = db.acquire().await?;
    let mut parts = db.copy_out_raw(&sql).await?;
    let mut text = Vec::new();
    while let Some(part) = parts.try_next().await? {
        text.extend_from_slice(&part);
    }
    Ok(text)
}

async fn copy(db: &PgPool, columns: &str, text: &[u8]) -> sqlx::Result<Duration> {
    let mut db = db.acquire().await?;
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let sql = format!("create table floor {columns}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *db).await?;
        let started = Instant::now();
        let mut copy = db.copy_in_raw("copy floor from stdin").await?;
        copy.send(text).await?;
        copy.finish().await?;
        times.push(started.elapsed());
        sqlx::raw_sql("drop table floor").execute(&mut *db).await?;
    }
    Ok(quantile(&mut times, 0.5))
}
