//! Monthly partitions of `host_fact` and `change`: made ahead of time, dropped when they are old.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

/// The partitioned tables and the column that decides.
const TABLES: [(&str, &str); 2] = [("host_fact", "valid_to"), ("change", "recorded_at")];

/// Makes the partitions of this month and the next two, and drops those that ended more than
/// `keep_months` ago. Several collectors may do this at once: an advisory lock lets one through.
///
/// # Errors
/// sqlx's.
pub async fn maintain(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    keep_months: u16,
) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch partitions'))")
        .execute(&mut *db)
        .await?;
    let this = month(now.date_naive());
    let oldest = this - Months::new(u32::from(keep_months));
    for (table, column) in TABLES {
        for ahead in 0..3 {
            make(&mut *db, table, column, this + Months::new(ahead)).await?;
        }
        drop_before(&mut *db, table, oldest).await?;
        // Rows with instants that no partition was made for.
        let sql = format!("delete from {table}_other where {column} < $1");
        sqlx::query(AssertSqlSafe(sql))
            .bind(oldest.and_time(Default::default()).and_utc())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
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
