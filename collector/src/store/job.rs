//! Rows of `job`: work that is done later. A job that is done has none any more.
//!
//! Whoever wants something done adds the job in the transaction that makes it necessary, so that there is one if
//! and only if that is committed; at the commit whoever does such work is told (`pg_notify`).

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::job::{Next, Queue, State};

/// Jobs that come again and again.
pub mod schedule;

/// The name under which the database tells that jobs were added.
pub const CHANNEL: &str = "openwatch_job";
/// Lanes that are looked at for one job.
const LANES: i64 = 64;
/// Runs that are given up at once because nobody was heard of.
const LAPSED: i64 = 100;

/// A job to be added.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub queue: &'a str,
    /// Jobs of one lane do not hold up those of another.
    pub lane: &'a str,
    /// With a key, nothing is added while a job of the queue with that key waits.
    pub key: Option<&'a str>,
    pub payload: &'a Value,
    pub max_attempts: i32,
}

/// A run of a job.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: Uuid,
    pub lane: String,
    pub payload: Value,
    /// With this one.
    pub attempts: i32,
    pub max_attempts: i32,
    /// What names this run among all of the job.
    pub lease: Uuid,
}

/// Adds a job, in the caller's transaction. `None` when one with its key waits already.
///
/// # Errors
/// The database's.
pub async fn enqueue(
    db: &mut PgConnection,
    new: &New<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let added = sqlx::query_scalar!(
        "insert into job (id, queue, lane, key, payload, state, max_attempts, due_at, created_at)
         values ($1, $2, $3, $4, $5, 'waiting', $6, $7, $7)
         on conflict (queue, key) where state = 'waiting' and key is not null do nothing
         returning id",
        Uuid::now_v7(),
        new.queue,
        new.lane,
        new.key,
        new.payload,
        new.max_attempts,
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    if added.is_some() {
        tell(db, new.queue).await?;
    }
    Ok(added)
}

/// One of several jobs to be added to a queue at once.
#[derive(Debug, Clone)]
pub struct Each {
    /// While a job of the queue with this key waits, it is not added.
    pub key: String,
    pub payload: Value,
}

/// Adds several jobs to one lane, in the caller's transaction and in one statement.
///
/// # Errors
/// The database's.
pub async fn enqueue_each(
    db: &mut PgConnection,
    (queue, lane): (&Queue, &str),
    jobs: &[Each],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|_| Uuid::now_v7()).collect();
    let keys: Vec<&str> = jobs.iter().map(|job| &*job.key).collect();
    let payloads: Vec<Value> = jobs.iter().map(|job| job.payload.clone()).collect();
    sqlx::query!(
        "insert into job (id, queue, lane, key, payload, state, max_attempts, due_at, created_at)
         select id, $1, $2, key, payload, 'waiting', $3, $4, $4
         from unnest($5::uuid[], $6::text[], $7::jsonb[]) as j (id, key, payload)
         on conflict (queue, key) where state = 'waiting' and key is not null do nothing",
        queue.name,
        lane,
        i32::from(queue.max_attempts),
        now,
        &ids,
        &keys as &[&str],
        &payloads,
    )
    .execute(&mut *db)
    .await?;
    tell(db, queue.name).await
}

/// At the commit, whoever does such work is told.
async fn tell(db: &mut PgConnection, queue: &str) -> sqlx::Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, queue)
        .execute(db)
        .await
        .map(drop)
}

/// Begins a run of the job that has been due the longest in a lane that has room, in the caller's transaction:
/// until that ends nobody else begins one in that lane. `None` when there is no such job.
///
/// # Errors
/// The database's.
pub async fn claim(
    db: &mut PgConnection,
    queue: &Queue,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Option<Run>> {
    let at_once = i64::from(queue.at_once);
    let lanes = sqlx::query_scalar!(
        "select w.lane from job w
         where w.queue = $1 and w.state = 'waiting' and w.due_at <= $2
         group by w.lane
         having (select count(*) from job r
                 where r.queue = $1 and r.lane = w.lane and r.state = 'running') < $3
         order by min(w.due_at) limit $4",
        queue.name,
        now,
        at_once,
        LANES,
    )
    .fetch_all(&mut *db)
    .await?;
    for lane in lanes {
        let mine = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 7)) as "mine!""#,
            queue.name,
            lane,
        )
        .fetch_one(&mut *db)
        .await?;
        if !mine {
            continue;
        }
        // Counted again under the lock: somebody may have begun one since the lanes were listed.
        let lease = Uuid::new_v4();
        let run = sqlx::query!(
            "update job set state = 'running', attempts = attempts + 1, lease = $4, leased_until = $5
             where id = (
                 select id from job
                 where queue = $1 and lane = $2 and state = 'waiting' and due_at <= $3
                   and (select count(*) from job r
                        where r.queue = $1 and r.lane = $2 and r.state = 'running') < $6
                 order by due_at, id limit 1 for update skip locked)
             returning id, payload, attempts, max_attempts",
            queue.name,
            lane,
            now,
            lease,
            until,
            at_once,
        )
        .fetch_optional(&mut *db)
        .await?;
        if let Some(run) = run {
            return Ok(Some(Run {
                id: run.id,
                lane,
                payload: run.payload,
                attempts: run.attempts,
                max_attempts: run.max_attempts,
                lease,
            }));
        }
    }
    Ok(None)
}

/// Says again that a run goes on. `false` when it does not count any more: somebody else may be at the job.
///
/// # Errors
/// The database's.
pub async fn renew(db: &mut PgConnection, run: &Run, until: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update job set leased_until = $3 where id = $1 and lease = $2",
        run.id,
        run.lease,
        until,
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// Writes down what becomes of a job after a run. `false` when that run does not count any more.
///
/// # Errors
/// The database's.
pub async fn settle(
    db: &mut PgConnection,
    (job, lease): (Uuid, Uuid),
    next: &Next,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = match next {
        Next::Gone => {
            let gone = sqlx::query!("delete from job where id = $1 and lease = $2", job, lease);
            gone.execute(db).await?
        }
        Next::Dead { error } => {
            sqlx::query!(
                "update job set state = 'dead', lease = null, leased_until = null, error = $3,
                     ended_at = $4
                 where id = $1 and lease = $2",
                job,
                lease,
                error,
                now,
            )
            .execute(db)
            .await?
        }
        Next::Again {
            due_at,
            attempts,
            error,
        } => {
            let again = sqlx::query!(
                "update job set state = 'waiting', lease = null, leased_until = null, due_at = $3,
                     attempts = $4, error = coalesce($5, error)
                 where id = $1 and lease = $2 and not exists (
                     select from job w
                     where w.queue = job.queue and w.key = job.key and w.state = 'waiting')",
                job,
                lease,
                due_at,
                attempts,
                error.as_deref(),
            )
            .execute(&mut *db)
            .await?;
            if again.rows_affected() > 0 {
                return Ok(true);
            }
            // One that waits with the same key will do the same: this one is not needed.
            let gone = sqlx::query!("delete from job where id = $1 and lease = $2", job, lease);
            gone.execute(db).await?
        }
    };
    Ok(done.rows_affected() > 0)
}

/// A run of which nobody has heard in time.
#[derive(Debug, Clone)]
pub struct Lapsed {
    pub id: Uuid,
    pub lease: Uuid,
    pub attempts: i32,
    pub max_attempts: i32,
}

/// Runs of which nobody has heard in time.
///
/// # Errors
/// The database's.
pub async fn lapsed(
    db: &mut PgConnection,
    queue: &Queue,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Lapsed>> {
    sqlx::query_as!(
        Lapsed,
        r#"select id, lease as "lease!", attempts, max_attempts from job
           where queue = $1 and state = 'running' and leased_until < $2
           order by leased_until limit $3"#,
        queue.name,
        now,
        LAPSED,
    )
    .fetch_all(db)
    .await
}

/// A job as the table has it.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: Uuid,
    pub queue: String,
    pub lane: String,
    pub state: String,
    pub payload: Value,
    pub attempts: i32,
    pub max_attempts: i32,
    pub due_at: DateTime<Utc>,
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Jobs, the newest first, before the one of that identity.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    state: Option<State>,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Job>> {
    sqlx::query_as!(
        Job,
        "select id, queue, lane, state, payload, attempts, max_attempts, due_at, error, created_at,
                ended_at
         from job
         where ($1::text is null or state = $1) and ($2::uuid is null or id < $2)
         order by id desc limit $3",
        state.map(State::name),
        before,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Has a job that was given up done again, with all its attempts before it. The job as it was; `None` when
/// there is no such job, or it was not given up, or one with its key waits.
///
/// # Errors
/// The database's.
pub async fn revive(
    db: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Job>> {
    let job = sqlx::query_as!(
        Job,
        "select id, queue, lane, state, payload, attempts, max_attempts, due_at, error, created_at,
                ended_at
         from job where id = $1 and state = 'dead' and not exists (
             select from job w
             where w.queue = job.queue and w.key = job.key and w.state = 'waiting')
         for update",
        id,
    );
    let Some(job) = job.fetch_optional(&mut *db).await? else {
        return Ok(None);
    };
    sqlx::query!(
        "update job set state = 'waiting', attempts = 0, due_at = $2, ended_at = null where id = $1",
        id,
        now,
    )
    .execute(&mut *db)
    .await?;
    tell(db, &job.queue).await?;
    Ok(Some(job))
}

/// Forgets what was given up with this key, because it is begun anew in another way.
///
/// # Errors
/// The database's.
pub async fn forget(db: &mut PgConnection, queue: &Queue, key: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from job where queue = $1 and key = $2 and state = 'dead'",
        queue.name,
        key,
    )
    .execute(db)
    .await
    .map(drop)
}

#[cfg(test)]
mod tests;
