//! What is so now, of all hosts or of some: what conditions of alerts ask. Revoked hosts are left out. What is waived is left
//! out with `not in`, which is a look into a hash whatever the planner thinks of how much that is.

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

/// Results of `rules` that fail and are not waived at `now`.
///
/// # Errors
/// sqlx's.
pub async fn failing(
    db: &mut PgConnection,
    among: Among<'_>,
    rules: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"with covered as materialized (
               select rule, host_no from waiver_cover($5, $5)
               where $3::int[] is null or host_no is null or host_no = any($3)
           )
           select f.host_no, v.key, v.because as "text!"
           from (
               -- Values are few and hosts many: they are found first, and then their hosts in the index over both.
               select v.id, k.key, split_part(k.key, '@', 1) as rule, coalesce(v.value ->> 'because', '') as because
               from fact_kind kind
               join fact_key k on k.kind = kind.id
               join fact_value v on v.key_id = k.id and v.value ->> 'verdict' = 'fail'
               where kind.name = $1 and split_part(k.key, '@', 1) = any($2)
                 and split_part(k.key, '@', 1) not in (select rule from covered where host_no is null)
               offset 0
           ) as v
           join host_fact_present f on f.value_id = v.id
           where ($3::int[] is null or f.host_no = any($3))
             and ($4::int is null or f.host_no in (select host_no from host_in_group where group_no = $4))
             and f.host_no not in (select host_no from host where revoked_at is not null)
             and (v.rule, f.host_no) not in (select rule, host_no from covered where host_no is not null)"#,
        KIND,
        rules,
        among.hosts,
        among.group,
        now,
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
/// began to fail is over when it fails no more. What is about a rule that is waived at `unwaived` is left out, where that
/// is named.
///
/// # Errors
/// sqlx's.
pub async fn happened(
    db: &mut PgConnection,
    among: Among<'_>,
    codes: &[String],
    since: DateTime<Utc>,
    unwaived: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<Happened>> {
    sqlx::query_as!(
        Happened,
        r#"with covered as materialized (select rule, host_no from waiver_cover($5, $5))
           select distinct on (e.code, e.host_no, e.subject) e.host_no, e.code, e.subject, e.severity, e.text
           from event e
           join host h on h.host_no = e.host_no and h.revoked_at is null
           where e.code = any($1) and e.recorded_at > $2 and not e.maintenance
             and ($3::int[] is null or e.host_no = any($3))
             and ($4::int is null or exists (
                  select from host_in_group i where i.host_no = e.host_no and i.group_no = $4))
             and not (e.code = 'result.failed' and exists (
                  select from event o where o.host_no = e.host_no and o.subject = e.subject
                      and o.code = 'result.fixed' and o.recorded_at >= e.recorded_at and o.id > e.id))
             and split_part(e.subject, '@', 1) not in (select rule from covered where host_no is null)
             and (split_part(e.subject, '@', 1), e.host_no) not in (
                  select rule, host_no from covered where host_no is not null)
           order by e.code, e.host_no, e.subject, e.recorded_at desc, e.id desc"#,
        codes,
        since,
        among.hosts,
        among.group,
        unwaived,
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

/// How a host stands, for expressions.
#[derive(Debug, Clone)]
pub struct Standing {
    pub host_no: i32,
    pub hostname: String,
    pub labels: serde_json::Value,
    /// How it is heard of.
    pub state: String,
    /// Scores in percent, and counts, for all rules.
    pub posture: serde_json::Value,
}

/// How hosts with a score stand.
///
/// # Errors
/// sqlx's.
pub async fn standing(db: &mut PgConnection, among: Among<'_>) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"select h.host_no, h.hostname, h.labels, coalesce(s.state, '') as "state!",
                  jsonb_build_object(
                      'score', round(100.0 * p.passed / (p.passed + p.failed), 2)::float8,
                      'weighted', round(100.0 * p.weight_passed / nullif(p.weight_passed + p.weight_failed, 0), 2)::float8,
                      'passed', p.passed, 'failed', p.failed, 'failed_critical', p.failed_critical,
                      'failed_high', p.failed_high, 'error', p.error, 'not_assessable', p.not_assessable
                  ) as "posture!"
           from posture_lens l
           join posture p on p.lens = l.id and p.valid_to = 'infinity' and p.passed + p.failed > 0
           join host h on h.host_no = p.host_no and h.revoked_at is null
           left join liveness s on s.host_no = h.host_no and s.valid_to = 'infinity'
           where l.sort = 'all'
             and ($1::int[] is null or p.host_no = any($1))
             and ($2::int is null or exists (
                  select from host_in_group i where i.host_no = p.host_no and i.group_no = $2))"#,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// An event, for expressions.
#[derive(Debug, Clone)]
pub struct Occurred {
    pub host_no: i32,
    pub hostname: String,
    pub labels: serde_json::Value,
    pub code: String,
    pub subject: String,
    pub severity: i16,
    pub text: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
}

/// What happened since an instant outside of maintenance, by code, host and subject once, as it was last.
///
/// # Errors
/// sqlx's.
pub async fn occurred(
    db: &mut PgConnection,
    among: Among<'_>,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Occurred>> {
    sqlx::query_as!(
        Occurred,
        r#"select distinct on (e.code, e.host_no, e.subject)
                  e.host_no, h.hostname, h.labels, e.code, e.subject, e.severity, e.text,
                  b.value as "before?", a.value as "after?"
           from event e
           join host h on h.host_no = e.host_no and h.revoked_at is null
           left join fact_value b on b.id = e.before_id
           left join fact_value a on a.id = e.after_id
           where e.recorded_at > $1 and not e.maintenance
             and ($2::int[] is null or e.host_no = any($2))
             and ($3::int is null or exists (
                  select from host_in_group i where i.host_no = e.host_no and i.group_no = $3))
           order by e.code, e.host_no, e.subject, e.recorded_at desc, e.id desc"#,
        since,
        among.hosts,
        among.group,
    )
    .fetch_all(db)
    .await
}

/// A waiver that people are to know of.
#[derive(Debug, Clone)]
pub struct Pending {
    pub id: Uuid,
    /// `None` for one of a group or of the fleet.
    pub host_no: Option<i32>,
    pub scope_name: String,
    /// The rule, or the framework and its control.
    pub subject: String,
    pub requested_by: String,
    pub reason: String,
    /// `None` for one that nobody has approved.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Which waivers.
#[derive(Debug, Clone, Copy)]
pub enum Waivers {
    /// Those that wait for somebody to decide.
    Requested,
    /// Those that count, and that end behind the one instant and not behind the other.
    Ending(DateTime<Utc>, DateTime<Utc>),
    /// Those that came to their end behind the one instant and not behind the other, but for those that another goes on with.
    Ended(DateTime<Utc>, DateTime<Utc>),
}

/// Waivers for the group, or for a host of it; all where no group is named.
///
/// # Errors
/// sqlx's.
pub async fn waivers(
    db: &mut PgConnection,
    among: Among<'_>,
    which: Waivers,
) -> sqlx::Result<Vec<Pending>> {
    let (state, span) = match which {
        Waivers::Requested => ("requested", None),
        Waivers::Ending(after, to) | Waivers::Ended(after, to) => ("approved", Some((after, to))),
    };
    sqlx::query_as!(
        Pending,
        r#"select w.id, w.host_no, w.scope_name, coalesce(w.rule, w.framework || '/' || w.control) as "subject!",
                  w.requested_by, w.reason, w.expires_at
           from waiver w
           where w.state = $1
             and ($2::timestamptz is null or w.expires_at > $2) and ($3::timestamptz is null or w.expires_at <= $3)
             and (w.scope <> 'host' or exists (
                  select from host h where h.host_no = w.host_no and h.revoked_at is null))
             and (w.scope <> 'group' or w.group_no is not null)
             and not ($4 and exists (
                  select from waiver c where c.continues = w.no and c.state in ('approved', 'renewed')))
             and ($5::int is null or w.group_no = $5 or exists (
                  select from host_in_group i where i.host_no = w.host_no and i.group_no = $5))"#,
        state,
        span.map(|(after, _)| after),
        span.map(|(_, to)| to),
        matches!(which, Waivers::Ended(..)),
        among.group,
    )
    .fetch_all(db)
    .await
}

/// Jobs that have been due since `since` or longer, and that nobody has taken.
///
/// # Errors
/// sqlx's.
pub async fn waiting(db: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select (select count(*) from job
                   where state = 'waiting' and due_at <= $1 or state = 'running' and leased_until <= $1)
                + (select count(*) from job_schedule where next_at <= $1) as "waiting!""#,
        since,
    )
    .fetch_one(db)
    .await
}
