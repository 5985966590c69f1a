//! Hosts that are no more: retired ones, what is known of one as a file, and rows of `host_archive`.

use std::io::Write as _;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use super::partition::Weight;

/// zstd's: a text of metrics is a fiftieth afterwards, and each level more takes twice as long.
const LEVEL: i32 = 6;

/// A host whose certificates are withdrawn for good.
#[derive(Debug, Clone)]
pub struct Retired {
    pub host_no: i32,
    pub id: Uuid,
    pub hostname: String,
    pub enrolled_at: DateTime<Utc>,
    pub retired_at: DateTime<Utc>,
    pub retired_by: String,
    pub retired_why: String,
}

/// A host in the archive.
#[derive(Debug, FromRow)]
pub struct Archived {
    pub id: Uuid,
    pub hostname: String,
    pub enrolled_at: DateTime<Utc>,
    pub retired_at: DateTime<Utc>,
    pub retired_by: String,
    pub retired_why: String,
    pub archived_at: DateTime<Utc>,
    pub archived_by: String,
    /// Lines of the file.
    pub rows: i64,
    /// Of the file.
    pub bytes: i64,
    pub sha256: Vec<u8>,
}

/// Retires a host that is revoked; again changes nothing.
///
/// # Errors
/// sqlx's.
pub async fn retire(
    db: &mut PgConnection,
    host_no: i32,
    (by, why): (&str, &str),
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update host set retired_at = $2, retired_by = $3, retired_why = $4
         where host_no = $1 and retired_at is null",
        host_no,
        at,
        by,
        why,
    )
    .execute(db)
    .await
    .map(drop)
}

/// A retired host, held until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn retired(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Retired>> {
    sqlx::query_as!(
        Retired,
        r#"select host_no, id, hostname, enrolled_at, retired_at as "retired_at!", retired_by as "retired_by!",
                  retired_why as "retired_why!"
           from host where host_no = $1 and retired_at is not null for update"#,
        host_no,
    )
    .fetch_optional(db)
    .await
}

/// A host that was retired before `before`, if there is one; held until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn due(db: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<Option<Retired>> {
    sqlx::query_as!(
        Retired,
        r#"select host_no, id, hostname, enrolled_at, retired_at as "retired_at!", retired_by as "retired_by!",
                  retired_why as "retired_why!"
           from host where retired_at < $1 order by retired_at limit 1 for update skip locked"#,
        before,
    )
    .fetch_optional(db)
    .await
}

/// Tables that have rows of hosts, partitions as the one table that they are.
async fn tables(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_class c
           join pg_attribute a on a.attrelid = c.oid and a.attname = 'host_no' and not a.attisdropped
           where c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'host'
               and c.relnamespace = current_schema()::regnamespace
           order by c.relname"#
    )
    .fetch_all(db)
    .await
}

/// What stands for a row `t` of a table in a file: with names in place of this database's numbers.
fn line(table: &str) -> &'static str {
    const VALUES: &str = "(to_jsonb(t) - 'host_no' - 'before_id' - 'after_id' - 'kind' - 'key_id') || jsonb_build_object(
        'kind', (select name from fact_kind where id = t.kind), 'key', (select key from fact_key where id = t.key_id),
        'before', (select value from fact_value where id = t.before_id),
        'after', (select value from fact_value where id = t.after_id))";
    const SERIES: &str = "(to_jsonb(t) - 'host_no') || jsonb_build_object('series', (
        select jsonb_agg(s.name order by o.place) from unnest(t.series) with ordinality as o (id, place)
        join metric_series s on s.id = o.id))";
    match table {
        "host_fact" => {
            "jsonb_build_object('kind', (select name from fact_kind where id = t.kind),
                'key', (select key from fact_key where id = t.key_id),
                'value', (select value from fact_value where id = t.value_id),
                'valid_from', t.valid_from, 'valid_to', t.valid_to)"
        }
        "change" => VALUES,
        "event" | "drift_change" => {
            "(to_jsonb(t) - 'host_no' - 'before_id' - 'after_id') || jsonb_build_object(
                'before', (select value from fact_value where id = t.before_id),
                'after', (select value from fact_value where id = t.after_id))"
        }
        "posture" => {
            "(to_jsonb(t) - 'host_no') || jsonb_build_object('lens',
                (select jsonb_build_object('sort', sort, 'key', key) from posture_lens where id = t.lens))"
        }
        "metric_raw" | "metric_5m" | "metric_1h" => SERIES,
        _ => "to_jsonb(t) - 'host_no'",
    }
}

/// All that is known of a host, as the file that it is archived as, and how many lines that has.
///
/// # Errors
/// sqlx's.
pub async fn file(db: &mut PgConnection, host: &Retired) -> sqlx::Result<(Vec<u8>, i64)> {
    let mut lines = Lines::new()?;
    let about: Value =
        sqlx::query_scalar("select to_jsonb(h) - 'host_no' from host h where host_no = $1")
            .bind(host.host_no)
            .fetch_one(&mut *db)
            .await?;
    lines.add(&json!({"table": "host", "row": about}))?;
    for table in tables(&mut *db).await? {
        let sql = format!(
            "select {} from {table} t where t.host_no = $1",
            line(&table)
        );
        let mut rows = sqlx::query_scalar::<_, Value>(AssertSqlSafe(sql))
            .bind(host.host_no)
            .fetch(&mut *db);
        while let Some(row) = rows.try_next().await? {
            lines.add(&json!({"table": table, "row": row}))?;
        }
    }
    lines.end()
}

/// JSON lines, compressed as they come.
struct Lines {
    out: zstd::Encoder<'static, Vec<u8>>,
    count: i64,
}

impl Lines {
    fn new() -> sqlx::Result<Self> {
        let out = zstd::Encoder::new(Vec::new(), LEVEL).map_err(sqlx::Error::Io)?;
        Ok(Self { out, count: 0 })
    }

    fn add(&mut self, line: &Value) -> sqlx::Result<()> {
        self.count += 1;
        writeln!(self.out, "{line}").map_err(sqlx::Error::Io)
    }

    fn end(self) -> sqlx::Result<(Vec<u8>, i64)> {
        let body = self.out.finish().map_err(sqlx::Error::Io)?;
        Ok((body, self.count))
    }
}

/// Keeps the file of a host.
///
/// # Errors
/// sqlx's.
pub async fn insert(
    db: &mut PgConnection,
    host: &Retired,
    (body, rows): (&[u8], i64),
    (by, at): (&str, DateTime<Utc>),
) -> sqlx::Result<Archived> {
    let archived = Archived {
        id: host.id,
        hostname: host.hostname.clone(),
        enrolled_at: host.enrolled_at,
        retired_at: host.retired_at,
        retired_by: host.retired_by.clone(),
        retired_why: host.retired_why.clone(),
        archived_at: at,
        archived_by: by.to_owned(),
        rows,
        bytes: i64::try_from(body.len()).unwrap_or(i64::MAX),
        sha256: Sha256::digest(body).to_vec(),
    };
    sqlx::query!(
        "insert into host_archive (id, hostname, enrolled_at, retired_at, retired_by, retired_why, archived_at,
             archived_by, rows, sha256, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        archived.id,
        archived.hostname,
        archived.enrolled_at,
        archived.retired_at,
        archived.retired_by,
        archived.retired_why,
        archived.archived_at,
        archived.archived_by,
        archived.rows,
        &archived.sha256,
        body,
    )
    .execute(db)
    .await?;
    Ok(archived)
}

/// Deletes a host with all that is known of it, and says how much that was.
///
/// # Errors
/// sqlx's.
pub async fn forget(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Weight> {
    // What fails is counted for hosts that there are.
    super::posture::failing::count(&mut *db, &[(host_no, Vec::new())]).await?;
    let mut whole = Weight::default();
    for table in tables(&mut *db).await? {
        let sql = format!(
            "with gone as (delete from {table} t where host_no = $1 returning pg_column_size(t.*) as size)
             select count(*), coalesce(sum(size), 0)::bigint from gone"
        );
        let (rows, bytes) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(host_no)
            .fetch_one(&mut *db)
            .await?;
        whole += Weight { rows, bytes };
    }
    sqlx::query!("delete from host where host_no = $1", host_no)
        .execute(db)
        .await?;
    Ok(whole)
}

/// Hosts in the archive, those archived last first, behind one that was archived then.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<Archived>> {
    let (at, id) = after.unzip();
    sqlx::query_as!(
        Archived,
        r#"select id, hostname, enrolled_at, retired_at, retired_by, retired_why, archived_at, archived_by, rows,
                  octet_length(body)::bigint as "bytes!", sha256
           from host_archive
           where $1::timestamptz is null or archived_at < $1 or (archived_at = $1 and id > $2)
           order by archived_at desc, id limit $3"#,
        at,
        id,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A host of the archive, with its file.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    let found = sqlx::query!("select hostname, body from host_archive where id = $1", id);
    let found = found.fetch_optional(db).await?;
    Ok(found.map(|row| (row.hostname, row.body)))
}

/// Deletes a host from the archive; `None` when it is not there, its name otherwise.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "delete from host_archive where id = $1 returning hostname",
        id
    )
    .fetch_optional(db)
    .await
}
