//! Rows of `alert_rule`, `alert` and what belongs to them.

/// What conditions ask.
pub mod condition;

/// What the API asks.
pub mod read;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::alert::{
    Condition, Firing, Open,
    state::{Deed, State},
};

/// An alert rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub no: i32,
    pub id: Uuid,
    pub name: String,
    pub condition: Condition,
    pub enabled: bool,
    /// As [`super::event::number`] has it; `None`: as serious as what it finds.
    pub severity: Option<i16>,
    pub group: Option<Uuid>,
    pub group_no: Option<i32>,
    /// Minutes.
    pub escalate_min: Option<i32>,
}

/// Every rule, by name.
///
/// # Errors
/// sqlx's.
pub async fn rules(db: &mut PgConnection) -> sqlx::Result<Vec<Rule>> {
    let rows = sqlx::query!(
        r#"select r.no, r.id, r.name, r.condition as "condition: Json<Condition>", r.enabled, r.severity,
                  g.id as "group?", r.group_no, r.escalate_min
           from alert_rule r left join host_group g on g.group_no = r.group_no order by r.name"#
    )
    .fetch_all(db)
    .await?;
    let rules = rows.into_iter().map(|row| Rule {
        no: row.no,
        id: row.id,
        name: row.name,
        condition: row.condition.0,
        enabled: row.enabled,
        severity: row.severity,
        group: row.group,
        group_no: row.group_no,
        escalate_min: row.escalate_min,
    });
    Ok(rules.collect())
}

/// Writes a rule anew, or as it is to be; `false` when another has its name.
///
/// # Errors
/// sqlx's.
pub async fn put(db: &mut PgConnection, rule: &Rule, now: DateTime<Utc>) -> sqlx::Result<bool> {
    hold(&mut *db).await?;
    let taken = sqlx::query_scalar!(
        r#"select exists (select from alert_rule where name = $1 and id <> $2) as "taken!""#,
        rule.name,
        rule.id,
    )
    .fetch_one(&mut *db)
    .await?;
    if taken {
        return Ok(false);
    }
    sqlx::query!(
        "insert into alert_rule (id, name, condition, enabled, severity, group_no, escalate_min, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do update set name = excluded.name, condition = excluded.condition,
             enabled = excluded.enabled, severity = excluded.severity, group_no = excluded.group_no,
             escalate_min = excluded.escalate_min",
        rule.id,
        rule.name,
        Json(&rule.condition) as _,
        rule.enabled,
        rule.severity,
        rule.group_no,
        rule.escalate_min,
        now,
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// Deletes a rule with its alerts.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    hold(&mut *db).await?;
    let done = sqlx::query!("delete from alert_rule where id = $1", id);
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Lets nobody else change alerts until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch alerts'))")
        .execute(db)
        .await
        .map(drop)
}

/// The subjects of a rule's open alerts; only those of `hosts`, where they are named.
///
/// # Errors
/// sqlx's.
pub async fn open(
    db: &mut PgConnection,
    rule_no: i32,
    hosts: Option<&[i32]>,
) -> sqlx::Result<Vec<Open>> {
    sqlx::query_as!(
        Open,
        r#"select a.key, s.host_no, s.item
           from alert a join alert_subject s on s.alert_no = a.no and s.until is null
           where a.rule_no = $1 and a.resolved_at is null
             and ($2::int[] is null or s.host_no = any($2))"#,
        rule_no,
        hosts,
    )
    .fetch_all(db)
    .await
}

/// An alert, as it stands.
#[derive(Debug, Clone)]
pub struct Alert {
    pub no: i64,
    pub id: Uuid,
    pub rule_no: i32,
    pub key: String,
    pub severity: i16,
    pub title: String,
    pub state: State,
    pub opened_at: DateTime<Utc>,
    /// When it was announced last, but for what follows on it.
    pub told_at: Option<DateTime<Utc>>,
}

/// The open alert of a rule and a key.
///
/// # Errors
/// sqlx's.
pub async fn find_open(
    db: &mut PgConnection,
    rule_no: i32,
    key: &str,
) -> sqlx::Result<Option<Alert>> {
    select(db, None, Some((rule_no, key))).await
}

/// An alert that somebody names.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Alert>> {
    select(db, Some(id), None).await
}

async fn select(
    db: &mut PgConnection,
    id: Option<Uuid>,
    open: Option<(i32, &str)>,
) -> sqlx::Result<Option<Alert>> {
    let row = sqlx::query!(
        "select no, id, rule_no, key, severity, title, state, opened_at, told_at from alert
         where ($1::uuid is null or id = $1)
             and ($2::int is null or (rule_no = $2 and key = $3 and resolved_at is null))",
        id,
        open.map(|(rule_no, _)| rule_no),
        open.map(|(_, key)| key),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Alert {
        no: row.no,
        id: row.id,
        rule_no: row.rule_no,
        key: row.key,
        severity: row.severity,
        title: row.title,
        state: State::named(&row.state).unwrap_or(State::Active),
        opened_at: row.opened_at,
        told_at: row.told_at,
    }))
}

/// Opens an alert.
///
/// # Errors
/// sqlx's.
pub async fn begin(
    db: &mut PgConnection,
    (rule_no, key): (i32, &str),
    severity: i16,
    title: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Alert> {
    let id = Uuid::now_v7();
    let no = sqlx::query_scalar!(
        "insert into alert (id, rule_no, key, severity, title, state, opened_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7) returning no",
        id,
        rule_no,
        key,
        severity,
        title,
        State::Active.name(),
        now,
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(Alert {
        no,
        id,
        rule_no,
        key: key.into(),
        severity,
        title: title.into(),
        state: State::Active,
        opened_at: now,
        told_at: None,
    })
}

/// Adds subjects to an alert.
///
/// # Errors
/// sqlx's.
pub async fn add(
    db: &mut PgConnection,
    alert_no: i64,
    firing: &[&Firing],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let hosts: Vec<_> = firing.iter().map(|one| one.host_no).collect();
    let items: Vec<&str> = firing.iter().map(|one| &*one.item).collect();
    let texts: Vec<&str> = firing.iter().map(|one| &*one.text).collect();
    sqlx::query!(
        "insert into alert_subject (alert_no, host_no, item, text, since)
         select $1, host_no, item, text, $5
         from unnest($2::int[], $3::text[], $4::text[]) as s (host_no, item, text)
         on conflict do nothing",
        alert_no,
        &hosts as &[Option<i32>],
        &items as &[&str],
        &texts as &[&str],
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Ends subjects of an alert, and says how many are left.
///
/// # Errors
/// sqlx's.
pub async fn end(
    db: &mut PgConnection,
    alert_no: i64,
    ended: &[(Option<i32>, &str)],
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let hosts: Vec<_> = ended.iter().map(|(host_no, _)| *host_no).collect();
    let items: Vec<&str> = ended.iter().map(|(_, item)| *item).collect();
    sqlx::query!(
        "update alert_subject s set until = $4
         from unnest($2::int[], $3::text[]) as e (host_no, item)
         where s.alert_no = $1 and s.until is null and s.item = e.item
             and s.host_no is not distinct from e.host_no",
        alert_no,
        &hosts as &[Option<i32>],
        &items as &[&str],
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar!(
        r#"select count(*) as "left!" from alert_subject where alert_no = $1 and until is null"#,
        alert_no,
    )
    .fetch_one(db)
    .await
}

/// What is to be remembered of a deed.
#[derive(Debug, Clone)]
pub struct Done<'a> {
    pub deed: Deed,
    /// Who did it.
    pub who: &'a str,
    pub detail: &'a str,
    /// With a snooze: until when.
    pub until: Option<DateTime<Utc>>,
}

/// Leads an alert to its next state, and writes down what was done; `None` where it cannot be done.
///
/// # Errors
/// sqlx's.
pub async fn turn(
    db: &mut PgConnection,
    alert: &Alert,
    done: &Done<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<State>> {
    let Some(state) = alert.state.after(done.deed) else {
        return Ok(None);
    };
    sqlx::query!(
        "update alert set state = $2::text, changed_at = $3::timestamptz,
             resolved_at = case when $2 = 'resolved' then $3::timestamptz end,
             acknowledged_by = case when $2 = 'acknowledged' then $4::text end,
             snoozed_until = case when $2 = 'snoozed' then coalesce($5::timestamptz, snoozed_until) end
         where no = $1",
        alert.no,
        state.name(),
        now,
        done.who,
        done.until,
    )
    .execute(&mut *db)
    .await?;
    let what = match done.deed {
        Deed::Acknowledge => "acknowledged",
        Deed::Snooze => "snoozed",
        Deed::Wake => "woken",
        Deed::Dismiss => "dismissed",
        Deed::Grow => "grown",
        Deed::End => "resolved",
    };
    note(db, alert.no, what, done.who, done.detail, now).await?;
    Ok(Some(state))
}

/// Writes down what happened to an alert.
///
/// # Errors
/// sqlx's.
pub async fn note(
    db: &mut PgConnection,
    alert_no: i64,
    what: &str,
    who: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into alert_history (alert_no, at, what, who, detail) values ($1, $2, $3, $4, $5)",
        alert_no,
        now,
        what,
        who,
        detail,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes that an alert was announced, with all that is so.
///
/// # Errors
/// sqlx's.
pub async fn told(db: &mut PgConnection, alert_no: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update alert set told_at = $2, untold = false where no = $1",
        alert_no,
        now
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes that more of an alert is so than was announced.
///
/// # Errors
/// sqlx's.
pub async fn leave_untold(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update alert set untold = true where id = $1", id)
        .execute(db)
        .await
        .map(drop)
}

/// Active alerts of which more is so than was announced, and which were announced at `before` or earlier.
///
/// # Errors
/// sqlx's.
pub async fn untold(db: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from alert where untold and told_at <= $1 and state = 'active' and resolved_at is null",
        before,
    )
    .fetch_all(db)
    .await
}

/// Open alerts whose snooze has ended.
///
/// # Errors
/// sqlx's.
pub async fn awake(db: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from alert where state = 'snoozed' and resolved_at is null and snoozed_until <= $1",
        now,
    )
    .fetch_all(db)
    .await
}

/// Raises the severity of active alerts that nobody has acknowledged in their rule's time, once. Returns which.
///
/// # Errors
/// sqlx's.
pub async fn escalate(db: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update alert a set severity = least(a.severity + 1, 4), escalated_at = $1, changed_at = $1
         from alert_rule r
         where r.no = a.rule_no and a.state = 'active' and a.resolved_at is null and a.escalated_at is null
             and a.opened_at + make_interval(mins => r.escalate_min) <= $1
         returning a.id",
        now,
    )
    .fetch_all(db)
    .await
}

/// The numbers of all groups that a host of an alert belongs to.
///
/// # Errors
/// sqlx's.
pub async fn groups(db: &mut PgConnection, alert_no: i64) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        r#"select distinct i.group_no as "group_no!" from alert_subject s
           join host_in_group i on i.host_no = s.host_no where s.alert_no = $1"#,
        alert_no,
    )
    .fetch_all(db)
    .await
}

/// Names who looks after an alert.
///
/// # Errors
/// sqlx's.
pub async fn assign(
    db: &mut PgConnection,
    alert_no: i64,
    assignee: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update alert set assignee = $2, changed_at = $3 where no = $1",
        alert_no,
        assignee,
        now,
    )
    .execute(db)
    .await
    .map(drop)
}
