//! Alerts, as they are told: only those with a subject within the scope, and of these such subjects alone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// An alert.
#[derive(Debug, Clone)]
pub struct Alert {
    pub no: i64,
    pub id: Uuid,
    pub rule: Uuid,
    pub rule_name: String,
    /// The condition's, as routes of notices call it.
    pub sort: String,
    pub key: String,
    pub severity: i16,
    pub title: String,
    pub state: String,
    pub opened_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub acknowledged_by: Option<String>,
    pub assignee: Option<String>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub silenced_at: Option<DateTime<Utc>>,
    /// How many are so; of one that has ended, how many were.
    pub subjects: i64,
}

struct Row {
    no: i64,
    id: Uuid,
    rule: Uuid,
    rule_name: String,
    condition: Value,
    key: String,
    severity: i16,
    title: String,
    state: String,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<String>,
    assignee: Option<String>,
    snoozed_until: Option<DateTime<Utc>>,
    silenced_at: Option<DateTime<Utc>>,
    subjects: i64,
}

impl From<Row> for Alert {
    fn from(row: Row) -> Self {
        let condition = serde_json::from_value::<crate::alert::Condition>(row.condition);
        Self {
            no: row.no,
            id: row.id,
            rule: row.rule,
            rule_name: row.rule_name,
            sort: condition
                .map_or("event", |condition| condition.sort())
                .to_owned(),
            key: row.key,
            severity: row.severity,
            title: row.title,
            state: row.state,
            opened_at: row.opened_at,
            changed_at: row.changed_at,
            resolved_at: row.resolved_at,
            acknowledged_by: row.acknowledged_by,
            assignee: row.assignee,
            snoozed_until: row.snoozed_until,
            silenced_at: row.silenced_at,
            subjects: row.subjects,
        }
    }
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    pub id: Option<Uuid>,
    /// `None` for those that are not resolved.
    pub state: Option<&'a str>,
    /// Whether resolved ones are told too, where no state is named.
    pub all: bool,
    /// At least.
    pub severity: i16,
    pub host: Option<Uuid>,
    pub within: Option<&'a [i32]>,
    pub after: Option<Position>,
    pub limit: i64,
}

/// A place in a list of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub opened_at: DateTime<Utc>,
    pub no: i64,
}

/// One page of alerts, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, of: Listing<'_>) -> sqlx::Result<Vec<Alert>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select a.no, a.id, r.id as rule, r.name as rule_name, r.condition, a.key, a.severity, a.title,
                  a.state, a.opened_at, a.changed_at, a.resolved_at, a.acknowledged_by, a.assignee,
                  a.snoozed_until, a.silenced_at, s.subjects as "subjects!"
           from alert a
           join alert_rule r on r.no = a.rule_no
           left join host o on o.id = $5
           cross join lateral (
               select count(*) as subjects, bool_or(s.host_no = o.host_no) as of_host
               from alert_subject s
               where s.alert_no = a.no and (s.until is null or a.resolved_at is not null)
                 and ($6::int[] is null or s.host_no in (
                      select host_no from host_in_group where group_no = any($6)))
           ) as s
           where s.subjects > 0
             and ($1::uuid is null or a.id = $1)
             and case when $2::text is not null then a.state = $2 else $3 or a.resolved_at is null end
             and a.severity >= $4
             and ($5::uuid is null or s.of_host)
             and ($7::timestamptz is null or (a.opened_at, a.no) < ($7, $8))
           order by a.opened_at desc, a.no desc
           limit $9"#,
        of.id,
        of.state,
        of.all,
        of.severity,
        of.host,
        of.within,
        of.after.map(|after| after.opened_at),
        of.after.map(|after| after.no),
        of.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Alert::from).collect())
}

/// One alert, if it has a subject within the scope.
///
/// # Errors
/// The database's.
pub async fn one(
    conn: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Alert>> {
    let listing = Listing {
        id: Some(id),
        all: true,
        within,
        limit: 1,
        ..Listing::default()
    };
    Ok(list(conn, listing).await?.into_iter().next())
}

/// What an alert is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// `None` for what concerns no host.
    pub host: Option<Uuid>,
    pub hostname: Option<String>,
    pub item: String,
    pub text: String,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

/// What an alert is about now, or ever was, the newest first.
///
/// # Errors
/// The database's.
pub async fn subjects(
    conn: &mut PgConnection,
    alert_no: i64,
    within: Option<&[i32]>,
    ever: bool,
    limit: i64,
) -> sqlx::Result<Vec<Subject>> {
    sqlx::query_as!(
        Subject,
        r#"select h.id as "host?", h.hostname as "hostname?", s.item, s.text, s.since, s.until
           from alert_subject s left join host h on h.host_no = s.host_no
           where s.alert_no = $1 and ($2 or s.until is null)
             and ($3::int[] is null or s.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
           order by s.since desc, h.hostname, s.item
           limit $4"#,
        alert_no,
        ever,
        within,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Something that happened to an alert.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub what: String,
    pub who: String,
    pub detail: String,
}

/// What happened to an alert, the oldest first, at most 500.
///
/// # Errors
/// The database's.
pub async fn history(conn: &mut PgConnection, alert_no: i64) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        "select at, what, who, detail from (
             select id, at, what, who, detail from alert_history where alert_no = $1 order by id desc limit 500
         ) as h order by id",
        alert_no,
    )
    .fetch_all(conn)
    .await
}
