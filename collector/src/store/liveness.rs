//! Rows of `liveness` and `host_run`: whether each host is heard of, and what its agent told.
//!
//! Whoever changes a host's intervals holds the host's row first, in a statement of its own: what
//! is read after that is what the one before has written.

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::liveness::{Account, Interval, Process, Seen, State, cause, follow, unseen};

/// A session that has just begun.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Names the session in what follows.
    pub session: Uuid,
    pub boot_id: &'a str,
    /// By how much the host's clock is ahead.
    pub skew_ms: i64,
    pub at: DateTime<Utc>,
}

/// What the beginning of a session showed.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// Whether the boot is another one than in the session before.
    pub rebooted: bool,
    /// Whether the host was taken to be here already.
    pub online: bool,
}

/// What an agent says of its process, by the collector's clock.
#[derive(Debug)]
pub struct Told {
    /// Tells the process from every other.
    pub process: [u8; 16],
    pub started_at: DateTime<Utc>,
    pub booted_at: Option<DateTime<Utc>>,
    pub previous: shared::wire::Previous,
    pub skew_ms: i64,
    pub at: DateTime<Utc>,
}

/// Notes that a session has begun.
///
/// # Errors
/// sqlx's.
pub async fn arrived(
    db: &mut PgConnection,
    host_no: i32,
    arrival: &Arrival<'_>,
) -> sqlx::Result<Arrived> {
    hold(&mut *db, host_no).await?;
    let before = sqlx::query_scalar!("select boot_id from host_run where host_no = $1", host_no)
        .fetch_optional(&mut *db)
        .await?
        .unwrap_or_default();
    let known = !before.is_empty() && !arrival.boot_id.is_empty();
    let rebooted = known && before != arrival.boot_id;
    sqlx::query!(
        "insert into host_run (host_no, boot_id, skew_ms, measured_at, session)
         values ($1, $2, $3, $4, $5)
         on conflict (host_no) do update set boot_id = excluded.boot_id,
             skew_ms = excluded.skew_ms, measured_at = excluded.measured_at,
             session = excluded.session, reboots = host_run.reboots + $6",
        host_no,
        arrival.boot_id,
        arrival.skew_ms,
        arrival.at,
        arrival.session,
        i32::from(rebooted),
    )
    .execute(&mut *db)
    .await?;
    let begun = see(db, host_no, &Seen::Arrived, arrival.at).await?;
    Ok(Arrived {
        rebooted,
        online: begun.is_none(),
    })
}

/// Notes what was seen of a host in a session, unless another one has begun since. Returns the
/// state that begins with it, if one does.
///
/// # Errors
/// sqlx's.
pub async fn seen(
    db: &mut PgConnection,
    host_no: i32,
    session: Uuid,
    seen: &Seen,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<State>> {
    hold(&mut *db, host_no).await?;
    if newest(&mut *db, host_no).await? != Some(session) {
        return Ok(None);
    }
    see(db, host_no, seen, at).await
}

/// Notes that a host was heard of no more, whatever session it has.
///
/// # Errors
/// sqlx's.
pub async fn lapse(
    db: &mut PgConnection,
    host_no: i32,
    why: &'static str,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<State>> {
    hold(&mut *db, host_no).await?;
    see(db, host_no, &Seen::Lapsed(why), at).await
}

/// Notes what an agent says of its process, and what of the past that explains. `true` when it
/// explains something.
///
/// # Errors
/// sqlx's.
pub async fn told(
    db: &mut PgConnection,
    host_no: i32,
    session: Uuid,
    told: &Told,
    arrived: Arrived,
) -> sqlx::Result<bool> {
    hold(&mut *db, host_no).await?;
    if newest(&mut *db, host_no).await? != Some(session) {
        return Ok(false);
    }
    let known = sqlx::query_scalar!("select process from host_run where host_no = $1", host_no)
        .fetch_one(&mut *db)
        .await?;
    let process = match known {
        None => Process::First,
        Some(known) if known == told.process => Process::Same,
        Some(_) => Process::Other,
    };
    sqlx::query!(
        "update host_run set booted_at = $2, agent_started_at = $3, skew_ms = $4,
             measured_at = $5, process = $6
         where host_no = $1",
        host_no,
        told.booted_at,
        told.started_at,
        told.skew_ms,
        told.at,
        &told.process[..],
    )
    .execute(&mut *db)
    .await?;
    let account = Account {
        process,
        started_at: told.started_at,
        booted_at: told.booted_at,
        rebooted: arrived.rebooted,
        previous: told.previous,
    };
    let present = present(&mut *db, host_no).await?;
    if arrived.online {
        let Some([before, gone, back]) = unseen(&present, &account, told.at) else {
            return Ok(false);
        };
        end(&mut *db, host_no, &before).await?;
        begin(&mut *db, host_no, &gone).await?;
        begin(&mut *db, host_no, &back).await?;
        return Ok(true);
    }
    let Some(ended) = ended_at(&mut *db, host_no, present.from).await? else {
        return Ok(false);
    };
    let Some((state, detail)) = cause(&ended, &account) else {
        return Ok(false);
    };
    let noted = sqlx::query!(
        "update liveness set cause = $3, cause_detail = $4
         where host_no = $1 and valid_from = $2 and cause is null",
        host_no,
        ended.from,
        state.name(),
        detail,
    );
    Ok(noted.execute(db).await?.rows_affected() == 1)
}

/// Ends the presence of hosts that no collector has heard of since `silent_since`: the one that
/// they were connected to is gone, and they have not come back. Hosts, not connections, that are
/// lost are noted by the sessions.
///
/// # Errors
/// sqlx's.
pub async fn sweep(
    db: &mut PgConnection,
    silent_since: DateTime<Utc>,
) -> sqlx::Result<Vec<HostId>> {
    let silent = sqlx::query!(
        "select h.host_no, h.id, h.last_seen_at from host h
         join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
         where l.state = 'online' and h.last_seen_at < $1
         order by h.host_no limit 1000",
        silent_since,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut ended = Vec::new();
    for host in silent {
        let why = "the collector stopped or restarted, and the host has not come back since";
        if lapse(&mut *db, host.host_no, why, host.last_seen_at)
            .await?
            .is_some()
        {
            ended.push(HostId(host.id));
        }
    }
    Ok(ended)
}

async fn hold(db: &mut PgConnection, host_no: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "select host_no from host where host_no = $1 for update",
        host_no
    )
    .fetch_optional(db)
    .await
    .map(drop)
}

async fn newest(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select session from host_run where host_no = $1", host_no)
        .fetch_optional(db)
        .await
}

async fn see(
    db: &mut PgConnection,
    host_no: i32,
    seen: &Seen,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<State>> {
    let before = present(&mut *db, host_no).await?;
    let Some(next) = follow(&before, seen, at) else {
        return Ok(None);
    };
    let before = Interval {
        to: Some(next.from),
        ..before
    };
    end(&mut *db, host_no, &before).await?;
    begin(db, host_no, &next).await?;
    Ok(Some(next.state))
}

/// The open interval. A host that has none has never been seen, since it enrolled.
async fn present(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Interval> {
    let row = sqlx::query!(
        r#"select coalesce(l.state, 'never_seen') as "state!", coalesce(l.detail, '') as "detail!",
                  coalesce(l.valid_from, h.enrolled_at) as "from!"
           from host h left join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
           where h.host_no = $1"#,
        host_no,
    )
    .fetch_one(db)
    .await?;
    Ok(Interval {
        state: row.state.parse().unwrap_or(State::Unknown),
        detail: row.detail,
        from: row.from,
        to: None,
    })
}

/// The interval that ended at `at`.
async fn ended_at(
    db: &mut PgConnection,
    host_no: i32,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Interval>> {
    let row = sqlx::query!(
        "select state, detail, valid_from from liveness where host_no = $1 and valid_to = $2",
        host_no,
        at,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Interval {
        state: row.state.parse().unwrap_or(State::Unknown),
        detail: row.detail,
        from: row.valid_from,
        to: Some(at),
    }))
}

/// Ends the open interval; one that was never written is written as it ends.
async fn end(db: &mut PgConnection, host_no: i32, interval: &Interval) -> sqlx::Result<()> {
    let done = sqlx::query!(
        "update liveness set valid_to = $2 where host_no = $1 and valid_to = 'infinity'",
        host_no,
        interval.to,
    )
    .execute(&mut *db)
    .await?;
    match done.rows_affected() {
        0 => begin(db, host_no, interval).await,
        _ => Ok(()),
    }
}

async fn begin(db: &mut PgConnection, host_no: i32, interval: &Interval) -> sqlx::Result<()> {
    let maintenance = super::maintenance::of(&mut *db, &[host_no], interval.from).await?;
    sqlx::query!(
        "insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
         values ($1, $2, $3, $4, coalesce($5, 'infinity'::timestamptz), $6)",
        host_no,
        interval.state.name(),
        interval.detail,
        interval.from,
        interval.to,
        !maintenance.is_empty(),
    )
    .execute(&mut *db)
    .await?;
    super::derive::leave(db, &[host_no], interval.from).await
}

#[cfg(test)]
mod tests;
