//! What came of rules: the facts of one kind, whose values are records of results.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::rule::result::KIND;
use sqlx::PgConnection;
use uuid::Uuid;

/// What came of a rule on a host, and the time in which it was so.
#[derive(Debug, Clone)]
pub struct Line {
    pub rule: String,
    pub verdict: Option<String>,
    pub because: Option<String>,
    /// The host's clock, inclusive.
    pub valid_from: DateTime<Utc>,
    /// The host's clock, exclusive; `None` when it is still so.
    pub valid_to: Option<DateTime<Utc>>,
}

/// Which results of a host are asked for.
#[derive(Debug, Clone, Default)]
pub struct Of {
    /// `None` for the present.
    pub at: Option<DateTime<Utc>>,
    pub verdict: Option<String>,
    /// Only these rules.
    pub rules: Option<Vec<String>>,
}

/// How many results have a verdict.
#[derive(Debug, Clone)]
pub struct Count {
    pub verdict: Option<String>,
    pub results: i64,
}

/// A result with its whole record.
#[derive(Debug, Clone)]
pub struct Whole {
    pub record: Value,
    pub valid_from: DateTime<Utc>,
    pub valid_to: Option<DateTime<Utc>>,
}

/// What came of a rule on one host of the fleet.
#[derive(Debug, Clone)]
pub struct Hit {
    pub host: Uuid,
    pub hostname: String,
    pub rule: String,
    pub verdict: Option<String>,
    pub because: Option<String>,
    pub valid_from: DateTime<Utc>,
}

/// A place in a list of the fleet's results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub hostname: String,
    pub host: Uuid,
    pub rule: String,
}

/// One page of a host's results, by rule.
///
/// # Errors
/// The database's.
pub async fn of_host(
    conn: &mut PgConnection,
    host_no: i32,
    of: &Of,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"select k.key as rule, v.value ->> 'verdict' as verdict, v.value ->> 'because' as because,
                  f.valid_from, nullif(f.valid_to, 'infinity') as valid_to
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1
             and kind.name = $2
             and f.valid_from <= coalesce($3::timestamptz, 'infinity')
             and f.valid_to > coalesce($3::timestamptz, '200000-01-01Z')
             and ($4::text is null or v.value ->> 'verdict' = $4)
             and ($5::text[] is null or k.key = any ($5))
             and ($6::text is null or k.key > $6)
           order by k.key
           limit $7"#,
        host_no,
        KIND,
        of.at,
        of.verdict,
        of.rules.as_deref(),
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// How many of a host's results have each verdict, whatever verdict is asked for.
///
/// # Errors
/// The database's.
pub async fn counts_of_host(
    conn: &mut PgConnection,
    host_no: i32,
    of: &Of,
) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"select v.value ->> 'verdict' as verdict, count(*) as "results!"
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1
             and kind.name = $2
             and f.valid_from <= coalesce($3::timestamptz, 'infinity')
             and f.valid_to > coalesce($3::timestamptz, '200000-01-01Z')
             and ($4::text[] is null or k.key = any ($4))
           group by 1
           order by 1"#,
        host_no,
        KIND,
        of.at,
        of.rules.as_deref(),
    )
    .fetch_all(conn)
    .await
}

/// What came of a rule on a host, newest first: the present and what was before, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn history(
    conn: &mut PgConnection,
    host_no: i32,
    rule: &str,
    until: Option<DateTime<Utc>>,
    limit: i64,
) -> sqlx::Result<Vec<Whole>> {
    sqlx::query_as!(
        Whole,
        r#"select v.value as record, f.valid_from, nullif(f.valid_to, 'infinity') as valid_to
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1
             and kind.name = $2
             and k.key = $3
             and f.valid_from <= coalesce($4::timestamptz, 'infinity')
           order by f.valid_from desc
           limit $5"#,
        host_no,
        KIND,
        rule,
        until,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// One page of the fleet's results at present, by host name, host and rule. Revoked hosts are left
/// out.
///
/// # Errors
/// The database's.
pub async fn of_fleet(
    conn: &mut PgConnection,
    rule: Option<&str>,
    verdict: Option<&str>,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Hit>> {
    sqlx::query_as!(
        Hit,
        r#"select h.id as host, h.hostname, k.key as rule, v.value ->> 'verdict' as verdict,
                  v.value ->> 'because' as because, f.valid_from
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
           join host h on h.host_no = f.host_no
           where kind.name = $1
             and f.valid_to > '200000-01-01Z'
             and h.revoked_at is null
             and ($2::text is null or k.key = $2)
             and ($3::text is null or v.value ->> 'verdict' = $3)
             and ($4::text is null or (h.hostname, h.id, k.key) > ($4, $5, $6))
           order by h.hostname, h.id, k.key
           limit $7"#,
        KIND,
        rule,
        verdict,
        after.map(|after| after.hostname.as_str()),
        after.map(|after| after.host),
        after.map(|after| after.rule.as_str()),
        limit,
    )
    .fetch_all(conn)
    .await
}

/// On how many hosts a rule has each verdict at present.
///
/// # Errors
/// The database's.
pub async fn counts_of_rule(conn: &mut PgConnection, rule: &str) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"select v.value ->> 'verdict' as verdict, count(*) as "results!"
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
           join host h on h.host_no = f.host_no
           where kind.name = $1
             and k.key = $2
             and f.valid_to > '200000-01-01Z'
             and h.revoked_at is null
           group by 1
           order by 1"#,
        KIND,
        rule,
    )
    .fetch_all(conn)
    .await
}
