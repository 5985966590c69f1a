//! Rows of `event`: what the changes of hosts mean to people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::rule::Severity;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::event::Event;

/// A change of a host that was not looked at.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: i64,
    pub host_no: i32,
    pub kind: String,
    pub key: String,
    pub before_id: Option<i64>,
    pub after_id: Option<i64>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub occurred_at: DateTime<Utc>,
}

/// How a host was heard of from an instant on, by the collector's clock, and how before.
#[derive(Debug, Clone)]
pub struct Stance {
    pub host_no: i32,
    pub state: String,
    pub detail: String,
    /// `None` where nothing was before.
    pub before: Option<String>,
    pub valid_from: DateTime<Utc>,
}

/// The changes of hosts behind the one beside each, in the order in which they were written.
///
/// # Errors
/// sqlx's.
pub async fn changes(db: &mut PgConnection, hosts: &[(i32, i64)]) -> sqlx::Result<Vec<Change>> {
    let (numbers, afters): (Vec<i32>, Vec<i64>) = hosts.iter().copied().unzip();
    sqlx::query_as!(
        Change,
        r#"select c.id, c.host_no, kind.name as kind, k.key, c.before_id, c.after_id,
                  b.value as "before?", a.value as "after?", c.occurred_at
           from unnest($1::integer[], $2::bigint[]) as w (host_no, after)
           join change c on c.host_no = w.host_no and c.id > w.after
           join fact_kind kind on kind.id = c.kind
           join fact_key k on k.id = c.key_id
           left join fact_value b on b.id = c.before_id
           left join fact_value a on a.id = c.after_id
           order by c.host_no, c.id"#,
        &numbers,
        &afters,
    )
    .fetch_all(db)
    .await
}

/// How hosts were heard of behind the instant beside each, in order; a host without an instant: all of it.
///
/// # Errors
/// sqlx's.
pub async fn stances(
    db: &mut PgConnection,
    hosts: &[(i32, Option<DateTime<Utc>>)],
) -> sqlx::Result<Vec<Stance>> {
    let (numbers, afters): (Vec<i32>, Vec<_>) = hosts.iter().copied().unzip();
    sqlx::query_as!(
        Stance,
        r#"select l.host_no, l.state, l.detail, b.state as "before?", l.valid_from
           from unnest($1::integer[], $2::timestamptz[]) as w (host_no, after)
           join liveness l on l.host_no = w.host_no and l.valid_from > coalesce(w.after, '-infinity')
           left join liveness b on b.host_no = l.host_no and b.valid_to = l.valid_from
           order by l.host_no, l.valid_from"#,
        &numbers,
        &afters as &[Option<DateTime<Utc>>],
    )
    .fetch_all(db)
    .await
}

/// An event that is to be written.
#[derive(Debug, Clone)]
pub struct New {
    pub host_no: i32,
    pub event: Event,
    pub before_id: Option<i64>,
    pub after_id: Option<i64>,
    pub occurred_at: DateTime<Utc>,
}

/// Writes events in their order. Those of hosts in maintenance at `now` say so.
///
/// # Errors
/// sqlx's.
pub async fn write(db: &mut PgConnection, new: &[New], now: DateTime<Utc>) -> sqlx::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let hosts: Vec<i32> = new.iter().map(|new| new.host_no).collect();
    let at_work = super::maintenance::of(&mut *db, &hosts, now).await?;
    let codes: Vec<&str> = new.iter().map(|new| new.event.code.name()).collect();
    let severities: Vec<i16> = new.iter().map(|new| number(new.event.severity)).collect();
    let subjects: Vec<&str> = new.iter().map(|new| &*new.event.subject).collect();
    let texts: Vec<&str> = new.iter().map(|new| &*new.event.text).collect();
    let befores: Vec<_> = new.iter().map(|new| new.before_id).collect();
    let afters: Vec<_> = new.iter().map(|new| new.after_id).collect();
    let times: Vec<_> = new.iter().map(|new| new.occurred_at).collect();
    let maintenance: Vec<bool> = hosts
        .iter()
        .map(|host| at_work.contains_key(host))
        .collect();
    sqlx::query!(
        "insert into event (host_no, code, severity, subject, text, before_id, after_id, occurred_at,
                            recorded_at, maintenance)
         select host_no, code, severity, subject, text, before_id, after_id, occurred_at, $9, maintenance
         from unnest($1::integer[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::bigint[],
                     $7::bigint[], $8::timestamptz[], $10::boolean[]) with ordinality
             as e (host_no, code, severity, subject, text, before_id, after_id, occurred_at, maintenance, n)
         order by n",
        &hosts,
        &codes as &[&str],
        &severities,
        &subjects as &[&str],
        &texts as &[&str],
        &befores as &[Option<i64>],
        &afters as &[Option<i64>],
        &times,
        now,
        &maintenance,
    )
    .execute(db)
    .await
    .map(drop)
}

/// A severity as the tables have it: so that they can be compared.
pub fn number(severity: Severity) -> i16 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// The severity of a number; what is beyond the highest is the highest.
pub fn severity(number: i16) -> Severity {
    match number {
        ..=0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        4.. => Severity::Critical,
    }
}

/// An event, as it is told.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: i64,
    pub host: Uuid,
    pub hostname: String,
    pub code: String,
    pub severity: i16,
    pub subject: String,
    pub text: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub maintenance: bool,
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    /// Only of hosts of these groups; `None` for every host.
    pub within: Option<&'a [i32]>,
    /// Exactly this code, or with a `*` at its end, the codes that begin so.
    pub code: Option<&'a str>,
    /// At least.
    pub severity: i16,
    /// In the text, whatever the case.
    pub text: Option<&'a str>,
    /// Inclusive, over `recorded_at`.
    pub since: Option<DateTime<Utc>>,
    /// Exclusive, over `recorded_at`.
    pub until: Option<DateTime<Utc>>,
    /// The last event of the page before.
    pub after: Option<Position>,
    pub limit: i64,
}

/// A place in a list of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub recorded_at: DateTime<Utc>,
    pub id: i64,
}

/// One page of events, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, of: Listing<'_>) -> sqlx::Result<Vec<Told>> {
    let begin = of.code.and_then(|code| code.strip_suffix('*'));
    let code = of.code.filter(|_| begin.is_none());
    sqlx::query_as!(
        Told,
        r#"select e.id, h.id as host, h.hostname, e.code, e.severity, e.subject, e.text,
                  b.value as "before?", a.value as "after?", e.occurred_at, e.recorded_at, e.maintenance
           from event e
           join host h on h.host_no = e.host_no
           left join fact_value b on b.id = e.before_id
           left join fact_value a on a.id = e.after_id
           where ($1::uuid is null or h.id = $1)
             and ($2::uuid is null or h.host_no in (
                  select i.host_no from host_in_group i join host_group g on g.group_no = i.group_no
                  where g.id = $2))
             and ($3::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
             and ($4::text is null or e.code = $4)
             and ($12::text is null or starts_with(e.code, $12))
             and e.severity >= $5
             and ($6::text is null or strpos(lower(e.text), lower($6)) > 0)
             and ($7::timestamptz is null or e.recorded_at >= $7)
             and ($8::timestamptz is null or e.recorded_at < $8)
             and ($9::timestamptz is null or (e.recorded_at, e.id) < ($9, $10))
           order by e.recorded_at desc, e.id desc
           limit $11"#,
        of.host,
        of.group,
        of.within,
        code,
        of.severity,
        of.text,
        of.since,
        of.until,
        of.after.map(|after| after.recorded_at),
        of.after.map(|after| after.id),
        of.limit,
        begin,
    )
    .fetch_all(conn)
    .await
}
