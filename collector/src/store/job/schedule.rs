//! Rows of `job_schedule`: jobs that come again and again.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{New, enqueue};
use crate::job::{Schedule, ScheduleError};

/// Why a job is not scheduled.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("writing the schedule")]
    Database(#[from] sqlx::Error),
}

/// Has a job added whenever the clocks of `zone` fit `pattern`, instead of what `name` said before. It is keyed
/// by the name: while one waits, none is added.
///
/// # Errors
/// [`PutError`].
pub async fn put(
    db: &mut PgConnection,
    name: &str,
    (pattern, zone): (&str, &str),
    new: &New<'_>,
    now: DateTime<Utc>,
) -> Result<(), PutError> {
    let next = Schedule::new(pattern, zone)?.after(now)?;
    sqlx::query!(
        "insert into job_schedule (name, queue, lane, payload, max_attempts, pattern, zone, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (name) do update set queue = excluded.queue, lane = excluded.lane,
             payload = excluded.payload, max_attempts = excluded.max_attempts,
             pattern = excluded.pattern, zone = excluded.zone, next_at = excluded.next_at",
        name,
        new.queue,
        new.lane,
        new.payload,
        new.max_attempts,
        pattern,
        zone,
        next,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has it added no more.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    let gone = sqlx::query!("delete from job_schedule where name = $1", name);
    gone.execute(db).await.map(drop)
}

struct Due {
    name: String,
    queue: String,
    lane: String,
    payload: Value,
    max_attempts: i32,
    pattern: String,
    zone: String,
}

/// Adds the jobs whose time has come, in the caller's transaction, each once however often its time came
/// meanwhile. How many schedules that were.
///
/// # Errors
/// The database's.
pub async fn run_due(db: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<usize> {
    let due = sqlx::query_as!(
        Due,
        "select name, queue, lane, payload, max_attempts, pattern, zone from job_schedule
         where next_at <= $1 for update skip locked",
        now,
    )
    .fetch_all(&mut *db)
    .await?;
    for one in &due {
        let next = Schedule::new(&one.pattern, &one.zone).and_then(|found| found.after(now));
        // It was checked when it was written: only another build's clocks can disagree.
        let next = next.map_err(|error| sqlx::Error::Decode(error.into()))?;
        let new = New {
            queue: &one.queue,
            lane: &one.lane,
            key: Some(&one.name),
            payload: &one.payload,
            max_attempts: one.max_attempts,
        };
        enqueue(&mut *db, &new, now).await?;
        sqlx::query!(
            "update job_schedule set next_at = $2 where name = $1",
            one.name,
            next,
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(due.len())
}
