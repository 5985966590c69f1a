//! Partitions of the past: made ahead of time, dropped when they are old.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::retention::{Keep, Kind};

/// How much one partition holds.
#[derive(Debug, Clone, Copy)]
enum Span {
    Day,
    Month,
}

/// A partitioned table.
struct Table {
    name: &'static str,
    kind: Kind,
    /// The column that decides.
    column: &'static str,
    span: Span,
    /// Partitions before the present one that rows may still come for.
    behind: u32,
    /// Whether a partition of its own holds rows that no other was made for.
    has_other: bool,
}

const HOST_FACT: Table = Table {
    name: "host_fact",
    kind: Kind::Facts,
    column: "valid_to",
    span: Span::Month,
    behind: 0,
    has_other: true,
};

const POSTURE: Table = Table {
    name: "posture",
    kind: Kind::Posture,
    ..HOST_FACT
};

const CHANGE: Table = Table {
    name: "change",
    column: "recorded_at",
    ..HOST_FACT
};

const EVENT: Table = Table {
    name: "event",
    kind: Kind::Events,
    ..CHANGE
};

const RESULT_LINK: Table = Table {
    name: "result_link",
    kind: Kind::Proofs,
    ..CHANGE
};

const RESULT_SEAL: Table = Table {
    name: "result_seal",
    kind: Kind::Proofs,
    column: "received_at",
    ..HOST_FACT
};

/// Rows of the day before come late, and after midnight. Others are not let in.
const METRIC_RAW: Table = Table {
    name: "metric_raw",
    kind: Kind::MinuteMetrics,
    column: "at",
    span: Span::Day,
    behind: 1,
    has_other: false,
};

const METRIC_5M: Table = Table {
    name: "metric_5m",
    kind: Kind::FiveMinuteMetrics,
    ..METRIC_RAW
};

/// By the month: two years of days would be 730 tables for a hundredth of the rows.
const METRIC_1H: Table = Table {
    name: "metric_1h",
    kind: Kind::HourMetrics,
    span: Span::Month,
    ..METRIC_RAW
};

const TABLES: [Table; 9] = [
    HOST_FACT,
    POSTURE,
    CHANGE,
    EVENT,
    RESULT_LINK,
    RESULT_SEAL,
    METRIC_RAW,
    METRIC_5M,
    METRIC_1H,
];

/// Partitions that are made ahead.
const AHEAD: u32 = 2;

impl Span {
    /// The first day of the partition that `day` is in.
    fn floor(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Month => day.with_day(1).unwrap_or(day),
        }
    }

    fn after(self, day: NaiveDate, spans: u32) -> NaiveDate {
        match self {
            Self::Day => day + Days::new(spans.into()),
            Self::Month => day + Months::new(spans),
        }
    }

    fn before(self, day: NaiveDate, spans: u32) -> NaiveDate {
        match self {
            Self::Day => day - Days::new(spans.into()),
            Self::Month => day - Months::new(spans),
        }
    }

    fn name(self, table: &str, day: NaiveDate) -> String {
        match self {
            Self::Day => format!("{table}_{}", day.format("%Y_%m_%d")),
            Self::Month => format!("{table}_{}", day.format("%Y_%m")),
        }
    }

    /// The first day of the partition `name`, if it is one.
    fn day(self, table: &str, name: &str) -> Option<NaiveDate> {
        let rest = name.strip_prefix(table)?;
        let text = match self {
            Self::Day => rest.to_owned(),
            Self::Month => format!("{rest}_01"),
        };
        NaiveDate::parse_from_str(&text, "_%Y_%m_%d").ok()
    }
}

/// How much there is of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    pub rows: i64,
    pub bytes: i64,
}

impl std::ops::AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
    }
}

/// What was let go.
#[derive(Debug, Clone, Copy)]
pub struct Gone {
    pub kind: Kind,
    /// What ended before this is gone.
    pub before: DateTime<Utc>,
    pub weight: Weight,
}

/// Makes the partitions of the present and of what comes next, and drops those that ended longer
/// ago than they are kept. Several collectors may do this at once: an advisory lock lets one through.
///
/// # Errors
/// sqlx's.
pub async fn maintain(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    keep: Keep,
) -> sqlx::Result<Vec<Gone>> {
    lock(db).await?;
    let today = now.date_naive();
    let mut gone = Vec::new();
    for table in TABLES {
        let first = table.span.before(table.span.floor(today), table.behind);
        for ahead in 0..=table.behind + AHEAD {
            make(&mut *db, &table, table.span.after(first, ahead)).await?;
        }
        let Some(before) = keep.before(table.kind, now) else {
            continue;
        };
        let weight = drop_before(&mut *db, &table, before).await?;
        gone.push(Gone {
            kind: table.kind,
            before,
            weight,
        });
    }
    Ok(gone)
}

/// Lets one collector at a time make partitions and take away what is old, until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn lock(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch partitions'))")
        .execute(db)
        .await
        .map(drop)
}

/// What of a kind lies in partitions that begin before `before`. Rows are as the planner counted them last.
///
/// # Errors
/// sqlx's.
pub async fn weigh(
    db: &mut PgConnection,
    kind: Kind,
    before: DateTime<Utc>,
) -> sqlx::Result<Weight> {
    let mut whole = Weight::default();
    for table in TABLES.iter().filter(|table| table.kind == kind) {
        for (_, weight) in old(&mut *db, table, before.date_naive()).await? {
            whole += weight;
        }
        whole += others(&mut *db, table, before, Deed::Weigh).await?;
    }
    Ok(whole)
}

async fn make(db: &mut PgConnection, table: &Table, from: NaiveDate) -> sqlx::Result<()> {
    let Table {
        name: parent,
        column,
        span,
        ..
    } = *table;
    let name = span.name(parent, from);
    if exists(&mut *db, &name).await? {
        return Ok(());
    }
    let to = span.after(from, 1);
    // Rows that the default partition already holds for this one would forbid it.
    let moved = if table.has_other {
        format!(
            "with moved as (delete from {parent}_other
                 where {column} >= '{from} 00:00+00' and {column} < '{to} 00:00+00' returning *)
             insert into {name} select * from moved;"
        )
    } else {
        String::new()
    };
    let sql = format!(
        "create table {name} (like {parent} including defaults including constraints);
         {moved}
         alter table {parent} attach partition {name}
             for values from ('{from} 00:00+00') to ('{to} 00:00+00')"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(db)
        .await
        .map(drop)
}

async fn drop_before(
    db: &mut PgConnection,
    table: &Table,
    before: DateTime<Utc>,
) -> sqlx::Result<Weight> {
    let mut whole = Weight::default();
    for (name, weight) in old(&mut *db, table, before.date_naive()).await? {
        sqlx::raw_sql(AssertSqlSafe(format!("drop table {name}")))
            .execute(&mut *db)
            .await?;
        whole += weight;
    }
    whole += others(db, table, before, Deed::Delete).await?;
    Ok(whole)
}

/// The partitions of a table that begin before `oldest`, with what is in them.
async fn old(
    db: &mut PgConnection,
    table: &Table,
    oldest: NaiveDate,
) -> sqlx::Result<Vec<(String, Weight)>> {
    let partitions = sqlx::query!(
        r#"select c.relname::text as "name!", c.reltuples::bigint as "rows!", pg_total_relation_size(c.oid) as "bytes!"
           from pg_inherits i
           join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
           where p.relname = $1 order by c.relname"#,
        table.name,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut found = Vec::new();
    for partition in partitions {
        let day = table.span.day(table.name, &partition.name);
        if day.is_none_or(|day| day >= oldest) {
            continue;
        }
        // Never counted so far: it is young or small.
        let rows = match partition.rows {
            -1 => {
                let sql = format!("select count(*) from {}", partition.name);
                sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_one(&mut *db)
                    .await?
            }
            rows => rows,
        };
        let bytes = partition.bytes;
        found.push((partition.name, Weight { rows, bytes }));
    }
    Ok(found)
}

/// What is done to old rows.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Weigh,
    Delete,
}

/// Rows with instants that no partition was made for: weighed, or deleted as well.
async fn others(
    db: &mut PgConnection,
    table: &Table,
    before: DateTime<Utc>,
    deed: Deed,
) -> sqlx::Result<Weight> {
    let Table { name, column, .. } = *table;
    if !table.has_other {
        return Ok(Weight::default());
    }
    let sql = match deed {
        Deed::Delete => format!(
            "with old as (delete from {name}_other o where {column} < $1 returning pg_column_size(o.*) as size)
             select count(*), coalesce(sum(size), 0)::bigint from old"
        ),
        Deed::Weigh => format!(
            "select count(*), coalesce(sum(pg_column_size(o.*)), 0)::bigint from {name}_other o where {column} < $1"
        ),
    };
    let (rows, bytes) = sqlx::query_as(AssertSqlSafe(sql))
        .bind(before)
        .fetch_one(db)
        .await?;
    Ok(Weight { rows, bytes })
}

async fn exists(db: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select to_regclass($1) is not null as "exists!""#, name)
        .fetch_one(db)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_db::test_pool;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    fn keep(months: u16) -> Keep {
        Keep::default().months(months)
    }

    /// Where the rows of `host_fact` are, by the end of their interval.
    async fn places(db: &mut PgConnection) -> Vec<String> {
        sqlx::query_scalar("select tableoid::regclass::text from host_fact order by valid_to")
            .fetch_all(db)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn months_are_made_ahead_and_dropped_when_they_are_old_and_the_present_stays() {
        let (pool, _server) = test_pool().await;
        let mut db = pool.acquire().await.unwrap();
        let rows = "insert into host_fact values
                (1, 1, 1, 1, '2026-01-01', '2026-03-10'), (1, 1, 1, 2, '2026-03-10', 'infinity');
            insert into host (id, hostname, group_name, machine, agent_version, enrolled_at,
                last_seen_at) values (gen_random_uuid(), 'a', 'b', '', '1', now(), now())";
        sqlx::raw_sql(rows).execute(&mut *db).await.unwrap();
        assert_eq!(
            places(&mut db).await,
            ["host_fact_other", "host_fact_present"]
        );

        // Made two months ahead, twice over; what waited for its month moves there.
        for _ in 0..2 {
            maintain(&mut db, at("2026-01-15"), keep(2)).await.unwrap();
            assert_eq!(
                places(&mut db).await,
                ["host_fact_2026_03", "host_fact_present"]
            );
        }
        // In May with two months kept, March is the oldest that stays; in June it goes.
        maintain(&mut db, at("2026-05-31"), keep(2)).await.unwrap();
        assert_eq!(
            places(&mut db).await,
            ["host_fact_2026_03", "host_fact_present"]
        );
        maintain(&mut db, at("2026-06-01"), keep(2)).await.unwrap();
        assert_eq!(places(&mut db).await, ["host_fact_present"]);
        let left: i64 = sqlx::query_scalar(
            "select count(*) from pg_class where relname ~ '^(host_fact|change)_2026_0[123]$'",
        )
        .fetch_one(&mut *db)
        .await
        .unwrap();
        assert_eq!(left, 0, "tables of months that are gone");
    }

    #[tokio::test]
    async fn links_and_seals_go_with_their_months_and_certificates_with_their_last_seal() {
        let (pool, _server) = test_pool().await;
        let mut db = pool.acquire().await.unwrap();
        maintain(&mut db, at("2026-01-15"), keep(2)).await.unwrap();
        let rows = "insert into result_link (host_no, epoch, seq, sort, at, valid_from, previous,
                head, keys, hashes, recorded_at)
            select 1, 1, n, 1, day, day, '', '', '{a}', '{null}', day
            from (values (1, timestamptz '2026-01-20'), (2, '2026-02-20')) as v (n, day);
            insert into seal_certificate values ('a', 1, ''), ('b', 1, '');
            insert into result_seal (host_no, epoch, seq, head, signature, certificate,
                received_at)
            select 1, 1, n, '', '', name, day
            from (values (1, bytea 'a', timestamptz '2026-01-20'), (2, 'b', '2026-02-20'))
                as v (n, name, day)";
        sqlx::raw_sql(rows).execute(&mut *db).await.unwrap();
        for (day, left) in [("2026-03-31", [2_i64, 2, 2]), ("2026-04-01", [1, 1, 1])] {
            maintain(&mut db, at(day), keep(2)).await.unwrap();
            crate::store::certificate::delete_unsealing(&mut db)
                .await
                .unwrap();
            for (table, left) in ["result_link", "result_seal", "seal_certificate"]
                .into_iter()
                .zip(left)
            {
                let sql = format!("select count(*) from {table}");
                let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_one(&mut *db)
                    .await
                    .unwrap();
                assert_eq!(count, left, "{table} on {day}");
            }
        }
    }

    #[tokio::test]
    async fn metrics_are_kept_for_as_long_as_is_set_by_the_day_and_by_the_month() {
        let (pool, _server) = test_pool().await;
        let mut db = pool.acquire().await.unwrap();
        maintain(&mut db, at("2026-03-10"), keep(13)).await.unwrap();
        for (table, day) in [
            ("metric_raw", "2026-03-09"),
            ("metric_raw", "2026-03-12"),
            ("metric_5m", "2026-03-10"),
            ("metric_1h", "2026-02-28"),
            ("metric_1h", "2026-03-10"),
        ] {
            let lasts = if table == "metric_raw" { ", '{1}'" } else { "" };
            let columns = if table == "metric_raw" { ", lasts" } else { "" };
            let sql = format!(
                "insert into {table} (host_no, at, series, mins, means, maxs{columns})
                 values (1, '{day}', '{{1}}', '{{1}}', '{{1}}', '{{1}}'{lasts})"
            );
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *db)
                .await
                .unwrap();
        }
        let mut left = async |day: &str| {
            maintain(&mut db, at(day), keep(13)).await.unwrap();
            let rows: Vec<String> = sqlx::query_scalar(
                "select tableoid::regclass::text from (
                     select tableoid, at from metric_raw union all
                     select tableoid, at from metric_5m union all
                     select tableoid, at from metric_1h) m order by 1",
            )
            .fetch_all(&mut *db)
            .await
            .unwrap();
            rows
        };
        let hours = ["metric_1h_2026_02", "metric_1h_2026_03"];
        let five = "metric_5m_2026_03_10";
        let raw = ["metric_raw_2026_03_09", "metric_raw_2026_03_12"];
        assert_eq!(
            left("2026-03-11").await,
            [hours[0], hours[1], five, raw[0], raw[1]]
        );
        // 48 hours before noon of the 12th is noon of the 10th.
        assert_eq!(left("2026-03-12").await, [hours[0], hours[1], five, raw[1]]);
        assert_eq!(left("2026-04-09").await, [hours[0], hours[1], five]);
        assert_eq!(left("2026-04-10").await, hours);
        assert_eq!(left("2028-02-29").await, hours);
        assert_eq!(left("2028-03-01").await, [hours[1]]);
    }
}
