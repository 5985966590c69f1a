//! Rows of `notification`: what each person is told in the console.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    access::{Permission, Role},
    job::Queue,
    notice::bell::{Hears, What},
    store::{
        alert::read::Alert,
        job::{self, Each},
    },
};

/// E-mail to people, a few messages at once. With these waits a server that is away for a day and more is told when it
/// is back.
pub const MAILS: Queue = Queue {
    name: "personal_mail",
    at_once: 4,
    max_attempts: 100,
    first: Duration::from_secs(10),
    most: Duration::from_secs(3600),
};
/// The lane of all of them: one server takes them.
pub const MAIL_LANE: &str = "people";

/// Rows that a person has at most.
const MOST: i64 = 500;

/// Something to tell of an alert.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    pub alert: &'a Alert,
    pub what: What,
    /// The only account that is to hear of it.
    pub only: Option<Uuid>,
}

/// Tells it to every account that may see the alert now, in the caller's transaction; returns which have it in the
/// console. Who was told of the alert before has one row all the same, which is unread again. Who wants it by e-mail
/// at once is written to.
///
/// # Errors
/// The database's.
pub async fn tell(
    db: &mut PgConnection,
    news: &News<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeSet<Uuid>> {
    // What is committed later is told later, whatever the clock said when it began.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch notifications'))")
        .execute(&mut *db)
        .await?;
    let hears = news.what.hears();
    let key = format!("alert:{}", news.alert.id);
    let told = sqlx::query!(
        r#"with about as (
               select distinct d.group_no
               from alert a
               join alert_subject s on s.alert_no = a.no and (s.until is null or a.resolved_at is not null)
               join host_in_group i on i.host_no = s.host_no
               join group_descendant d on d.descendant_no = i.group_no
               where a.no = $1 and ($2::timestamptz is null or s.since = $2)
           ), person as (
               select distinct b.account_id
               from role_binding b join account a on a.id = b.account_id and a.disabled_at is null
               where ($3::uuid is null or a.id = $3)
                 and (b.role = any($4) or (b.role <> all($5) and exists (
                      select from role r where r.name = b.role and $6 = any(r.permissions))))
                 and (b.group_no is null or b.group_no in (select group_no from about))
           )
           insert into notification as n (id, account_id, group_key, alert_id, sort, what, severity, title,
               count, first_at, told_at, in_app)
           select gen_random_uuid(), p.account_id, $7, $8, $9, $10, $11, $12, 1, t.at, t.at,
               coalesce(c.in_app, true)
           from person p
           left join notification_choice c on c.account_id = p.account_id and c.sort = $9 and c.severity = $11
           cross join lateral (
               select greatest($13::timestamptz, max(o.told_at) + interval '1 microsecond') as at
               from notification o where o.account_id = p.account_id
           ) as t
           where not $14 or exists (
               select from notification o where o.account_id = p.account_id and o.group_key = $7)
           on conflict (account_id, group_key) do update set
               what = excluded.what, severity = excluded.severity, title = excluded.title,
               count = n.count + 1, told_at = excluded.told_at, read_at = null, in_app = excluded.in_app
           returning n.account_id, n.in_app"#,
        news.alert.no,
        (hears == Hears::OfTheNew).then_some(now),
        news.only,
        &those_who_see() as &[&str],
        &Role::ALL.map(Role::name) as &[&str],
        Permission::AlertsRead.code(),
        key,
        news.alert.id,
        news.alert.sort,
        news.what.name(),
        news.alert.severity,
        news.alert.title,
        now,
        hears == Hears::Again,
    );
    let told = told.fetch_all(&mut *db).await?;
    let accounts: Vec<Uuid> = told.iter().map(|one| one.account_id).collect();
    write_to(db, &accounts, &key, now).await?;
    let in_app = told.into_iter().filter(|one| one.in_app);
    Ok(in_app.map(|one| one.account_id).collect())
}

/// Has those of these people written to who want it at once, as one job for each and each thing.
async fn write_to(
    db: &mut PgConnection,
    accounts: &[Uuid],
    key: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let letters = sqlx::query!(
        "select n.id, n.account_id from notification n
         join notification_choice c on c.account_id = n.account_id and c.sort = n.sort and c.severity = n.severity
         join notification_preference p on p.account_id = n.account_id
         join personal_mail m on m.channel is not null
         where n.account_id = any($1) and n.group_key = $2 and c.email = 'now' and p.address is not null",
        accounts,
        key,
    )
    .fetch_all(&mut *db)
    .await?;
    let letters = letters.into_iter().map(|letter| Each {
        key: letter.id.to_string(),
        payload: json!({"account": letter.account_id, "notification": letter.id}),
    });
    let letters: Vec<Each> = letters.collect();
    job::enqueue_each(db, (&MAILS, MAIL_LANE), &letters, now).await
}

/// The roles that every installation has and that let one see alerts.
fn those_who_see() -> Vec<&'static str> {
    let all = Role::ALL.into_iter();
    let see = all.filter(|role| role.permissions().contains(&Permission::AlertsRead));
    see.map(Role::name).collect()
}

/// Whose rows, as far as they may be seen now.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub account: Uuid,
    /// Whether alerts may be seen at all.
    pub alerts: bool,
    /// Of which groups' hosts; `None` for every host.
    pub within: Option<&'a [i32]>,
}

/// Something that a person was told.
#[derive(Debug, Clone)]
pub struct Notification {
    pub id: Uuid,
    pub alert: Option<Uuid>,
    /// How the alert stands now.
    pub state: Option<String>,
    pub sort: String,
    pub what: String,
    pub severity: i16,
    pub title: String,
    pub count: i32,
    pub first_at: DateTime<Utc>,
    pub told_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

/// A place in a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub told_at: DateTime<Utc>,
}

/// What a person was told, what was told last first.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    of: Reader<'_>,
    unread: bool,
    after: Option<Position>,
    limit: i64,
) -> sqlx::Result<Vec<Notification>> {
    sqlx::query_as!(
        Notification,
        r#"select n.id, n.alert_id as alert, a.state as "state?", n.sort, n.what, n.severity, n.title, n.count,
                  n.first_at, n.told_at, n.read_at
           from notification n left join alert a on a.id = n.alert_id
           where n.account_id = $1 and n.in_app and (not $4 or n.read_at is null)
             and ($5::timestamptz is null or n.told_at < $5)
             and (n.alert_id is null or ($2 and alert_is_within(a.no, $3)))
           order by n.told_at desc limit $6"#,
        of.account,
        of.alerts,
        of.within,
        unread,
        after.map(|after| after.told_at),
        limit,
    )
    .fetch_all(db)
    .await
}

/// How many of them its person has not looked at.
///
/// # Errors
/// The database's.
pub async fn unread(db: &mut PgConnection, of: Reader<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "unread!"
           from notification n left join alert a on a.id = n.alert_id
           where n.account_id = $1 and n.in_app and n.read_at is null
             and (n.alert_id is null or ($2 and alert_is_within(a.no, $3)))"#,
        of.account,
        of.alerts,
        of.within,
    )
    .fetch_one(db)
    .await
}

/// Which of them its person has looked at.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    One(Uuid),
    /// All that were told up to this instant.
    Until(DateTime<Utc>),
}

/// Notes what its person has looked at; returns how many there were to be seen, looked at before or not. One that is
/// being told anew at this moment stays unread.
///
/// # Errors
/// The database's.
pub async fn read(
    db: &mut PgConnection,
    of: Reader<'_>,
    seen: Seen,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let (id, until) = match seen {
        Seen::One(id) => (Some(id), None),
        Seen::Until(until) => (None, Some(until)),
    };
    // Waits for nobody who holds a row and may wait for another of these.
    sqlx::query_scalar!(
        r#"with seen as (
               select n.id, n.read_at
               from notification n left join alert a on a.id = n.alert_id
               where n.account_id = $1 and n.in_app and ($4::uuid is null or n.id = $4)
                 and ($5::timestamptz is null or n.told_at <= $5)
                 and (n.alert_id is null or ($2 and alert_is_within(a.no, $3)))
           ), held as (
               select n.id from notification n
               where n.id in (select id from seen) and n.read_at is null
                 and ($5::timestamptz is null or n.told_at <= $5)
               for update skip locked
           ), done as (
               update notification n set read_at = $6 where n.id in (select id from held)
           )
           select count(*) as "seen!" from seen"#,
        of.account,
        of.alerts,
        of.within,
        id,
        until,
        now,
    )
    .fetch_one(db)
    .await
}

/// Deletes of each person all that was told but the newest.
///
/// # Errors
/// The database's.
pub async fn delete_surplus(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "with old as (
             select id from (
                 select id, row_number() over (partition by account_id order by told_at desc) as place
                 from notification) as n
             where place > $1
         )
         delete from notification n where n.id in (
             select h.id from notification h where h.id in (select id from old) for update skip locked)",
        MOST,
    )
    .execute(db)
    .await
    .map(drop)
}

/// One that its person wants by e-mail at once, if they may see it.
///
/// # Errors
/// The database's.
pub async fn to_be_mailed(
    db: &mut PgConnection,
    of: Reader<'_>,
    id: Uuid,
) -> sqlx::Result<Option<Notification>> {
    sqlx::query_as!(
        Notification,
        r#"select n.id, n.alert_id as alert, a.state as "state?", n.sort, n.what, n.severity, n.title, n.count,
                  n.first_at, n.told_at, n.read_at
           from notification n
           join notification_choice c on c.account_id = n.account_id and c.sort = n.sort
               and c.severity = n.severity and c.email = 'now'
           left join alert a on a.id = n.alert_id
           where n.account_id = $1 and n.id = $4
             and (n.alert_id is null or ($2 and alert_is_within(a.no, $3)))"#,
        of.account,
        of.alerts,
        of.within,
        id,
    )
    .fetch_optional(db)
    .await
}

/// When somebody was told something last.
///
/// # Errors
/// The database's.
pub async fn told_last(
    db: &mut PgConnection,
    account: Uuid,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select max(told_at) from notification where account_id = $1",
        account
    )
    .fetch_one(db)
    .await
}

/// What its person wants in a digest, may see, and was told after `since` and up to `until`: so many, what was told last
/// first, and how many there are.
///
/// # Errors
/// The database's.
pub async fn to_be_digested(
    db: &mut PgConnection,
    of: Reader<'_>,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> sqlx::Result<(Vec<Notification>, i64)> {
    let rows = sqlx::query!(
        r#"select n.id, n.alert_id as alert, a.state as "state?", n.sort, n.what, n.severity, n.title, n.count,
                  n.first_at, n.told_at, n.read_at, count(*) over () as "all!"
           from notification n
           join notification_choice c on c.account_id = n.account_id and c.sort = n.sort
               and c.severity = n.severity and c.email = 'digest'
           left join alert a on a.id = n.alert_id
           where n.account_id = $1 and n.told_at > $4 and n.told_at <= $5
             and (n.alert_id is null or ($2 and alert_is_within(a.no, $3)))
           order by n.told_at desc limit $6"#,
        of.account,
        of.alerts,
        of.within,
        since,
        until,
        limit,
    )
    .fetch_all(db)
    .await?;
    let all = rows.first().map_or(0, |row| row.all);
    let told = rows.into_iter().map(|row| Notification {
        id: row.id,
        alert: row.alert,
        state: row.state,
        sort: row.sort,
        what: row.what,
        severity: row.severity,
        title: row.title,
        count: row.count,
        first_at: row.first_at,
        told_at: row.told_at,
        read_at: row.read_at,
    });
    Ok((told.collect(), all))
}
