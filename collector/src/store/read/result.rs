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
    /// See [`shared::rule::result::key`].
    pub key: String,
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
    /// Only these rules, with whichever values.
    pub rules: Option<Vec<String>>,
    /// Only these keys.
    pub keys: Option<Vec<String>>,
}

/// The rules of a profile, and the values with which it wants them decided.
#[derive(Debug, Clone)]
pub struct OfProfile<'p> {
    pub profile: &'p str,
    pub rules: &'p [String],
    /// Of each rule, as results tell them.
    pub values: &'p [Value],
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
    pub host_no: i32,
    pub host: Uuid,
    pub hostname: String,
    /// See [`shared::rule::result::key`].
    pub key: String,
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
    pub key: String,
}

/// Of each rule of a profile the key of the result that is the profile's on this host: one that was
/// decided with its values, or else one that has its name, or else the plain one.
///
/// # Errors
/// The database's.
pub async fn keys_of_profile(
    conn: &mut PgConnection,
    host_no: i32,
    at: Option<DateTime<Utc>>,
    of: &OfProfile<'_>,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select distinct on (wanted.rule) k.key
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           join unnest($4::text[], $5::jsonb[]) as wanted (rule, "values")
             on wanted.rule = split_part(k.key, '@', 1)
           where f.host_no = $1
             and kind.name = $2
             and f.valid_from <= coalesce($3::timestamptz, 'infinity')
             and f.valid_to > coalesce($3::timestamptz, '200000-01-01Z')
             and (coalesce(v.value -> 'values', '{}') = wanted."values"
               or k.key in (wanted.rule, wanted.rule || '@' || $6))
           order by wanted.rule, coalesce(v.value -> 'values', '{}') = wanted."values" desc,
             k.key = wanted.rule || '@' || $6 desc, k.key"#,
        host_no,
        KIND,
        at,
        of.rules,
        of.values,
        of.profile,
    )
    .fetch_all(conn)
    .await
}

/// One page of a host's results, by key.
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
        r#"select k.key, v.value ->> 'verdict' as verdict, v.value ->> 'because' as because,
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
             and ($5::text[] is null or split_part(k.key, '@', 1) = any ($5))
             and ($6::text[] is null or k.key = any ($6))
             and ($7::text is null or k.key > $7)
           order by k.key
           limit $8"#,
        host_no,
        KIND,
        of.at,
        of.verdict,
        of.rules.as_deref(),
        of.keys.as_deref(),
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
             and ($4::text[] is null or split_part(k.key, '@', 1) = any ($4))
             and ($5::text[] is null or k.key = any ($5))
           group by 1
           order by 1"#,
        host_no,
        KIND,
        of.at,
        of.rules.as_deref(),
        of.keys.as_deref(),
    )
    .fetch_all(conn)
    .await
}

/// What came of a rule on a host, by its key, newest first: the present and what was before, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn history(
    conn: &mut PgConnection,
    host_no: i32,
    key: &str,
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
        key,
        until,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// One page of the fleet's results at present, by host name, host and key: of the hosts of the groups
/// `within`, `None` for every host. Revoked hosts are left out.
///
/// # Errors
/// The database's.
pub async fn of_fleet(
    conn: &mut PgConnection,
    rule: Option<&str>,
    verdict: Option<&str>,
    within: Option<&[i32]>,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Hit>> {
    sqlx::query_as!(
        Hit,
        r#"select h.host_no, h.id as host, h.hostname, k.key, v.value ->> 'verdict' as verdict,
                  v.value ->> 'because' as because, f.valid_from
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id
           join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
           join host h on h.host_no = f.host_no
           where kind.name = $1
             and f.valid_to > '200000-01-01Z'
             and h.revoked_at is null
             and ($2::text is null or split_part(k.key, '@', 1) = $2)
             and ($3::text is null or v.value ->> 'verdict' = $3)
             and ($4::text is null or (h.hostname, h.id, k.key) > ($4, $5, $6))
             and ($8::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($8)))
           order by h.hostname, h.id, k.key
           limit $7"#,
        KIND,
        rule,
        verdict,
        after.map(|after| after.hostname.as_str()),
        after.map(|after| after.host),
        after.map(|after| after.key.as_str()),
        limit,
        within,
    )
    .fetch_all(conn)
    .await
}

/// On how many hosts of the groups `within`, `None` for every host, a rule has each verdict at present,
/// with the first of their sets of values.
///
/// # Errors
/// The database's.
pub async fn counts_of_rule(
    conn: &mut PgConnection,
    rule: &str,
    within: Option<&[i32]>,
) -> sqlx::Result<Vec<Count>> {
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
             and ($3::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
           group by 1
           order by 1"#,
        KIND,
        rule,
        within,
    )
    .fetch_all(conn)
    .await
}
