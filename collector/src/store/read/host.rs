//! Hosts: the list, and one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::id::HostId;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::store::group::Labels;

/// What every view of a host begins with.
#[derive(Debug, Clone)]
pub struct Host {
    /// The host's identity.
    pub id: Uuid,
    /// As the host calls itself.
    pub hostname: String,
    /// `None` until the host has reported its `os` fact.
    pub os_name: Option<String>,
    /// The group that its token named.
    pub group: String,
    /// As it said when it last connected.
    pub agent_version: String,
    /// The collector's clock.
    pub enrolled_at: DateTime<Utc>,
    /// The collector's clock, up to a minute old while the host is connected.
    pub last_seen_at: DateTime<Utc>,
    /// `None` while the host belongs to the fleet.
    pub revoked_at: Option<DateTime<Utc>>,
    /// `None` while it is not retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// Why its records are refused; `None` when they are not.
    pub quarantine: Option<String>,
    /// Kinds whose rows may be out of date, sorted.
    pub stale_kinds: Vec<String>,
    /// The short number.
    pub host_no: i32,
    /// A name of `crate::liveness::State`.
    pub liveness: String,
    /// What was seen then.
    pub detail: String,
    /// The collector's clock.
    pub since: DateTime<Utc>,
    /// By how much the host's clock is ahead; `None` before it has connected.
    pub skew_ms: Option<i64>,
    pub labels: Json<Labels>,
    /// The names of the groups that it belongs to, sorted.
    pub groups: Vec<String>,
}

/// The order of a list of hosts. Equal hosts are ordered by their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    Hostname,
    LastSeenAt,
    EnrolledAt,
}

/// Which hosts. What is left out, does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// A part of the host's name, operating system or group, in any case, or its identity.
    pub q: Option<&'a str>,
    /// A name of `crate::liveness::State`, `retired`, `revoked` or `quarantined`. Retired hosts are in no other list.
    pub state: Option<&'a str>,
    /// The host's clock is off by more milliseconds than these.
    pub skew_above_ms: Option<i64>,
    /// One of these, by short numbers.
    pub among: Option<&'a [i32]>,
    /// A member of the group of this name.
    pub group: Option<&'a str>,
    /// With all these labels.
    pub labels: Option<&'a Json<Labels>>,
    /// In one of these groups, by short numbers; of others no host tells that it belongs to them.
    pub within: Option<&'a [i32]>,
}

/// Which hosts, and in which order.
#[derive(Debug, Clone)]
pub struct Listing<'a> {
    pub filter: Filter<'a>,
    /// What they are sorted by.
    pub key: Key,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// The last host of the page before.
    pub after: Option<&'a Position>,
    /// How many hosts are passed over, for who goes to a place without having come by.
    pub skipped: i64,
    /// The longest page.
    pub limit: i64,
}

/// A place in a list of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub hostname: String,
    pub last_seen_at: DateTime<Utc>,
    pub enrolled_at: DateTime<Utc>,
    pub id: Uuid,
}

impl Position {
    /// The place of `host`.
    pub fn of(host: &Host) -> Self {
        Self {
            hostname: host.hostname.clone(),
            last_seen_at: host.last_seen_at,
            enrolled_at: host.enrolled_at,
            id: host.id,
        }
    }
}

/// One page; `$after` and `$order` are what differs between the six orders.
macro_rules! page {
    ($conn:ident, $listing:ident, $at:expr, $after:tt, $order:tt) => {
        sqlx::query_as!(
            Host,
            r#"select h.id, hostname, os_name, group_name as "group", agent_version, enrolled_at,
                      last_seen_at, revoked_at, retired_at, quarantine,
                      array(select k.name from host_kind hk join fact_kind k on k.id = hk.kind
                            where hk.host_no = h.host_no and hk.stale_reason is not null
                            order by k.name) as "stale_kinds!",
                  h.host_no, coalesce(l.state, 'never_seen') as "liveness!",
                  coalesce(l.detail, '') as "detail!",
                  coalesce(l.valid_from, enrolled_at) as "since!", r.skew_ms as "skew_ms?",
                  labels as "labels!: Json<Labels>",
                  array(select g.name from host_in_group i
                        join host_group g on g.group_no = i.group_no
                        where i.host_no = h.host_no and ($11::int[] is null or g.group_no = any($11))
                        order by g.name) as "groups!"
           from host h
           left join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
           left join host_run r on r.host_no = h.host_no
               where ($11::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($11)))
                 and ($1::text is null or strpos(lower(hostname), $1) > 0
                      or strpos(lower(os_name), $1) > 0 or strpos(lower(group_name), $1) > 0
                      or h.id = $2)
             and ($6::text is null or $6 = case when retired_at is not null then 'retired'
                      when revoked_at is not null then 'revoked'
                      when quarantine is not null then 'quarantined'
                      else coalesce(l.state, 'never_seen') end)
             and (retired_at is null or $6 = 'retired')
             and ($7::bigint is null or (revoked_at is null and abs(r.skew_ms) > $7))
             and ($8::int[] is null or h.host_no = any($8))
             and ($9::text is null or exists (select from host_in_group i
                      join host_group g on g.group_no = i.group_no
                      where i.host_no = h.host_no and g.name = $9
                        and ($11::int[] is null or g.group_no = any($11))))
             and ($10::jsonb is null or labels @> $10)
                 and ($3::uuid is null or "#
                + $after
                + ") order by "
                + $order
                + " limit $5 offset $12",
            $listing.filter.q.map(str::to_lowercase),
            $listing.filter.q.and_then(|q| q.parse::<Uuid>().ok()),
            $listing.after.map(|after| after.id),
            $at,
            $listing.limit,
            $listing.filter.state,
            $listing.filter.skew_above_ms,
            $listing.filter.among,
            $listing.filter.group,
            $listing.filter.labels as _,
            $listing.filter.within,
            $listing.skipped,
        )
        .fetch_all($conn)
        .await
    };
}

/// One page of hosts.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, listing: &Listing<'_>) -> sqlx::Result<Vec<Host>> {
    let name = listing.after.map(|after| after.hostname.as_str());
    let seen = listing.after.map(|after| after.last_seen_at);
    let enrolled = listing.after.map(|after| after.enrolled_at);
    match (listing.key, listing.descending) {
        (Key::Hostname, false) => {
            page!(
                conn,
                listing,
                name,
                "(hostname, h.id) > ($4, $3)",
                "hostname, h.id"
            )
        }
        (Key::Hostname, true) => {
            page!(
                conn,
                listing,
                name,
                "(hostname, h.id) < ($4, $3)",
                "hostname desc, h.id desc"
            )
        }
        (Key::LastSeenAt, false) => {
            page!(
                conn,
                listing,
                seen,
                "(last_seen_at, h.id) > ($4, $3)",
                "last_seen_at, h.id"
            )
        }
        (Key::LastSeenAt, true) => page!(
            conn,
            listing,
            seen,
            "(last_seen_at, h.id) < ($4, $3)",
            "last_seen_at desc, h.id desc"
        ),
        (Key::EnrolledAt, false) => {
            page!(
                conn,
                listing,
                enrolled,
                "(enrolled_at, h.id) > ($4, $3)",
                "enrolled_at, h.id"
            )
        }
        (Key::EnrolledAt, true) => page!(
            conn,
            listing,
            enrolled,
            "(enrolled_at, h.id) < ($4, $3)",
            "enrolled_at desc, h.id desc"
        ),
    }
}

/// A query over the hosts that fit; the same conditions as in [`list`]. `$join` comes behind the joins, and `$rest` after
/// the conditions.
macro_rules! fitting {
    ($query:ident([$($row:ident)?] $select:tt, $join:tt, $rest:tt), $filter:ident $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $select + r#" from host h
           left join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
           left join host_run r on r.host_no = h.host_no "# + $join + r#"
           where ($8::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($8)))
             and ($1::text is null or strpos(lower(hostname), $1) > 0
                  or strpos(lower(os_name), $1) > 0 or strpos(lower(group_name), $1) > 0
                  or h.id = $2)
             and ($3::text is null or $3 = case when retired_at is not null then 'retired'
                      when revoked_at is not null then 'revoked'
                      when quarantine is not null then 'quarantined'
                      else coalesce(l.state, 'never_seen') end)
             and (retired_at is null or $3 = 'retired')
             and ($4::bigint is null or (revoked_at is null and abs(r.skew_ms) > $4))
             and ($5::int[] is null or h.host_no = any($5))
             and ($6::text is null or exists (select from host_in_group i
                      join host_group g on g.group_no = i.group_no
                      where i.host_no = h.host_no and g.name = $6
                        and ($8::int[] is null or g.group_no = any($8))))
             and ($7::jsonb is null or labels @> $7) "# + $rest,
            $filter.q.map(str::to_lowercase),
            $filter.q.and_then(|q| q.parse::<Uuid>().ok()),
            $filter.state,
            $filter.skew_above_ms,
            $filter.among,
            $filter.group,
            $filter.labels as _,
            $filter.within
            $(, $more)*
        )
    };
}

/// How many hosts there are of these.
///
/// # Errors
/// The database's.
pub async fn count(conn: &mut PgConnection, filter: &Filter<'_>) -> sqlx::Result<i64> {
    fitting!(
        query_scalar([] r#"select count(*) as "count!""#, "", ""),
        filter
    )
    .fetch_one(conn)
    .await
}

/// By what hosts are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    State,
    Os,
    /// A host counts for each group that it belongs to.
    Group,
}

/// Hosts that have something in common.
#[derive(Debug, Clone)]
pub struct Alike {
    /// A state, an operating system or a group by its name; `None` for hosts that have told no operating system.
    pub value: Option<String>,
    pub hosts: i64,
}

/// How many of these hosts have what in common, most hosts first, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn alike(
    conn: &mut PgConnection,
    filter: &Filter<'_>,
    by: By,
    limit: i64,
) -> sqlx::Result<Vec<Alike>> {
    let by = match by {
        By::State => "state",
        By::Os => "os",
        By::Group => "group",
    };
    fitting!(
        query_as(
            [Alike] r#"select case $9::text when 'os' then os_name when 'group' then member.name
                else case when retired_at is not null then 'retired'
                          when revoked_at is not null then 'revoked'
                          when quarantine is not null then 'quarantined'
                          else coalesce(l.state, 'never_seen') end end as value,
                count(*) as "hosts!""#,
            "left join lateral (
                select g.name from host_in_group i join host_group g on g.group_no = i.group_no
                where i.host_no = h.host_no and ($8::int[] is null or g.group_no = any($8))
             ) member on $9 = 'group'",
            "and ($9 <> 'group' or member.name is not null) group by 1 order by 2 desc, 1 limit $10"
        ),
        filter,
        by,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The hosts of this operating system, as they call it, by short numbers.
///
/// # Errors
/// The database's.
pub async fn of_os(conn: &mut PgConnection, os: &str) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!("select host_no from host where os_name = $1", os)
        .fetch_all(conn)
        .await
}

/// What a host's agent told of host and process, by the collector's clock; `None` what it did not.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub booted_at: Option<DateTime<Utc>>,
    pub agent_started_at: Option<DateTime<Utc>>,
    /// How often the host came back with another boot.
    pub reboots: i32,
}

/// Who retired a host, and why.
#[derive(Debug, Clone)]
pub struct Retirement {
    pub by: String,
    pub why: String,
}

/// Who retired a host; `None` when nobody has.
///
/// # Errors
/// The database's.
pub async fn retirement(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Retirement>> {
    sqlx::query_as!(
        Retirement,
        r#"select retired_by as "by!", retired_why as "why!" from host
           where host_no = $1 and retired_at is not null"#,
        host_no,
    )
    .fetch_optional(conn)
    .await
}

/// One host, if it is in one of the groups `within`; `None` there for every host.
///
/// # Errors
/// The database's.
pub async fn find(
    conn: &mut PgConnection,
    id: HostId,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<(Host, Run)>> {
    let row = sqlx::query!(
        r#"select h.id, hostname, os_name, group_name, agent_version, enrolled_at,
                  last_seen_at, revoked_at, retired_at, quarantine,
                  array(select k.name from host_kind hk join fact_kind k on k.id = hk.kind
                        where hk.host_no = h.host_no and hk.stale_reason is not null
                        order by k.name) as "stale_kinds!",
                  h.host_no, coalesce(l.state, 'never_seen') as "liveness!",
                  coalesce(l.detail, '') as "detail!",
                  coalesce(l.valid_from, enrolled_at) as "since!", r.skew_ms as "skew_ms?",
                  labels as "labels!: Json<Labels>",
                  array(select g.name from host_in_group i
                        join host_group g on g.group_no = i.group_no
                        where i.host_no = h.host_no and ($2::int[] is null or g.group_no = any($2))
                        order by g.name) as "groups!",
                  r.booted_at, r.agent_started_at, r.reboots as "reboots?"
           from host h
           left join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
           left join host_run r on r.host_no = h.host_no
           where h.id = $1 and ($2::int[] is null or h.host_no in (
               select host_no from host_in_group where group_no = any($2)))"#,
        id.0,
        within,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let run = Run {
            booted_at: row.booted_at,
            agent_started_at: row.agent_started_at,
            reboots: row.reboots.unwrap_or(0),
        };
        let host = Host {
            id: row.id,
            hostname: row.hostname,
            os_name: row.os_name,
            group: row.group_name,
            agent_version: row.agent_version,
            enrolled_at: row.enrolled_at,
            last_seen_at: row.last_seen_at,
            revoked_at: row.revoked_at,
            retired_at: row.retired_at,
            quarantine: row.quarantine,
            stale_kinds: row.stale_kinds,
            host_no: row.host_no,
            liveness: row.liveness,
            detail: row.detail,
            since: row.since,
            skew_ms: row.skew_ms,
            labels: row.labels,
            groups: row.groups,
        };
        (host, run)
    }))
}

/// The short number of a host, if it is in one of the groups `within`; `None` there for every host.
///
/// # Errors
/// The database's.
pub async fn number(
    conn: &mut PgConnection,
    id: HostId,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select host_no from host
         where id = $1 and ($2::int[] is null or host_no in (
             select host_no from host_in_group where group_no = any($2)))",
        id.0,
        within,
    )
    .fetch_optional(conn)
    .await
}

/// The identities of the hosts of these groups.
///
/// # Errors
/// The database's.
pub async fn identities(
    conn: &mut PgConnection,
    within: &[i32],
) -> sqlx::Result<std::collections::HashSet<Uuid>> {
    let ids = sqlx::query_scalar!(
        "select id from host
         where host_no in (select host_no from host_in_group where group_no = any($1))",
        within,
    );
    Ok(ids.fetch_all(conn).await?.into_iter().collect())
}

/// What is known about one kind of one host.
#[derive(Debug, Clone)]
pub struct Kind {
    pub kind: String,
    /// Present rows.
    pub rows: i32,
    /// See `shared::digest`; that of no rows until the kind was read once.
    pub digest: Vec<u8>,
    /// The host's clock.
    pub reported_at: DateTime<Utc>,
    /// `None` when the rows are what the host is; the three go together.
    pub stale_reason: Option<String>,
    pub stale_detail: Option<String>,
    pub stale_since: Option<DateTime<Utc>>,
}

/// The kinds that a host has reported, by name.
///
/// # Errors
/// The database's.
pub async fn kinds(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<Vec<Kind>> {
    sqlx::query_as!(
        Kind,
        r#"select k.name as kind, row_count as rows, reported_at,
                coalesce(digest, '\x00000000000000000000000000000000') as "digest!",
                stale_reason, stale_detail, stale_since
         from host_kind hk join fact_kind k on k.id = hk.kind
         where host_no = $1 order by k.name"#,
        host_no
    )
    .fetch_all(conn)
    .await
}

/// Where a host's stream stands.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    pub epoch: i64,
    /// The highest sequence number whose record is stored.
    pub applied_seq: i64,
}

/// The stream of a host; `None` before its first record.
///
/// # Errors
/// The database's.
pub async fn stream(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Stream>> {
    sqlx::query_as!(
        Stream,
        "select epoch, applied_seq from stream where host_no = $1",
        host_no
    )
    .fetch_optional(conn)
    .await
}

/// A time in which single changes of a host are missing.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// How many records were folded into their net change.
    pub records: i64,
}

/// The newest hundred gaps of a host, newest first.
///
/// # Errors
/// The database's.
pub async fn gaps(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<Vec<Gap>> {
    sqlx::query_as!(
        Gap,
        r#"select from_at as "from", to_at as "to", records from stream_gap
           where host_no = $1 order by from_at desc limit 100"#,
        host_no
    )
    .fetch_all(conn)
    .await
}
