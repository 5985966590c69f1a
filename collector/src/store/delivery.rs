//! Rows of `delivery` and `delivery_attempt`: what was told to whom, and what they said.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::notice::Notice;

/// A delivery to be written down.
#[derive(Debug)]
pub struct New<'a> {
    pub id: Uuid,
    /// Identity and name; `None` when it goes nowhere.
    pub channel: Option<(Uuid, &'a str)>,
    pub notice: &'a Notice,
}

/// Writes down that a notice is to go to a channel, or goes nowhere. `false` when that was said before.
///
/// # Errors
/// The database's.
pub async fn insert(
    db: &mut PgConnection,
    new: &New<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let notice = serde_json::to_value(new.notice);
    let notice = notice.map_err(|error| sqlx::Error::Encode(error.into()))?;
    let (state, ended) = match new.channel {
        Some(_) => ("waiting", None),
        None => ("unrouted", Some(now)),
    };
    let done = sqlx::query!(
        "insert into delivery
             (id, notice_id, alert_id, channel, channel_name, notice, state, created_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        new.id,
        new.notice.id,
        new.notice.alert,
        new.channel.map(|(id, _)| id),
        new.channel.map(|(_, name)| name),
        notice,
        state,
        now,
        ended,
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}

/// A delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: Uuid,
    /// `None` when it goes nowhere.
    pub channel: Option<Uuid>,
    pub channel_name: Option<String>,
    pub notice: Notice,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    pub attempts: i64,
    pub last: Option<Attempt>,
}

struct Row {
    id: Uuid,
    channel: Option<Uuid>,
    channel_name: Option<String>,
    notice: serde_json::Value,
    state: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    attempts: i64,
    at: Option<DateTime<Utc>>,
    status: Option<i32>,
    answer: Option<String>,
    duration_ms: Option<i32>,
}

impl TryFrom<Row> for Delivery {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let notice = serde_json::from_value(row.notice);
        let last = row.at.map(|at| Attempt {
            at,
            status: row.status,
            answer: row.answer.unwrap_or_default(),
            duration_ms: row.duration_ms.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id,
            channel: row.channel,
            channel_name: row.channel_name,
            notice: notice.map_err(|error| sqlx::Error::Decode(error.into()))?,
            state: row.state,
            created_at: row.created_at,
            ended_at: row.ended_at,
            attempts: row.attempts,
            last,
        })
    }
}

/// What to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    pub id: Option<Uuid>,
    pub channel: Option<Uuid>,
    pub state: Option<&'a str>,
    pub since: Option<DateTime<Utc>>,
    /// Those made before this one.
    pub before: Option<Uuid>,
}

/// Deliveries, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Delivery>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select d.id, d.channel, d.channel_name, d.notice, d.state, d.created_at, d.ended_at,
                  coalesce(l.attempts, 0) as "attempts!", l.at as "at?", l.status as "status?",
                  l.answer as "answer?", l.duration_ms as "duration_ms?"
           from delivery d left join lateral (
               select a.at, a.status, a.answer, a.duration_ms, count(*) over () as attempts
               from delivery_attempt a where a.delivery = d.id order by a.at desc limit 1) l on true
           where ($1::uuid is null or d.id = $1) and ($2::uuid is null or d.channel = $2)
             and ($3::text is null or d.state = $3)
             and ($4::timestamptz is null or d.created_at >= $4)
             and ($5::uuid is null or d.id < $5)
           order by d.id desc limit $6"#,
        filter.id,
        filter.channel,
        filter.state,
        filter.since,
        filter.before,
        limit,
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The delivery of that identity.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Delivery>> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    Ok(list(db, &filter, 1).await?.pop())
}

/// The channels that were told of an alert, or are to be.
///
/// # Errors
/// The database's.
pub async fn told(db: &mut PgConnection, alert: Uuid) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select distinct channel as "channel!" from delivery
           where alert_id = $1 and channel is not null and state <> 'dead'"#,
        alert,
    )
    .fetch_all(db)
    .await
}

/// What a channel was told of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The identity of the first notice, if that is not this one.
    pub first: Option<Uuid>,
    /// Whether one before this one still waits.
    pub blocked: bool,
}

/// What the channel of a delivery was told of its alert before.
///
/// # Errors
/// The database's.
pub async fn thread(db: &mut PgConnection, delivery: &Delivery) -> sqlx::Result<Thread> {
    let before = sqlx::query!(
        r#"select (array_agg(notice_id order by id))[1] as first,
                  coalesce(bool_or(state = 'waiting'), false) as "blocked!"
           from delivery where alert_id = $1 and channel = $2 and id < $3"#,
        delivery.notice.alert,
        delivery.channel,
        delivery.id,
    )
    .fetch_one(db)
    .await?;
    Ok(Thread {
        first: before.first,
        blocked: before.blocked,
    })
}

/// What a receiver said, or why it said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    /// Of HTTP or SMTP.
    pub status: Option<i32>,
    /// No more than 500 characters.
    pub answer: String,
    pub duration_ms: i32,
}

/// Writes down what a receiver said.
///
/// # Errors
/// The database's.
pub async fn attempted(
    db: &mut PgConnection,
    delivery: Uuid,
    attempt: &Attempt,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into delivery_attempt (delivery, at, status, answer, duration_ms)
         values ($1, $2, $3, $4, $5)",
        delivery,
        attempt.at,
        attempt.status,
        attempt.answer,
        attempt.duration_ms,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Everything that was said, in order.
///
/// # Errors
/// The database's.
pub async fn attempts(db: &mut PgConnection, delivery: Uuid) -> sqlx::Result<Vec<Attempt>> {
    sqlx::query_as!(
        Attempt,
        "select at, status, answer, duration_ms from delivery_attempt where delivery = $1 order by at",
        delivery,
    )
    .fetch_all(db)
    .await
}

/// Ends a delivery: it was made, or given up.
///
/// # Errors
/// The database's.
pub async fn end(
    db: &mut PgConnection,
    delivery: Uuid,
    delivered: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update delivery set state = case when $2 then 'delivered' else 'dead' end, ended_at = $3
         where id = $1",
        delivery,
        delivered,
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Has a delivery that has ended made again. `false` when it waits, or goes nowhere.
///
/// # Errors
/// The database's.
pub async fn reopen(db: &mut PgConnection, delivery: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update delivery set state = 'waiting', ended_at = null
         where id = $1 and state in ('delivered', 'dead')",
        delivery,
    );
    Ok(done.execute(db).await?.rows_affected() > 0)
}
