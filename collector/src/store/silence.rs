//! Rows of `silence`: alerts of which nobody is to hear for a while, by what they are about.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A silence, with what an alert must be like for it.
#[derive(Debug, Clone)]
pub struct Silence {
    pub id: Uuid,
    pub alert_rule: Option<Uuid>,
    pub key: Option<String>,
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    pub reason: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Adds a silence. `false` when it names something that there is not, or that is not `within` these groups, `None`
/// for any: who looks after some hosts names one or a group of them.
///
/// # Errors
/// sqlx's.
pub async fn add(
    db: &mut PgConnection,
    silence: &Silence,
    within: Option<&[i32]>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into silence (id, rule_no, key, host_no, group_no, reason, created_by, created_at, from_at, to_at)
         select $1, r.no, $3, h.host_no, g.group_no, $6, $7, $8, $9, $10
         from (select 1) as one
         left join alert_rule r on r.id = $2
         left join host h on h.id = $4
         left join host_group g on g.id = $5
         where ($2::uuid is null or r.no is not null)
             and ($4::uuid is null or h.host_no is not null)
             and ($5::uuid is null or g.group_no is not null)
             and ($11::int[] is null or g.group_no = any($11) or h.host_no in (
                  select host_no from host_in_group where group_no = any($11)))",
        silence.id,
        silence.alert_rule,
        silence.key,
        silence.host,
        silence.group,
        silence.reason,
        silence.created_by,
        silence.created_at,
        silence.from,
        silence.to,
        within,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which silences.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listing<'a> {
    pub id: Option<Uuid>,
    /// Only those that are in force then or later.
    pub ends_after: Option<DateTime<Utc>>,
    pub within: Option<&'a [i32]>,
    pub after: Option<Uuid>,
    pub limit: i64,
}

/// Silences by their identity, which rises with the time of making. Of those who look after some hosts only what
/// names one of these hosts or groups.
///
/// # Errors
/// sqlx's.
pub async fn list(db: &mut PgConnection, of: Listing<'_>) -> sqlx::Result<Vec<Silence>> {
    sqlx::query_as!(
        Silence,
        r#"select s.id, r.id as "alert_rule?", s.key, h.id as "host?", g.id as "group?", s.reason,
                  s.created_by, s.created_at, s.from_at as "from", s.to_at as "to"
           from silence s
           left join alert_rule r on r.no = s.rule_no
           left join host h on h.host_no = s.host_no
           left join host_group g on g.group_no = s.group_no
           where ($1::uuid is null or s.id = $1)
             and ($2::timestamptz is null or s.to_at > $2)
             and ($3::int[] is null or s.group_no = any($3) or s.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
             and ($4::uuid is null or s.id > $4)
           order by s.id limit $5"#,
        of.id,
        of.ends_after,
        of.within,
        of.after,
        of.limit,
    )
    .fetch_all(db)
    .await
}

/// Deletes a silence.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    let gone = sqlx::query!("delete from silence where id = $1", id);
    gone.execute(db).await.map(drop)
}

/// Why nobody is to hear of an alert now; `None` when people are. One that is about something beyond a silence's
/// host or group is heard.
///
/// # Errors
/// sqlx's.
pub async fn of(
    db: &mut PgConnection,
    alert_no: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select s.reason from silence s join alert a on a.no = $1
         where s.from_at <= $2 and s.to_at > $2
             and (s.rule_no is null or s.rule_no = a.rule_no)
             and (s.key is null or s.key = a.key)
             and (s.host_no is null or not exists (
                  select from alert_subject t where t.alert_no = a.no and t.until is null
                      and t.host_no is distinct from s.host_no))
             and (s.group_no is null or not exists (
                  select from alert_subject t where t.alert_no = a.no and t.until is null
                      and not exists (select from host_in_group i
                           where i.group_no = s.group_no and i.host_no = t.host_no)))
         order by s.to_at desc limit 1",
        alert_no,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Has it remembered that nobody heard of an alert, or that they may again. Whether that is news.
///
/// # Errors
/// sqlx's.
pub async fn mark(
    db: &mut PgConnection,
    alert_no: i64,
    since: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update alert set silenced_at = $2 where no = $1 and (silenced_at is null) <> ($2::timestamptz is null)",
        alert_no,
        since,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Open alerts of which nobody heard.
///
/// # Errors
/// sqlx's.
pub async fn silenced(db: &mut PgConnection) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from alert where silenced_at is not null and resolved_at is null"
    )
    .fetch_all(db)
    .await
}
