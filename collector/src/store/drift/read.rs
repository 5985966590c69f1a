//! Stories, as they are told: only those with a host within the scope, and as far as such hosts make them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A story of drift.
#[derive(Debug, Clone)]
pub struct Story {
    pub no: i64,
    pub id: Uuid,
    pub sort: String,
    pub direction: String,
    pub kind: String,
    pub code: String,
    pub subject: String,
    pub title: String,
    pub severity: i16,
    pub hosts: i64,
    pub changes: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    pub level: i16,
    pub state: String,
    /// The last that somebody said of it.
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub note: Option<String>,
}

/// Which stories.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    pub id: Option<Uuid>,
    pub state: Option<&'a str>,
    pub sort: Option<&'a str>,
    pub level: Option<i16>,
    pub direction: Option<&'a str>,
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    pub within: Option<&'a [i32]>,
    pub rule: Option<&'a str>,
    pub kind: Option<&'a str>,
    /// At least.
    pub severity: i16,
    /// The last change was then or later.
    pub since: Option<DateTime<Utc>>,
    /// The first change was before.
    pub until: Option<DateTime<Utc>>,
    /// In title, subject or code, whatever the case.
    pub text: Option<&'a str>,
    pub after: Option<Position>,
    pub limit: i64,
}

/// A place in a list of stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub no: i64,
}

/// One page of stories, the last to begin first.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, of: Listing<'_>) -> sqlx::Result<Vec<Story>> {
    // What a story comes to over all hosts bounds what it comes to over some: the first conditions spare the sums.
    sqlx::query_as!(
        Story,
        r#"select d.no, d.id, d.sort, d.direction, d.kind, d.code, d.subject, d.title, d.severity,
                  s.hosts as "hosts!", s.changes as "changes!", s.first_at as "first_at!",
                  s.last_at as "last_at!", s.level as "level!", s.state as "state!", s.acknowledged_by,
                  s.acknowledged_at, s.note
           from drift d
           cross join lateral (
               select t.*, greatest(t.by_fall, case when t.hosts >= d.many then 2 else 0 end)::smallint as level,
                      case when t.unexplained then 'unexplained'
                           when t.acknowledged_at is not null then 'acknowledged' else 'expected' end as state
               from (
                   select count(*) as changes, count(distinct c.host_no) as hosts,
                          min(c.recorded_at) as first_at, max(c.recorded_at) as last_at, max(c.level) as by_fall,
                          bool_or(c.explained_by is null and c.acknowledged_at is null) as unexplained,
                          max(c.acknowledged_at) as acknowledged_at,
                          (array_agg(c.acknowledged_by order by c.acknowledged_at desc nulls last))[1]
                              as acknowledged_by,
                          (array_agg(c.note order by c.acknowledged_at desc nulls last))[1] as note
                   from drift_change c
                   where c.drift_no = d.no
                     and ($8::int[] is null or c.host_no in (
                          select host_no from host_in_group where group_no = any($8)))
               ) as t
           ) as s
           where ($1::uuid is null or d.id = $1)
             and ($2::text is null or $2 <> 'unexplained' or d.unexplained)
             and ($3::text is null or d.sort = $3)
             and ($4::smallint is null or d.level >= $4)
             and ($5::text is null or d.direction = $5)
             and ($6::uuid is null or d.no in (
                  select c.drift_no from drift_change c join host h on h.host_no = c.host_no
                  where h.id = $6 and ($8::int[] is null or c.host_no in (
                      select host_no from host_in_group where group_no = any($8)))))
             and ($7::uuid is null or d.no in (
                  select c.drift_no from drift_change c
                  join host_in_group i on i.host_no = c.host_no join host_group g on g.group_no = i.group_no
                  where g.id = $7 and ($8::int[] is null or c.host_no in (
                      select host_no from host_in_group where group_no = any($8)))))
             and ($9::text is null or (d.subject = $9 and d.kind = 'result'))
             and ($10::text is null or d.kind = $10)
             and d.severity >= $11
             and ($12::timestamptz is null or d.last_at >= $12)
             and ($14::text is null or strpos(lower(concat_ws(' ', d.title, d.subject, d.code)), lower($14)) > 0)
             and ($15::bigint is null or d.no < $15)
             and s.changes > 0
             and ($2::text is null or s.state = $2)
             and ($4::smallint is null or s.level = $4)
             and ($12::timestamptz is null or s.last_at >= $12)
             and ($13::timestamptz is null or s.first_at < $13)
           order by d.no desc
           limit $16"#,
        of.id,
        of.state,
        of.sort,
        of.level,
        of.direction,
        of.host,
        of.group,
        of.within,
        of.rule,
        of.kind,
        of.severity,
        of.since,
        of.until,
        of.text,
        of.after.map(|after| after.no),
        of.limit,
    )
    .fetch_all(conn)
    .await
}

/// One story, if it has a host within the scope.
///
/// # Errors
/// The database's.
pub async fn one(
    conn: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Story>> {
    let listing = Listing {
        id: Some(id),
        within,
        limit: 1,
        ..Listing::default()
    };
    Ok(list(conn, listing).await?.into_iter().next())
}

/// A change of a story.
#[derive(Debug, Clone)]
pub struct Change {
    pub host: Uuid,
    pub hostname: String,
    pub key: String,
    pub text: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub fall: i32,
    pub rule_changed: bool,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub explained_sort: Option<String>,
    pub explained_by: Option<Uuid>,
    pub explained_as: Option<String>,
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub note: Option<String>,
}

/// The changes of a story, the newest first.
///
/// # Errors
/// The database's.
pub async fn changes(
    conn: &mut PgConnection,
    drift_no: i64,
    within: Option<&[i32]>,
    limit: i64,
) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"select h.id as host, h.hostname, c.key, c.text, b.value as "before?", a.value as "after?", c.fall,
                  c.rule_changed, c.occurred_at, c.recorded_at, c.explained_sort, c.explained_by,
                  c.explained_as, c.acknowledged_by, c.acknowledged_at, c.note
           from drift_change c
           join host h on h.host_no = c.host_no
           left join fact_value b on b.id = c.before_id
           left join fact_value a on a.id = c.after_id
           where c.drift_no = $1
             and ($2::int[] is null or c.host_no in (
                  select host_no from host_in_group where group_no = any($2)))
           order by c.recorded_at desc, h.hostname, c.change_id desc
           limit $3"#,
        drift_no,
        within,
        limit,
    )
    .fetch_all(conn)
    .await
}
