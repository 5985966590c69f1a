//! Waivers, as they are told: those for the whole fleet, and those for hosts and groups of the scope.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::rule::result::KIND;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Row, Scope, Waiver};
use crate::store::posture::read::{FRESH, interval};

/// Which waivers.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    pub id: Option<Uuid>,
    pub no: Option<i32>,
    /// As it is at `now`.
    pub state: Option<&'a str>,
    /// Those that cover this host, by itself, by a group of it or with all.
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    /// Those that mean this rule.
    pub rule: Option<&'a str>,
    /// Those for a control of it.
    pub framework: Option<&'a str>,
    /// Those that count at `now` and do not any more at this instant.
    pub expires_before: Option<DateTime<Utc>>,
    pub within: Option<&'a [i32]>,
    pub after: Option<Position>,
    pub limit: i64,
}

/// A place in a list of waivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub requested_at: DateTime<Utc>,
    pub no: i32,
}

/// One page of waivers, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    of: &Listing<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Waiver>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.no, w.id, w.scope, w.scope_id, w.scope_name, w.host_no, w.group_no, w.rule, w.framework,
                  w.control, w.rules, w.reason, w.compensating_control, w.risk_acceptance, w.evidence, w.days,
                  w.continues, c.id as "continues_id?", w.state, w.requested_at, w.requester,
                  w.requested_by, w.approved_at, w.expires_at, nullif(w.ended_at, 'infinity') as ended_at,
                  w.approved_by
           from waiver w left join waiver c on c.no = w.continues
           where ($1::uuid is null or w.id = $1)
             and ($2::int is null or w.no = $2)
             and ($3::text is null or $3 =
                  case when w.state = 'approved' and w.expires_at <= $8 then 'expired' else w.state end)
             and ($4::uuid is null or w.scope = 'fleet'
                  or w.host_no = (select host_no from host where id = $4)
                  or w.group_no in (select i.group_no from host_in_group i
                                    join host h on h.host_no = i.host_no where h.id = $4))
             and ($5::uuid is null or (w.scope = 'group' and w.scope_id = $5))
             and ($6::text is null or $6 = any(w.rules))
             and ($7::text is null or w.framework = $7)
             and ($9::timestamptz is null or (w.state = 'approved' and w.expires_at > $8 and w.expires_at < $9))
             and ($10::int[] is null or w.scope = 'fleet' or w.group_no = any($10) or w.host_no in (
                  select host_no from host_in_group where group_no = any($10)))
             and ($11::timestamptz is null or (w.requested_at, w.no) < ($11, $12))
           order by w.requested_at desc, w.no desc
           limit $13"#,
        of.id,
        of.no,
        of.state,
        of.host,
        of.group,
        of.rule,
        of.framework,
        now,
        of.expires_before,
        of.within,
        of.after.map(|after| after.requested_at),
        of.after.map(|after| after.no),
        of.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Waiver::from).collect())
}

/// One waiver, if it is seen within the scope.
///
/// # Errors
/// The database's.
pub async fn one(
    conn: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Waiver>> {
    let of = Listing {
        id: Some(id),
        within,
        limit: 1,
        ..Listing::default()
    };
    Ok(list(conn, &of, DateTime::UNIX_EPOCH).await?.pop())
}

/// A waiver by its number.
///
/// # Errors
/// The database's.
pub async fn numbered(conn: &mut PgConnection, no: i32) -> sqlx::Result<Option<Waiver>> {
    let of = Listing {
        no: Some(no),
        limit: 1,
        ..Listing::default()
    };
    Ok(list(conn, &of, DateTime::UNIX_EPOCH).await?.pop())
}

/// Something that was done to a waiver, or said of it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub what: String,
    pub who: String,
    pub detail: String,
}

/// What was done to a waiver and said of it, the oldest first, at most the last 500.
///
/// # Errors
/// The database's.
pub async fn history(conn: &mut PgConnection, no: i32) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        "select at, what, who, detail from (
             select id, at, what, who, detail from waiver_history where waiver_no = $1 order by id desc limit 500
         ) as h order by id",
        no,
    )
    .fetch_all(conn)
    .await
}

/// A result that fails now and that a waiver is for.
#[derive(Debug, Clone)]
pub struct Affected {
    pub host: Uuid,
    pub hostname: String,
    /// See [`shared::rule::result::key`].
    pub key: String,
}

/// What a waiver is for, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Hosts of the scope that it is for now, whatever their results.
    pub hosts: i64,
    /// Of those, the ones on which a rule of it fails.
    pub failing_hosts: i64,
    /// Results that fail, with whichever values.
    pub results: i64,
    /// Of the first results, those that no other waiver covers, of hosts that count; of a host that it is for alone,
    /// whether it counts or not.
    pub alone: i64,
}

/// How much a waiver is for now, whether it counts or not, of the hosts that belong to one of the groups `within`.
///
/// # Errors
/// The database's.
pub async fn extent(
    conn: &mut PgConnection,
    waiver: &Waiver,
    within: Option<&[i32]>,
    now: DateTime<Utc>,
) -> sqlx::Result<Extent> {
    let row = sqlx::query!(
        r#"with covered as materialized (
               select rule, host_no from waiver_cover($4, $4) where waiver_no <> $7
           ), meant as materialized (
               select h.host_no, $2::int is null and exists (
                   select from liveness l where l.host_no = h.host_no and l.state <> 'online'
                       and l.valid_from <= $4::timestamptz - $8::interval and l.valid_to > $4) as silent
               from host h
               where h.revoked_at is null
                 and ($1 or h.host_no = $2 or exists (
                      select from group_host_period m where m.group_no = $3 and m.host_no = h.host_no
                          and m.valid_from <= $4 and m.valid_to > $4))
                 and ($5::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($5)))
           ), keys as materialized (
               select k.id, k.kind, k.key, split_part(k.key, '@', 1) as rule
               from fact_key k join fact_kind kind on kind.id = k.kind
               where kind.name = $9 and split_part(k.key, '@', 1) = any($6)
           ), failing as (
               select f.host_no, k.key, k.rule, m.silent
               from keys k
               cross join lateral (
                   select id from fact_value v
                   where v.key_id = k.id and v.value ->> 'verdict' = 'fail' offset 0
               ) as v
               cross join lateral (
                   select host_no from host_fact f
                   where f.value_id = v.id and f.kind = k.kind and f.key_id = k.id
                       and f.valid_from <= $4 and f.valid_to > $4 offset 0
               ) as f
               join meant m on m.host_no = f.host_no
               where $1
               union all
               select m.host_no, k.key, k.rule, m.silent
               from meant m cross join keys k
               cross join lateral (
                   select value_id from host_fact f
                   where f.host_no = m.host_no and f.kind = k.kind and f.key_id = k.id
                       and f.valid_from <= $4 and f.valid_to > $4 offset 0
               ) as f
               cross join lateral (
                   select from fact_value v where v.id = f.value_id and v.value ->> 'verdict' = 'fail' offset 0
               ) as v
               where not $1
           )
           select (select count(*) from meant) as "hosts!", count(distinct f.host_no) as "failing_hosts!",
                  count(*) as "results!",
                  count(*) filter (where not f.silent and f.key = f.rule
                      and f.rule not in (select rule from covered where host_no is null)
                      and (f.rule, f.host_no) not in (
                          select rule, host_no from covered where host_no is not null)) as "alone!"
           from failing f"#,
        waiver.whom.scope == Scope::Fleet,
        waiver.whom.host_no,
        waiver.whom.group_no,
        now,
        within,
        &waiver.rules,
        waiver.no,
        interval(FRESH),
        KIND,
    )
    .fetch_one(conn)
    .await?;
    Ok(Extent {
        hosts: row.hosts,
        failing_hosts: row.failing_hosts,
        results: row.results,
        alone: row.alone,
    })
}

/// Results that fail now and that a waiver is for, by host name and rule, of the hosts that belong to one of the groups
/// `within`.
///
/// # Errors
/// The database's.
pub async fn affected(
    conn: &mut PgConnection,
    waiver: &Waiver,
    within: Option<&[i32]>,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Affected>> {
    sqlx::query_as!(
        Affected,
        r#"select h.id as host, h.hostname, k.key
           from fact_kind kind
           join fact_key k on k.kind = kind.id and split_part(k.key, '@', 1) = any($6)
           join fact_value v on v.key_id = k.id and v.value ->> 'verdict' = 'fail'
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
               and f.valid_from <= $4 and f.valid_to > $4
           join host h on h.host_no = f.host_no and h.revoked_at is null
           where kind.name = $7
             and ($1 or h.host_no = $2 or exists (
                  select from group_host_period m where m.group_no = $3 and m.host_no = h.host_no
                      and m.valid_from <= $4 and m.valid_to > $4))
             and ($5::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($5)))
           order by h.hostname, h.id, k.key collate "C"
           limit $8"#,
        waiver.whom.scope == Scope::Fleet,
        waiver.whom.host_no,
        waiver.whom.group_no,
        now,
        within,
        &waiver.rules,
        KIND,
        limit,
    )
    .fetch_all(conn)
    .await
}
