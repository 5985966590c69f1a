//! Monthly partitions of `host_fact` and `change`: made ahead of time, dropped when they are old.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

/// The partitioned tables and the column that decides.
const TABLES: [(&str, &str); 2] = [("host_fact", "valid_to"), ("change", "recorded_at")];

/// Makes the partitions of this month and the next two, and drops those that ended more than
/// `keep_months` ago. Returns where the kept past begins. Several collectors may do this at once: an advisory lock lets one through.
///
/// # Errors
/// sqlx's.
pub async fn maintain(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    keep_months: u16,
) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch partitions'))")
        .execute(&mut *db)
        .await?;
    let this = month(now.date_naive());
    let oldest = this - Months::new(u32::from(keep_months));
    let oldest_at = oldest.and_time(Default::default()).and_utc();
    for (table, column) in TABLES {
        for ahead in 0..3 {
            make(&mut *db, table, column, this + Months::new(ahead)).await?;
        }
        drop_before(&mut *db, table, oldest).await?;
        // Rows with instants that no partition was made for.
        let sql = format!("delete from {table}_other where {column} < $1");
        sqlx::query(AssertSqlSafe(sql))
            .bind(oldest_at)
            .execute(&mut *db)
            .await?;
    }
    // Too few for partitions of their own; they explain holes in the log, and go with it.
    sqlx::query!("delete from stream_gap where recorded_at < $1", oldest_at)
        .execute(db)
        .await?;
    Ok(oldest_at)
}

async fn make(
    db: &mut PgConnection,
    table: &str,
    column: &str,
    month: NaiveDate,
) -> sqlx::Result<()> {
    let name = format!("{table}_{}", month.format("%Y_%m"));
    if exists(&mut *db, &name).await? {
        return Ok(());
    }
    let (from, to) = (month, month + Months::new(1));
    // Rows that the default partition already holds for this month would forbid the new one.
    let sql = format!(
        "create table {name} (like {table} including defaults including constraints);
         with moved as (delete from {table}_other
             where {column} >= '{from} 00:00+00' and {column} < '{to} 00:00+00' returning *)
         insert into {name} select * from moved;
         alter table {table} attach partition {name}
             for values from ('{from} 00:00+00') to ('{to} 00:00+00')"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(db)
        .await
        .map(drop)
}

async fn drop_before(db: &mut PgConnection, table: &str, oldest: NaiveDate) -> sqlx::Result<()> {
    let names = sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_inherits i
           join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
           where p.relname = $1"#,
        table,
    )
    .fetch_all(&mut *db)
    .await?;
    for name in names {
        let month = name
            .strip_prefix(table)
            .and_then(|rest| NaiveDate::parse_from_str(&format!("{rest}_01"), "_%Y_%m_%d").ok());
        if month.is_some_and(|month| month < oldest) {
            sqlx::raw_sql(AssertSqlSafe(format!("drop table {name}")))
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

async fn exists(db: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select to_regclass($1) is not null as "exists!""#, name)
        .fetch_one(db)
        .await
}

fn month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_db::test_pool;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T12:00:00Z").parse().unwrap()
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
                last_seen_at) values (gen_random_uuid(), 'a', 'b', '', '1', now(), now());
            insert into stream_gap select host_no, now(), now(), 1, '2026-03-10' from host";
        sqlx::raw_sql(rows).execute(&mut *db).await.unwrap();
        assert_eq!(
            places(&mut db).await,
            ["host_fact_other", "host_fact_present"]
        );

        // Made two months ahead, twice over; what waited for its month moves there.
        for _ in 0..2 {
            maintain(&mut db, at("2026-01-15"), 2).await.unwrap();
            assert_eq!(
                places(&mut db).await,
                ["host_fact_2026_03", "host_fact_present"]
            );
        }
        // In May with two months kept, March is the oldest that stays; in June it goes.
        maintain(&mut db, at("2026-05-31"), 2).await.unwrap();
        assert_eq!(
            places(&mut db).await,
            ["host_fact_2026_03", "host_fact_present"]
        );
        maintain(&mut db, at("2026-06-01"), 2).await.unwrap();
        assert_eq!(places(&mut db).await, ["host_fact_present"]);
        let left: i64 = sqlx::query_scalar(
            "select (select count(*) from stream_gap)
                + (select count(*) from pg_class where relname ~ '_2026_0[123]$')",
        )
        .fetch_one(&mut *db)
        .await
        .unwrap();
        assert_eq!(left, 0, "gaps, and tables of months that are gone");
    }
}
