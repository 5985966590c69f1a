//! What the API asks of how hosts stand. A host that was not heard of for long counts as nothing: what it stands
//! at is what was known of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::rule::result::KIND;
use sqlx::{PgConnection, postgres::types::PgInterval};
use uuid::Uuid;

use crate::posture::{Counts, Lens};

/// How long what a host told counts after nothing was heard of it any more.
pub const FRESH: TimeDelta = TimeDelta::hours(24);

/// Which hosts, and when.
#[derive(Debug, Clone)]
pub struct Of<'a> {
    pub at: DateTime<Utc>,
    /// Only those that belonged to this group then.
    pub group: Option<Uuid>,
    /// Only those that belong to one of these groups now; `None` for all.
    pub within: Option<&'a [i32]>,
}

/// How many hosts stand together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// All that there were.
    pub hosts: i64,
    /// Of those, the ones that count: something was decided there, and they were heard of.
    pub counted: i64,
    /// Of those that do not count, the ones that were not heard of for [`FRESH`].
    pub silent: i64,
    pub passed: i64,
    pub failed: i64,
    pub error: i64,
    pub not_assessable: i64,
    pub not_applicable: i64,
    pub manual: i64,
    pub weight_passed: i64,
    pub weight_failed: i64,
    pub failed_critical: i64,
    pub failed_high: i64,
}

/// How the hosts of `of` stand together through a lens, at each of `ats` in its order; `of.at` is left aside.
///
/// # Errors
/// The database's.
pub async fn sums(
    conn: &mut PgConnection,
    lens: &Lens,
    of: &Of<'_>,
    ats: &[DateTime<Utc>],
) -> sqlx::Result<Vec<Sum>> {
    let (sort, key) = lens.name();
    sqlx::query_as!(
        Sum,
        r#"select s.hosts as "hosts!", s.counted as "counted!", s.silent as "silent!",
                  s.passed as "passed!", s.failed as "failed!", s.error as "error!",
                  s.not_assessable as "not_assessable!", s.not_applicable as "not_applicable!",
                  s.manual as "manual!", s.weight_passed as "weight_passed!",
                  s.weight_failed as "weight_failed!", s.failed_critical as "failed_critical!",
                  s.failed_high as "failed_high!"
           from unnest($1::timestamptz[]) with ordinality as w (at, n)
           cross join lateral (
               select count(*) as hosts,
                   count(*) filter (where silent) as silent,
                   count(p.host_no) filter (where not silent) as counted,
                   coalesce(sum(passed) filter (where not silent), 0) as passed,
                   coalesce(sum(failed) filter (where not silent), 0) as failed,
                   coalesce(sum(error) filter (where not silent), 0) as error,
                   coalesce(sum(not_assessable) filter (where not silent), 0) as not_assessable,
                   coalesce(sum(not_applicable) filter (where not silent), 0) as not_applicable,
                   coalesce(sum(manual) filter (where not silent), 0) as manual,
                   coalesce(sum(weight_passed) filter (where not silent), 0) as weight_passed,
                   coalesce(sum(weight_failed) filter (where not silent), 0) as weight_failed,
                   coalesce(sum(failed_critical) filter (where not silent), 0) as failed_critical,
                   coalesce(sum(failed_high) filter (where not silent), 0) as failed_high
               from (
                   select h.host_no, a.host_no is not null as silent
                   from host h
                   left join (
                       select host_no from liveness where state <> 'online'
                           and valid_from <= w.at - $6::interval and valid_to > w.at offset 0
                   ) as a on a.host_no = h.host_no
                   where h.enrolled_at <= w.at and (h.revoked_at is null or h.revoked_at > w.at)
                     and ($4::uuid is null or exists (
                          select from group_host_period m join host_group g on g.group_no = m.group_no
                          where g.id = $4 and m.host_no = h.host_no
                            and m.valid_from <= w.at and m.valid_to > w.at))
                     and ($5::int[] is null or h.host_no in (
                          select host_no from host_in_group where group_no = any($5)))
                   -- So that how a host is heard of is asked once, and not for each sum.
                   offset 0
               ) as h
               left join posture p on p.host_no = h.host_no
                   and p.lens = (select id from posture_lens where sort = $2 and key = $3)
                   and p.valid_from <= w.at and p.valid_to > w.at
           ) as s
           order by w.n"#,
        ats,
        sort,
        key,
        of.group,
        of.within,
        interval(FRESH),
    )
    .fetch_all(conn)
    .await
}

/// How hosts stand through one of the lenses.
#[derive(Debug, Clone)]
pub struct OfLens {
    pub sort: String,
    pub key: String,
    pub counted: i64,
    pub passed: i64,
    pub failed: i64,
    pub weight_passed: i64,
    pub weight_failed: i64,
}

/// How the hosts of `of` that count stand through each lens, by sort and key.
///
/// # Errors
/// The database's.
pub async fn lenses(conn: &mut PgConnection, of: &Of<'_>) -> sqlx::Result<Vec<OfLens>> {
    sqlx::query_as!(
        OfLens,
        r#"select l.sort, l.key, count(*) as "counted!", sum(p.passed) as "passed!",
                  sum(p.failed) as "failed!", sum(p.weight_passed) as "weight_passed!",
                  sum(p.weight_failed) as "weight_failed!"
           from posture p
           join posture_lens l on l.id = p.lens
           join host h on h.host_no = p.host_no
           where p.valid_from <= $1 and p.valid_to > $1
             and h.enrolled_at <= $1 and (h.revoked_at is null or h.revoked_at > $1)
             and ($2::uuid is null or exists (
                  select from group_host_period m join host_group g on g.group_no = m.group_no
                  where g.id = $2 and m.host_no = h.host_no and m.valid_from <= $1 and m.valid_to > $1))
             and ($3::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
             and h.host_no not in (
                  select host_no from liveness where state <> 'online'
                      and valid_from <= $1::timestamptz - $4::interval and valid_to > $1)
           group by l.sort, l.key
           order by l.sort, l.key"#,
        of.at,
        of.group,
        of.within,
        interval(FRESH),
    )
    .fetch_all(conn)
    .await
}

/// How one host stands through a lens.
#[derive(Debug, Clone)]
pub struct Standing {
    pub host_no: i32,
    pub host: Uuid,
    pub hostname: String,
    /// Its place in the list: a millionth of the score's hundred percent, and above 1,000,000 where nothing passes or
    /// fails.
    pub place: i32,
    /// Whether it was not heard of for [`FRESH`].
    pub silent: bool,
    /// Since when it stands so.
    pub valid_from: DateTime<Utc>,
    pub counts: Counts,
}

/// A place in a list of hosts by how they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub place: i32,
    pub host: Uuid,
}

/// One page of hosts through a lens, the worst first; those of which nothing passes or fails last.
///
/// # Errors
/// The database's.
pub async fn hosts(
    conn: &mut PgConnection,
    lens: &Lens,
    of: &Of<'_>,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Standing>> {
    let (sort, key) = lens.name();
    let rows = sqlx::query!(
        r#"select s.host_no, s.host, s.hostname, s.place as "place!", s.silent as "silent!", s.valid_from, s.passed,
                  s.failed, s.error, s.not_assessable, s.not_applicable, s.manual, s.weight_passed,
                  s.weight_failed, s.failed_critical, s.failed_high
           from (
               select h.host_no, h.id as host, h.hostname,
                      case when p.passed + p.failed > 0
                          then (1000000::bigint * p.passed / (p.passed + p.failed))::integer
                          else 1000001 end as place,
                      h.host_no in (
                          select host_no from liveness where state <> 'online'
                              and valid_from <= $1::timestamptz - $8::interval and valid_to > $1) as silent,
                      p.valid_from, p.passed, p.failed, p.error, p.not_assessable, p.not_applicable, p.manual,
                      p.weight_passed, p.weight_failed, p.failed_critical, p.failed_high
               from posture p
               join host h on h.host_no = p.host_no
               where p.lens = (select id from posture_lens where sort = $2 and key = $3)
                 and p.valid_from <= $1 and p.valid_to > $1
                 and h.enrolled_at <= $1 and (h.revoked_at is null or h.revoked_at > $1)
                 and ($4::uuid is null or exists (
                      select from group_host_period m join host_group g on g.group_no = m.group_no
                      where g.id = $4 and m.host_no = h.host_no and m.valid_from <= $1 and m.valid_to > $1))
                 and ($5::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($5)))
           ) as s
           where $6::integer is null or (s.place, s.host) > ($6, $7)
           order by s.place, s.host
           limit $9"#,
        of.at,
        sort,
        key,
        of.group,
        of.within,
        after.map(|after| after.place),
        after.map(|after| after.host),
        interval(FRESH),
        limit,
    )
    .fetch_all(conn)
    .await?;
    let standing = rows.into_iter().map(|row| Standing {
        counts: counts!(row),
        host_no: row.host_no,
        host: row.host,
        hostname: row.hostname,
        place: row.place,
        silent: row.silent,
        valid_from: row.valid_from,
    });
    Ok(standing.collect())
}

/// How one host stands through one of the lenses.
#[derive(Debug, Clone)]
pub struct HostLens {
    pub sort: String,
    pub key: String,
    /// Since when it stands so.
    pub valid_from: DateTime<Utc>,
    pub counts: Counts,
}

/// How one host stood through every lens through which it stood at all.
///
/// # Errors
/// The database's.
pub async fn of_host(
    conn: &mut PgConnection,
    host_no: i32,
    at: DateTime<Utc>,
) -> sqlx::Result<Vec<HostLens>> {
    let rows = sqlx::query!(
        "select l.sort, l.key, p.valid_from, p.passed, p.failed, p.error, p.not_assessable, p.not_applicable,
                p.manual, p.weight_passed, p.weight_failed, p.failed_critical, p.failed_high
         from posture p join posture_lens l on l.id = p.lens
         where p.host_no = $1 and p.valid_from <= $2 and p.valid_to > $2
         order by l.sort, l.key",
        host_no,
        at,
    )
    .fetch_all(conn)
    .await?;
    let lenses = rows.into_iter().map(|row| HostLens {
        counts: counts!(row),
        sort: row.sort,
        key: row.key,
        valid_from: row.valid_from,
    });
    Ok(lenses.collect())
}

/// A rule, and on how many hosts it fails.
#[derive(Debug, Clone)]
pub struct Failing {
    pub rule: String,
    pub hosts: i64,
}

/// The rules of `rules` (`None` for all) that fail on most hosts of `of`, each counted once a host, the most first.
///
/// # Errors
/// The database's.
pub async fn failing(
    conn: &mut PgConnection,
    rules: Option<&[String]>,
    of: &Of<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Failing>> {
    sqlx::query_as!(
        Failing,
        r#"select k.key as rule, count(*) as "hosts!"
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id and v.value ->> 'verdict' = 'fail'
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
           join host h on h.host_no = f.host_no
           where kind.name = $1
             and ($2::text[] is null or k.key = any($2))
             and f.valid_from <= $3 and f.valid_to > $3
             and h.enrolled_at <= $3 and (h.revoked_at is null or h.revoked_at > $3)
             and ($4::uuid is null or exists (
                  select from group_host_period m join host_group g on g.group_no = m.group_no
                  where g.id = $4 and m.host_no = h.host_no and m.valid_from <= $3 and m.valid_to > $3))
             and ($5::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($5)))
             and k.key not like '%@%'
           group by k.key
           order by 2 desc, 1
           limit $6"#,
        KIND,
        rules,
        of.at,
        of.group,
        of.within,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// The rules of `rules` (`None` for all) that fail on most hosts now, each counted once a host, the most first: of the
/// whole fleet, from what is counted as hosts are looked at.
///
/// # Errors
/// The database's.
pub async fn failing_now(
    conn: &mut PgConnection,
    rules: Option<&[String]>,
    limit: i64,
) -> sqlx::Result<Vec<Failing>> {
    sqlx::query_as!(
        Failing,
        r#"select rule, hosts::bigint as "hosts!" from failing
           where hosts > 0 and ($1::text[] is null or rule = any($1))
           order by hosts desc, rule limit $2"#,
        rules,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// The same of the hosts of `of`, which is of now: from the rules that are counted for each of them.
///
/// # Errors
/// The database's.
pub async fn failing_among(
    conn: &mut PgConnection,
    rules: Option<&[String]>,
    of: &Of<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Failing>> {
    sqlx::query_as!(
        Failing,
        r#"select f.rule as "rule!", count(*) as "hosts!"
           from host h
           join derived d on d.host_no = h.host_no
           cross join lateral unnest(d.failing) as f (rule)
           where h.revoked_at is null
             and ($1::text[] is null or f.rule = any($1))
             and ($2::uuid is null or h.host_no in (
                  select m.host_no from group_host_period m join host_group g on g.group_no = m.group_no
                  where g.id = $2 and m.valid_from <= $3 and m.valid_to > $3))
             and ($4::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($4)))
           group by f.rule
           order by 2 desc, 1
           limit $5"#,
        rules,
        of.group,
        of.at,
        of.within,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// What became of a result between two instants.
#[derive(Debug, Clone)]
pub struct Turned {
    pub host: Uuid,
    pub hostname: String,
    /// See [`shared::rule::result::key`].
    pub key: String,
    /// `None` when there was none.
    pub before: Option<Value>,
    /// `None` when there is none.
    pub after: Option<Value>,
}

/// A place in a list of what turned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnedPosition {
    pub host: Uuid,
    pub key: String,
}

/// Which results are compared.
#[derive(Debug, Clone)]
pub struct Which<'a> {
    /// The earlier instant.
    pub since: DateTime<Utc>,
    /// Only of this host.
    pub host: Option<Uuid>,
    /// Only of these rules.
    pub rules: Option<&'a [String]>,
}

/// Results of hosts of `of` (the group as it was at `of.at`) that were others at `which.since` than at `of.at`, one page by
/// host and rule.
///
/// # Errors
/// The database's.
pub async fn turned(
    conn: &mut PgConnection,
    of: &Of<'_>,
    which: &Which<'_>,
    after: Option<&TurnedPosition>,
    limit: i64,
) -> sqlx::Result<Vec<Turned>> {
    sqlx::query_as!(
        Turned,
        r#"with meant as materialized (
               select h.host_no, h.id, h.hostname from host h
               where h.enrolled_at <= $2 and (h.revoked_at is null or h.revoked_at > $2)
                 and ($3::uuid is null or exists (
                      select from group_host_period m join host_group g on g.group_no = m.group_no
                      where g.id = $3 and m.host_no = h.host_no and m.valid_from <= $2 and m.valid_to > $2))
                 and ($4::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($4)))
                 and ($5::uuid is null or h.id = $5)
                 and ($7::uuid is null or h.id >= $7)
           ), kind as materialized (select id from fact_kind where name = $1),
           past as (
               select f.host_no, f.key_id, f.value_id from host_fact f
               where f.host_no in (select host_no from meant) and f.kind = (select id from kind)
                 and f.valid_from <= $6 and f.valid_to > $6 and f.valid_to <= $2
           ), present as (
               select f.host_no, f.key_id, f.value_id from host_fact f
               where f.host_no in (select host_no from meant) and f.kind = (select id from kind)
                 and f.valid_from <= $2 and f.valid_to > $2 and f.valid_from > $6
           )
           select m.id as "host!", m.hostname as "hostname!", k.key as "key!",
                  b.value as "before?", a.value as "after?"
           from past full join present using (host_no, key_id)
           join meant m using (host_no)
           join fact_key k on k.id = key_id
           left join fact_value b on b.id = past.value_id
           left join fact_value a on a.id = present.value_id
           where past.value_id is distinct from present.value_id
             and ($7::uuid is null or (m.id, k.key) > ($7, $8))
             and ($9::text[] is null or split_part(k.key, '@', 1) = any($9))
           order by m.id, k.key
           limit $10"#,
        KIND,
        of.at,
        of.group,
        of.within,
        which.host,
        which.since,
        after.map(|after| after.host),
        after.map(|after| after.key.as_str()),
        which.rules,
        limit,
    )
    .fetch_all(conn)
    .await
}

pub(in crate::store) fn interval(delta: TimeDelta) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: delta.num_microseconds().unwrap_or(i64::MAX),
    }
}
