//! Facts of one host, now or then.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// A fact, and the time in which it was so.
#[derive(Debug, Clone)]
pub struct Fact {
    pub kind: String,
    pub key: String,
    pub value: Value,
    /// The host's clock, inclusive.
    pub valid_from: DateTime<Utc>,
    /// The host's clock, exclusive; `None` when it is still so.
    pub valid_to: Option<DateTime<Utc>>,
}

/// A place in a list of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub kind: String,
    pub key: String,
}

/// One page of a host's facts, by kind and key.
///
/// `at` chooses an instant, `None` the present. Rows of the present end at infinity, later than
/// the year 200000, so that both are the same two comparisons, which partitions are pruned by.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    host_no: i32,
    kind: Option<&str>,
    at: Option<DateTime<Utc>>,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Fact>> {
    sqlx::query_as!(
        Fact,
        r#"select kind.name as kind, k.key, v.value, f.valid_from,
                  nullif(f.valid_to, 'infinity') as valid_to
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1
             and ($2::text is null or kind.name = $2)
             and f.valid_from <= coalesce($3::timestamptz, 'infinity')
             and f.valid_to > coalesce($3::timestamptz, '200000-01-01Z')
             and ($4::text is null or (kind.name, k.key) > ($4, $5))
           order by kind.name, k.key
           limit $6"#,
        host_no,
        kind,
        at,
        after.map(|after| after.kind.as_str()),
        after.map(|after| after.key.as_str()),
        limit,
    )
    .fetch_all(conn)
    .await
}

/// How many facts of a kind a host has.
#[derive(Debug, Clone)]
pub struct KindCount {
    pub kind: String,
    pub rows: i64,
}

/// The kinds of which a host has facts, by name; `at` as for [`list`].
///
/// # Errors
/// The database's.
pub async fn kinds(
    conn: &mut PgConnection,
    host_no: i32,
    at: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<KindCount>> {
    sqlx::query_as!(
        KindCount,
        r#"select kind.name as kind, count(*) as "rows!"
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           where f.host_no = $1
             and f.valid_from <= coalesce($2::timestamptz, 'infinity')
             and f.valid_to > coalesce($2::timestamptz, '200000-01-01Z')
           group by kind.name
           order by kind.name"#,
        host_no,
        at,
    )
    .fetch_all(conn)
    .await
}
