//! Transitions of one host, newest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// One transition of a fact.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: i64,
    pub kind: String,
    pub key: String,
    /// `None` when the fact appeared.
    pub before: Option<Value>,
    /// `None` when the fact went away.
    pub after: Option<Value>,
    /// The host's clock.
    pub occurred_at: DateTime<Utc>,
    /// The collector's clock.
    pub recorded_at: DateTime<Utc>,
}

/// Which changes.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    pub host_no: i32,
    pub kind: Option<&'a str>,
    /// Inclusive, over `occurred_at`.
    pub since: Option<DateTime<Utc>>,
    /// Exclusive, over `occurred_at`.
    pub until: Option<DateTime<Utc>>,
    /// The last change of the page before.
    pub after: Option<Position>,
    /// The longest page.
    pub limit: i64,
}

/// A place in a list of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub occurred_at: DateTime<Utc>,
    pub id: i64,
}

/// One page of changes.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut PgConnection, listing: Listing<'_>) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"select c.id, kind.name as kind, k.key, b.value as "before?", a.value as "after?",
                  c.occurred_at, c.recorded_at
           from change c
           join fact_kind kind on kind.id = c.kind
           join fact_key k on k.id = c.key_id
           left join fact_value b on b.id = c.before_id
           left join fact_value a on a.id = c.after_id
           where c.host_no = $1
             and ($2::text is null or kind.name = $2)
             and ($3::timestamptz is null or c.occurred_at >= $3)
             and ($4::timestamptz is null or c.occurred_at < $4)
             and ($5::timestamptz is null or (c.occurred_at, c.id) < ($5, $6))
           order by c.occurred_at desc, c.id desc
           limit $7"#,
        listing.host_no,
        listing.kind,
        listing.since,
        listing.until,
        listing.after.map(|after| after.occurred_at),
        listing.after.map(|after| after.id),
        listing.limit,
    )
    .fetch_all(conn)
    .await
}
