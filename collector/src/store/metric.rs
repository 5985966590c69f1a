//! Minutes of metrics, and the dictionary of their names.

/// Coarser tables.
pub mod rollup;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use shared::metric::{MINUTE_S, Minute};
use sqlx::{PgConnection, PgPool};

/// Names that are remembered. At about 100 bytes each this is 20 MB at most.
const NAMES: u64 = 200_000;

/// One minute of one host.
#[derive(Debug)]
pub struct HostMinute<'a> {
    pub host_no: i32,
    pub minute: &'a Minute<Arc<str>>,
}

/// When a minute began.
pub fn begin(minute: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(minute.checked_mul(MINUTE_S)?, 0)
}

/// Names and their numbers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Series {
    db: PgPool,
    numbers: Cache<Arc<str>, i32>,
    /// Each name in one allocation, however many hosts have it.
    names: Cache<String, Arc<str>>,
}

impl Series {
    /// A dictionary that remembers nothing yet.
    pub fn new(db: PgPool) -> Self {
        Self {
            db,
            numbers: Cache::new(NAMES),
            names: Cache::new(NAMES),
        }
    }

    /// `name` as everybody has it.
    pub fn name(&self, name: &str) -> Arc<str> {
        self.names.get(name).unwrap_or_else(|| {
            let shared: Arc<str> = name.into();
            self.names.insert(name.to_owned(), Arc::clone(&shared));
            shared
        })
    }

    /// The number of each name of `rows`. New names are written in a statement of their own, in
    /// sorted order, so that two writers cannot wait for each other.
    ///
    /// # Errors
    /// sqlx's.
    pub async fn resolve(&self, rows: &[HostMinute<'_>]) -> sqlx::Result<HashMap<Arc<str>, i32>> {
        let mut found = HashMap::new();
        let mut new = BTreeSet::new();
        for (name, _) in rows.iter().flat_map(|row| &row.minute.rows) {
            if found.contains_key(name) || new.contains(name) {
                continue;
            }
            match self.numbers.get(name) {
                Some(number) => drop(found.insert(Arc::clone(name), number)),
                None => drop(new.insert(Arc::clone(name))),
            }
        }
        if new.is_empty() {
            return Ok(found);
        }
        let names: Vec<String> = new.iter().map(ToString::to_string).collect();
        sqlx::query!(
            "insert into metric_series (name)
             select name from unnest($1::text[]) as new (name)
             where not exists (select from metric_series old where old.name = new.name)
             on conflict do nothing",
            &names,
        )
        .execute(&self.db)
        .await?;
        let rows = sqlx::query!(
            "select id, name from metric_series where name = any($1::text[])",
            &names
        )
        .fetch_all(&self.db)
        .await?;
        for row in rows {
            let name = self.name(&row.name);
            self.numbers.insert(Arc::clone(&name), row.id);
            found.insert(name, row.id);
        }
        Ok(found)
    }
}

/// Adds minutes; those that are there already stay as they are. How many were new.
///
/// One statement for all: the arrays of all rows go as one, with where each row's part is.
///
/// # Errors
/// sqlx's; a minute that no partition was made for is one.
pub async fn insert(
    db: &mut PgConnection,
    rows: &[HostMinute<'_>],
    numbers: &HashMap<Arc<str>, i32>,
) -> sqlx::Result<u64> {
    let (mut hosts, mut begins) = (Vec::new(), Vec::new());
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let mut series = Vec::new();
    let (mut mins, mut means) = (Vec::new(), Vec::new());
    let (mut maxs, mut lasts) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(begin) = begin(row.minute.at) else {
            continue;
        };
        let mut known: Vec<_> = row.minute.rows.iter().collect();
        known.sort_by_key(|(name, _)| numbers.get(name));
        from.push(place(series.len() + 1));
        for (name, reading) in known {
            let Some(number) = numbers.get(name) else {
                continue;
            };
            series.push(*number);
            mins.push(reading.min);
            means.push(reading.mean);
            maxs.push(reading.max);
            lasts.push(reading.last);
        }
        to.push(place(series.len()));
        hosts.push(row.host_no);
        begins.push(begin);
    }
    let added = sqlx::query!(
        "insert into metric_raw (host_no, at, series, mins, means, maxs, lasts)
         select host_no, at, ($5::int[])[a:z], ($6::real[])[a:z], ($7::real[])[a:z],
                ($8::real[])[a:z], ($9::real[])[a:z]
         from unnest($1::int[], $2::timestamptz[], $3::int[], $4::int[])
              as new (host_no, at, a, z)
         on conflict do nothing",
        &hosts,
        &begins,
        &from,
        &to,
        &series,
        &mins,
        &means,
        &maxs,
        &lasts,
    )
    .execute(db)
    .await?;
    Ok(added.rows_affected())
}

/// Postgres counts from 1; a group is far smaller than its largest array.
fn place(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

/// Which minutes are let in: not from the future but for a clock that is a little ahead, and not so
/// old that they could miss the partitions that are there, and the roll-up.
pub fn is_timely(at: i64, now: DateTime<Utc>) -> bool {
    begin(at).is_some_and(|at| now - OLDEST <= at && at <= now + NEWEST)
}

/// An agent keeps less than this.
const OLDEST: TimeDelta = TimeDelta::hours(24);
const NEWEST: TimeDelta = TimeDelta::minutes(10);

#[cfg(test)]
mod tests;
