//! Five minutes and hours out of minutes: the lowest, the mean of the means, the highest.
//!
//! Incremental: a run rolls the stretches into which minutes fell that were recorded since the run
//! before, each whole and from the minutes, so that late ones are in it too and that to do it twice
//! does no harm.

use sqlx::{PgConnection, PgPool};

/// Hosts of one statement: some 30,000 values each five minutes. Others can write in between.
const CHUNK: usize = 200;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rolled {
    /// Stretches that were written.
    pub stretches: u64,
}

/// A coarser table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    FiveMinutes,
    Hour,
}

impl Step {
    /// Seconds of a stretch.
    pub fn seconds(self) -> i32 {
        match self {
            Self::FiveMinutes => 300,
            Self::Hour => 3600,
        }
    }
}

/// Rolls what is new. `None`: another collector is at it.
///
/// # Errors
/// sqlx's; the next run does what this one did not.
pub async fn run(db: &PgPool, step: Step) -> sqlx::Result<Option<Rolled>> {
    // Held by a transaction that does nothing else, so that it ends with the connection.
    let mut guard = db.begin().await?;
    let mine = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtext('openwatch metric rollup')) as "mine!""#
    )
    .fetch_one(&mut *guard)
    .await?;
    if !mine {
        return Ok(None);
    }
    let mut connection = db.acquire().await?;
    let rolled = roll(&mut connection, step).await?;
    guard.rollback().await?;
    Ok(Some(rolled))
}

async fn roll(db: &mut PgConnection, step: Step) -> sqlx::Result<Rolled> {
    // A transaction that was open at the last run has committed rows since that are dated before
    // it. None is open for two minutes.
    let span = sqlx::query!(
        r#"select now() as "until!", coalesce((select recorded_to - interval '2 minutes'
               from metric_rollup where step_s = $1), 'epoch') as "since!""#,
        step.seconds(),
    )
    .fetch_one(&mut *db)
    .await?;
    let hosts = sqlx::query_scalar!(
        "select distinct host_no from metric_raw where recorded_at >= $1",
        span.since
    )
    .fetch_all(&mut *db)
    .await?;
    let mut rolled = Rolled::default();
    for hosts in hosts.chunks(CHUNK) {
        let written = match step {
            Step::FiveMinutes => {
                sqlx::query!(
                    "with touched as (
                         select distinct host_no, date_bin('5 minutes', at, 'epoch') as at
                         from metric_raw where host_no = any($1) and recorded_at >= $2
                     ), one as (
                         select t.host_no, t.at, v.series, min(v.min) as min,
                                avg(v.mean)::real as mean, max(v.max) as max
                         from touched t join metric_raw r on r.host_no = t.host_no
                              and r.at >= t.at and r.at < t.at + interval '5 minutes'
                         cross join unnest(r.series, r.mins, r.means, r.maxs)
                              as v (series, min, mean, max)
                         group by t.host_no, t.at, v.series
                     )
                     insert into metric_5m (host_no, at, series, mins, means, maxs)
                     select host_no, at, array_agg(series order by series),
                            array_agg(min order by series), array_agg(mean order by series),
                            array_agg(max order by series)
                     from one group by host_no, at
                     on conflict (host_no, at) do update set series = excluded.series,
                        mins = excluded.mins, means = excluded.means, maxs = excluded.maxs",
                    hosts,
                    span.since,
                )
                .execute(&mut *db)
                .await?
            }
            Step::Hour => {
                sqlx::query!(
                    "with touched as (
                         select distinct host_no, date_bin('1 hour', at, 'epoch') as at
                         from metric_raw where host_no = any($1) and recorded_at >= $2
                     ), one as (
                         select t.host_no, t.at, v.series, min(v.min) as min,
                                avg(v.mean)::real as mean, max(v.max) as max
                         from touched t join metric_raw r on r.host_no = t.host_no
                              and r.at >= t.at and r.at < t.at + interval '1 hour'
                         cross join unnest(r.series, r.mins, r.means, r.maxs)
                              as v (series, min, mean, max)
                         group by t.host_no, t.at, v.series
                     )
                     insert into metric_1h (host_no, at, series, mins, means, maxs)
                     select host_no, at, array_agg(series order by series),
                            array_agg(min order by series), array_agg(mean order by series),
                            array_agg(max order by series)
                     from one group by host_no, at
                     on conflict (host_no, at) do update set series = excluded.series,
                        mins = excluded.mins, means = excluded.means, maxs = excluded.maxs",
                    hosts,
                    span.since,
                )
                .execute(&mut *db)
                .await?
            }
        };
        rolled.stretches += written.rows_affected();
    }
    sqlx::query!(
        "insert into metric_rollup (step_s, recorded_to) values ($1, $2)
         on conflict (step_s) do update set recorded_to = excluded.recorded_to",
        step.seconds(),
        span.until,
    )
    .execute(db)
    .await?;
    Ok(rolled)
}
