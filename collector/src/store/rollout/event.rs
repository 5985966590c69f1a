//! Rows of `rollout_event`: who did what to a rollout, when and why. Nothing here changes one.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Something that happened to a rollout.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: DateTime<Utc>,
    /// An account, or `collector`.
    pub by: String,
    /// One of a few words.
    pub what: &'static str,
    /// The name of the ring that it is about.
    pub ring: Option<String>,
    /// For people; may be empty.
    pub detail: String,
    /// Whether somebody should look.
    pub alert: bool,
}

/// An event, as it is in the table.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its place in the order of all.
    pub id: i64,
    pub at: DateTime<Utc>,
    pub by: String,
    pub what: String,
    pub ring: Option<String>,
    pub detail: String,
    pub alert: bool,
}

/// Adds an event.
///
/// # Errors
/// sqlx's.
pub async fn insert(db: &mut PgConnection, rollout: Uuid, event: &Event) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into rollout_event (rollout, at, by, what, ring, detail, alert)
         values ($1, $2, $3, $4, $5, $6, $7)",
        rollout,
        event.at,
        event.by,
        event.what,
        event.ring,
        event.detail,
        event.alert,
    )
    .execute(db)
    .await
    .map(drop)
}

/// What happened to a rollout, the oldest first, behind `after`.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    rollout: Uuid,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Told>> {
    sqlx::query_as!(
        Told,
        "select id, at, by, what, ring, detail, alert from rollout_event
         where rollout = $1 and ($2::bigint is null or id > $2) order by id limit $3",
        rollout,
        after,
        limit,
    )
    .fetch_all(db)
    .await
}
