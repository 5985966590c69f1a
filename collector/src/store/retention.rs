//! Rows of `retention` and `retention_run`, and what is too old to be kept.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use super::partition::{self, Gone, Weight};
use crate::retention::{Keep, Kind};

/// Rows that one transaction deletes: what waits for a row of them waits for less than a second.
const BATCH: i64 = 5_000;

/// What somebody has set.
#[derive(Debug, FromRow)]
pub struct Set {
    pub kind: String,
    /// `None`: for ever.
    pub keep: Option<i32>,
    pub set_at: DateTime<Utc>,
    pub set_by: String,
}

/// Everything that somebody has set.
///
/// # Errors
/// sqlx's.
pub async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<Set>> {
    sqlx::query_as!(Set, "select kind, keep, set_at, set_by from retention")
        .fetch_all(db)
        .await
}

/// How long everything is kept: what was set, and the defaults of the configuration where nothing was.
///
/// # Errors
/// sqlx's.
pub async fn keep(db: &mut PgConnection, defaults: Keep) -> sqlx::Result<Keep> {
    let set = all(db).await?;
    Ok(set.into_iter().fold(defaults, |keep, set| {
        // What a newer collector has set, this one does not know.
        let keep_for = set.keep.map(|keep| u16::try_from(keep).unwrap_or(u16::MAX));
        match set.kind.parse::<Kind>() {
            Ok(kind) => keep.with(kind, keep_for),
            Err(_) => keep,
        }
    }))
}

/// Lets nobody else set anything until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table retention in share row exclusive mode")
        .execute(db)
        .await
        .map(drop)
}

/// Keeps a kind for so long; `None`: for ever.
///
/// # Errors
/// sqlx's.
pub async fn set(
    db: &mut PgConnection,
    kind: Kind,
    keep: Option<u16>,
    (by, at): (&str, DateTime<Utc>),
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into retention (kind, keep, set_at, set_by) values ($1, $2, $3, $4)
         on conflict (kind) do update set keep = excluded.keep, set_at = excluded.set_at, set_by = excluded.set_by",
        kind.code(),
        keep.map(i32::from),
        at,
        by,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Keeps a kind for as long as the configuration says.
///
/// # Errors
/// sqlx's.
pub async fn unset(db: &mut PgConnection, kind: Kind) -> sqlx::Result<()> {
    sqlx::query!("delete from retention where kind = $1", kind.code())
        .execute(db)
        .await
        .map(drop)
}

/// Tables whose rows are deleted one by one, and which of their rows `t` ended before `$1`. What hangs on a row
/// comes before it.
fn rows(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Facts => &[
            // They explain holes in the log of changes, and go with it.
            ("stream_gap", "t.recorded_at < $1"),
            ("group_host_period", "t.valid_to < $1"),
        ],
        Kind::Proofs
        | Kind::Posture
        | Kind::Events
        | Kind::MinuteMetrics
        | Kind::FiveMinuteMetrics
        | Kind::HourMetrics
        | Kind::RetiredHosts => &[],
        Kind::Liveness => &[("liveness", "t.valid_to < $1")],
        Kind::Alerts => &[
            (
                "alert_subject",
                "t.alert_no in (select no from alert where resolved_at < $1)",
            ),
            (
                "alert_history",
                "t.alert_no in (select no from alert where resolved_at < $1)",
            ),
            ("alert", "t.resolved_at < $1"),
        ],
        Kind::Drift => &[
            (
                "drift_change",
                "t.drift_no in (select no from drift where last_at < $1)",
            ),
            ("drift", "t.last_at < $1"),
        ],
        Kind::Windows => &[("maintenance", "t.to_at < $1"), ("silence", "t.to_at < $1")],
        Kind::Deliveries => &[
            (
                "delivery_attempt",
                "t.delivery in (select id from delivery where ended_at < $1)",
            ),
            ("delivery", "t.ended_at < $1"),
            ("personal_mail_sent", "t.at < $1"),
            ("job", "t.state = 'dead' and t.ended_at < $1"),
        ],
        Kind::Notifications => &[("notification", "t.told_at < $1")],
        Kind::Exports => &[("export_file", "t.made_at < $1")],
        Kind::Tokens => &[
            ("enrollment_token", "t.expires_at < $1"),
            ("api_token", "t.expires_at < $1"),
        ],
        Kind::Archives => &[("host_archive", "t.archived_at < $1")],
    }
}

/// What of a kind ended before `before`: for a preview. Rows of partitions are as the planner counted them last.
///
/// # Errors
/// sqlx's.
pub async fn weigh(
    db: &mut PgConnection,
    kind: Kind,
    before: DateTime<Utc>,
) -> sqlx::Result<Weight> {
    let mut whole = partition::weigh(&mut *db, kind, before).await?;
    for (table, old) in rows(kind) {
        let sql = format!(
            "select count(*), coalesce(sum(pg_column_size(t.*)), 0)::bigint from {table} t where {old}"
        );
        let (rows, bytes) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(before)
            .fetch_one(&mut *db)
            .await?;
        whole += Weight { rows, bytes };
    }
    if kind == Kind::RetiredHosts {
        whole += retired(db, before).await?;
    }
    Ok(whole)
}

/// Hosts that were retired before `before`. What they take is in other kinds.
async fn retired(db: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<Weight> {
    let rows = sqlx::query_scalar!(
        r#"select count(*) as "rows!" from host where retired_at < $1"#,
        before
    )
    .fetch_one(db)
    .await?;
    Ok(Weight { rows, bytes: 0 })
}

/// Deletes rows of a kind that ended before `before`, of one of its tables, and as many as a transaction should.
/// Nothing when none is left. Those in partitions are dropped with them: [`partition::maintain`].
///
/// # Errors
/// sqlx's.
pub async fn delete_some(
    db: &mut PgConnection,
    kind: Kind,
    before: DateTime<Utc>,
) -> sqlx::Result<Option<Weight>> {
    for (table, old) in rows(kind) {
        let sql = format!(
            "with old as (
                 delete from {table} d where d.ctid = any(array(
                     select t.ctid from {table} t where {old} limit {BATCH} for update skip locked))
                 returning pg_column_size(d.*) as size)
             select count(*), coalesce(sum(size), 0)::bigint from old"
        );
        let (rows, bytes) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(before)
            .fetch_one(&mut *db)
            .await?;
        if rows > 0 {
            return Ok(Some(Weight { rows, bytes }));
        }
    }
    Ok(None)
}

/// Something that was let go.
#[derive(Debug, FromRow)]
pub struct Run {
    pub no: i64,
    pub kind: String,
    pub before_at: DateTime<Utc>,
    pub rows: i64,
    pub bytes: i64,
    pub ran_at: DateTime<Utc>,
}

/// Writes down what was let go; `run` is the number of what was written down of the same before, to which it is added.
/// Returns that number.
///
/// # Errors
/// sqlx's.
pub async fn note(
    db: &mut PgConnection,
    run: Option<i64>,
    gone: &Gone,
    at: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let Weight { rows, bytes } = gone.weight;
    if let Some(no) = run {
        sqlx::query!(
            "update retention_run set rows = rows + $2, bytes = bytes + $3 where no = $1",
            no,
            rows,
            bytes
        )
        .execute(db)
        .await?;
        return Ok(no);
    }
    sqlx::query_scalar!(
        "insert into retention_run (kind, before_at, rows, bytes, ran_at) values ($1, $2, $3, $4, $5) returning no",
        gone.kind.code(),
        gone.before,
        rows,
        bytes,
        at,
    )
    .fetch_one(db)
    .await
}

/// What was let go, the newest first: of one kind or of all, behind the run `after`.
///
/// # Errors
/// sqlx's.
pub async fn runs(
    db: &mut PgConnection,
    kind: Option<Kind>,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Run>> {
    sqlx::query_as!(
        Run,
        "select no, kind, before_at, rows, bytes, ran_at from retention_run
         where ($1::text is null or kind = $1) and ($2::bigint is null or no < $2)
         order by no desc limit $3",
        kind.map(Kind::code),
        after,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Before which instant something of these kinds was let go; `None` when nothing ever was.
///
/// # Errors
/// sqlx's.
pub async fn gone_before(
    db: &mut PgConnection,
    kinds: &[Kind],
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    // What was let go before runs were written down is known of facts, which every kind that is asked for rests on.
    sqlx::query_scalar!(
        "select greatest(max(before_at), (select kept_from from past_kept)) from retention_run
         where kind = any($1)",
        &kinds,
    )
    .fetch_one(db)
    .await
}

#[cfg(test)]
mod tests;
