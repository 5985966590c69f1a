//! What is so now, of all hosts or of some: what conditions of alerts ask. Revoked hosts are left out.

use chrono::{DateTime, Utc};
use shared::rule::result::KIND;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::drift::{Level, state::State};

/// Of which hosts it is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Among<'a> {
    /// `None` for all.
    pub hosts: Option<&'a [i32]>,
    /// Only those of this group; `None` for all.
    pub group: Option<i32>,
}

/// Something of a host.
#[derive(Debug, Clone)]
pub struct Found {
    pub host_no: i32,
    /// A rule's result, a subject of events.
    pub key: String,
    pub text: String,
}

/// Results of `rules` that fail.
///
/// # Errors
/// sqlx's.
pub async fn failing(
    db: &mut PgConnection,
    among: Among<'_>,
    rules: &[String],
) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"select f.host_no, k.key, coalesce(v.value ->> 'because', '') as "text!"
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id and v.value ->> 'verdict' = 'fail'
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
               and f.valid_to = 'infinity'
           join host h on h.host_no = f.host_no and h.revoked_at is null
           where kind.name = $1
             and split_part(k.key, '@', 1) = any($2)
             and ($3::int[] is null or f.host_no = any($3))
             and ($4::int is null or exists (
                  select from host_in_group i where i.host_no = f.host_no and i.group_no = $4))"#,
        KIND,
        rules,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// The scores of a host, now and before, in ten thousandths of a percent.
#[derive(Debug, Clone)]
pub struct Score {
    pub host_no: i32,
    pub now: i32,
    /// `None` where there was none.
    pub before: Option<i32>,
    pub errors: i32,
}

/// How hosts that are heard of stand for all rules, and stood at `then`.
///
/// # Errors
/// sqlx's.
pub async fn scores(
    db: &mut PgConnection,
    among: Among<'_>,
    then: DateTime<Utc>,
) -> sqlx::Result<Vec<Score>> {
    sqlx::query_as!(
        Score,
        r#"select p.host_no,
                  case when p.passed + p.failed > 0
                      then (1000000::bigint * p.passed / (p.passed + p.failed))::integer else 1000000 end as "now!",
                  case when b.passed + b.failed > 0
                      then (1000000::bigint * b.passed / (b.passed + b.failed))::integer end as "before?",
                  p.error as errors
           from posture_lens l
           join posture p on p.lens = l.id and p.valid_to = 'infinity'
           join host h on h.host_no = p.host_no and h.revoked_at is null
           left join posture b on b.host_no = p.host_no and b.lens = p.lens
               and b.valid_from <= $1 and b.valid_to > $1
           where l.sort = 'all'
             and ($2::int[] is null or p.host_no = any($2))
             and ($3::int is null or exists (
                  select from host_in_group i where i.host_no = p.host_no and i.group_no = $3))"#,
        then,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// Hosts whose score was lower at each of `ats` than at the one before it.
///
/// # Errors
/// sqlx's.
pub async fn falling(
    db: &mut PgConnection,
    among: Among<'_>,
    ats: &[DateTime<Utc>],
) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        r#"select host_no as "host_no!" from (
               select p.host_no, w.n,
                      p.passed::float8 / nullif(p.passed + p.failed, 0)
                          < lag(p.passed::float8 / nullif(p.passed + p.failed, 0))
                              over (partition by p.host_no order by w.n) as falls
               from unnest($1::timestamptz[]) with ordinality as w (at, n)
               join posture_lens l on l.sort = 'all'
               join posture p on p.lens = l.id and p.valid_from <= w.at and p.valid_to > w.at
               join host h on h.host_no = p.host_no and h.revoked_at is null
               where ($2::int[] is null or p.host_no = any($2))
                 and ($3::int is null or exists (
                      select from host_in_group i where i.host_no = p.host_no and i.group_no = $3))
           ) as s
           group by host_no
           having count(*) filter (where falls) = cardinality($1::timestamptz[]) - 1"#,
        ats,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// Hosts in one of `states` since `since` or longer; every state but that they are heard of, when it is empty.
///
/// # Errors
/// sqlx's.
pub async fn away(
    db: &mut PgConnection,
    among: Among<'_>,
    states: &[&str],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"select l.host_no, l.state as key, l.detail as text
           from liveness l
           join host h on h.host_no = l.host_no and h.revoked_at is null
           where l.valid_to = 'infinity' and l.valid_from <= $1
             and case when cardinality($2::text[]) = 0 then l.state <> 'online' else l.state = any($2) end
             and ($3::int[] is null or l.host_no = any($3))
             and ($4::int is null or exists (
                  select from host_in_group i where i.host_no = l.host_no and i.group_no = $4))"#,
        since,
        states as &[&str],
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// An event.
#[derive(Debug, Clone)]
pub struct Happened {
    pub host_no: i32,
    pub code: String,
    pub subject: String,
    pub severity: i16,
    pub text: String,
}

/// What happened since an instant outside of maintenance, by code, host and subject once, as it was last. That a rule
/// began to fail is over when it fails no more.
///
/// # Errors
/// sqlx's.
pub async fn happened(
    db: &mut PgConnection,
    among: Among<'_>,
    codes: &[String],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Happened>> {
    sqlx::query_as!(
        Happened,
        r#"select distinct on (e.code, e.host_no, e.subject) e.host_no, e.code, e.subject, e.severity, e.text
           from event e
           join host h on h.host_no = e.host_no and h.revoked_at is null
           where e.code = any($1) and e.recorded_at > $2 and not e.maintenance
             and ($3::int[] is null or e.host_no = any($3))
             and ($4::int is null or exists (
                  select from host_in_group i where i.host_no = e.host_no and i.group_no = $4))
             and not (e.code = 'result.failed' and exists (
                  select from event o where o.host_no = e.host_no and o.subject = e.subject
                      and o.code = 'result.fixed' and o.recorded_at >= e.recorded_at and o.id > e.id))
           order by e.code, e.host_no, e.subject, e.recorded_at desc, e.id desc"#,
        codes,
        since,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// A change that is drift.
#[derive(Debug, Clone)]
pub struct Drifted {
    pub host_no: i32,
    pub story: Uuid,
    pub subject: String,
    pub severity: i16,
    pub key: String,
    pub text: String,
}

/// What drifted since an instant in stories that matter at least so much, and stands so: by story, host and key once, as it
/// was last.
///
/// # Errors
/// sqlx's.
pub async fn drifted(
    db: &mut PgConnection,
    among: Among<'_>,
    level: Level,
    state: State,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Drifted>> {
    sqlx::query_as!(
        Drifted,
        r#"select distinct on (d.no, c.host_no, c.key) c.host_no, d.id as story, d.subject, d.severity, c.key,
                  c.text
           from drift d
           join drift_change c on c.drift_no = d.no
           join host h on h.host_no = c.host_no and h.revoked_at is null
           where d.level >= $1 and d.last_at > $3 and c.recorded_at > $3
             and case $2 when 'expected' then c.explained_by is not null
                 when 'acknowledged' then c.acknowledged_at is not null
                 else d.unexplained and c.explained_by is null and c.acknowledged_at is null end
             and ($4::int[] is null or c.host_no = any($4))
             and ($5::int is null or exists (
                  select from host_in_group i where i.host_no = c.host_no and i.group_no = $5))
           order by d.no, c.host_no, c.key, c.recorded_at desc, c.change_id desc"#,
        level.number(),
        state.name(),
        since,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// How many hosts wait to be looked at, and how many of them since `since` or longer.
///
/// # Errors
/// sqlx's.
pub async fn behind(db: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(distinct host_no) as "hosts!",
                  count(distinct host_no) filter (where recorded_at <= $1) as "long!" from derive_due"#,
        since,
    )
    .fetch_one(db)
    .await?;
    Ok((row.hosts, row.long))
}
