//! Facts of the whole fleet: which hosts have this, and in which versions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// What is looked for. A host counts until it is revoked.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub kind: String,
    /// Exactly this key.
    pub key: Option<String>,
    /// A key that begins so; as a `like` pattern, see [`Search::prefix`].
    pub key_like: Option<String>,
    /// Paths into the value, `a.b`, and beside them in `wants` the text that is to be there.
    pub paths: Vec<String>,
    pub wants: Vec<String>,
    /// `None` for the present.
    pub at: Option<DateTime<Utc>>,
    /// Only hosts of these groups, by short numbers; `None` for every host.
    pub within: Option<Vec<i32>>,
}

impl Search {
    /// The `like` pattern for keys that begin with `text`.
    pub fn prefix(text: &str) -> String {
        let mut pattern = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            if matches!(c, '\\' | '%' | '_') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
}

/// A host that has it.
#[derive(Debug, Clone)]
pub struct Hit {
    pub host: Uuid,
    pub hostname: String,
    pub key: String,
    pub value: Value,
    /// The host's clock.
    pub valid_from: DateTime<Utc>,
}

/// One of the values that were found.
#[derive(Debug, Clone)]
pub struct Variant {
    pub key: String,
    pub value: Value,
    /// How many hosts have it.
    pub hosts: i64,
}

/// A place in a list of hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub hostname: String,
    pub host: Uuid,
    pub key: String,
}

/// A query over the rows that match, of hosts `h` that may be told of; `$select` comes before the joins, `$join` behind them, and
/// `$rest` after the conditions.
///
/// For `coalesce(…, '200000-01-01Z')` see [`crate::store::read::fact::list`]. `f.kind` and
/// `f.key_id` follow from the value. They are said again where fields are compared: then few
/// values remain, which have to be found first, whereas a page of everything is best read off
/// host by host. The planner cannot know how few, and takes this as the hint that it is.
macro_rules! matching {
    ($query:ident([$($row:ident)?] $select:tt, $join:tt, $rest:tt), $search:ident $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $select + r#"
            from fact_kind kind
            join fact_key k on k.kind = kind.id
            join fact_value v on v.key_id = k.id
            join host_fact f on f.value_id = v.id "# + $join + r#"
            where kind.name = $1
              and ($2::text is null or k.key = $2)
              and ($3::text is null or k.key like $3)
              and (cardinality($4::text[]) = 0
                   or (f.kind = kind.id and f.key_id = k.id and not exists (
                       select from unnest($4::text[], $5::text[]) as wanted (path, text)
                       where v.value #>> string_to_array(wanted.path, '.')
                             is distinct from wanted.text)))
              and f.valid_from <= coalesce($6::timestamptz, 'infinity')
              and f.valid_to > coalesce($6::timestamptz, '200000-01-01Z')
              and ($7::int[] is null or h.host_no in (
                   select host_no from host_in_group where group_no = any($7))) "# + $rest,
            $search.kind,
            $search.key,
            $search.key_like,
            &$search.paths,
            &$search.wants,
            $search.at,
            $search.within.as_deref()
            $(, $more)*
        )
    };
}

/// One page of hits, by host name, host and key.
///
/// # Errors
/// The database's.
pub async fn hits(
    conn: &mut PgConnection,
    search: &Search,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Hit>> {
    matching!(
        query_as(
            [Hit] "select h.id as host, h.hostname, k.key, v.value, f.valid_from",
            "join host h on h.host_no = f.host_no",
            "and (h.revoked_at is null or h.revoked_at > $6)
             and ($8::text is null or (h.hostname, h.id, k.key) > ($8, $9, $10))
             order by h.hostname, h.id, k.key limit $11"
        ),
        search,
        after.map(|after| after.hostname.as_str()),
        after.map(|after| after.host),
        after.map(|after| after.key.as_str()),
        limit
    )
    .fetch_all(conn)
    .await
}

/// The hundred most frequent values. They are counted by number, and looked up when there are no
/// more than a hundred.
///
/// # Errors
/// The database's.
pub async fn variants(conn: &mut PgConnection, search: &Search) -> sqlx::Result<Vec<Variant>> {
    matching!(
        query_as(
            [Variant] r#"select k.key, v.value, hosts as "hosts!" from (
                select v.id, k.key, count(*) as hosts"#,
            "join host h on h.host_no = f.host_no",
            "and (h.revoked_at is null or h.revoked_at > $6)
                group by k.id, v.id order by hosts desc, k.key, v.id limit 100) frequent
             join fact_value v using (id)
             join fact_key k on k.id = v.key_id
             order by hosts desc, k.key, v.id"
        ),
        search
    )
    .fetch_all(conn)
    .await
}

/// How many hosts have at least one of them.
///
/// # Errors
/// The database's.
pub async fn hosts(conn: &mut PgConnection, search: &Search) -> sqlx::Result<i64> {
    matching!(
        query_scalar(
            [] r#"select count(*) as "hosts!" from host h
                  where (h.revoked_at is null or h.revoked_at > $6) and exists (select"#,
            "and f.kind = kind.id and f.key_id = k.id",
            "and f.host_no = h.host_no)"
        ),
        search
    )
    .fetch_one(conn)
    .await
}
