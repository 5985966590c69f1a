//! Facts of the whole fleet: which hosts have this, and in which versions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
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
    /// Only values with these numbers; see [`versions`].
    pub values: Option<Vec<i64>>,
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
#[derive(Debug, Clone, Deserialize)]
pub struct Hit {
    pub host: Uuid,
    pub hostname: String,
    pub key: String,
    pub value: Value,
    /// The host's clock.
    pub valid_from: DateTime<Utc>,
}

/// One of the values that were found.
#[derive(Debug, Clone, Deserialize)]
pub struct Variant {
    pub key: String,
    pub value: Value,
    /// How many hosts have it.
    pub hosts: i64,
}

/// What is found, at first.
#[derive(Debug, Clone)]
pub struct Found {
    /// The first page, and one more.
    pub hits: Vec<Hit>,
    /// The hundred most frequent values.
    pub variants: Vec<Variant>,
    /// How many hosts have at least one of them.
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

/// A query over the rows that match, of hosts that may be told of; `$select` comes before the joins, `$join` behind them, and
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
              and ($7::int[] is null or f.host_no in (
                   select host_no from host_in_group where group_no = any($7)))
              and ($8::bigint[] is null or v.id = any($8)) "# + $rest,
            $search.kind,
            $search.key,
            $search.key_like,
            &$search.paths,
            &$search.wants,
            $search.at,
            $search.within.as_deref(),
            $search.values.as_deref()
            $(, $more)*
        )
    };
}

/// A version that a package is or was installed in, somewhere.
#[derive(Debug, Clone)]
pub struct Version {
    /// The number of the value that has it.
    pub value: i64,
    /// Which manager installed it, such as `dpkg`.
    pub manager: String,
    pub version: String,
}

/// The versions of what is looked for, at most `limit`, whichever hosts have them.
///
/// # Errors
/// The database's.
pub async fn versions(
    conn: &mut PgConnection,
    search: &Search,
    limit: i64,
) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as!(
        Version,
        r#"select v.id as value, v.value ->> 'manager' as "manager!", v.value ->> 'version' as "version!"
           from fact_kind kind
           join fact_key k on k.kind = kind.id
           join fact_value v on v.key_id = k.id
           where kind.name = $1
             and ($2::text is null or k.key = $2)
             and ($3::text is null or k.key like $3)
             and jsonb_typeof(v.value -> 'manager') = 'string'
             and jsonb_typeof(v.value -> 'version') = 'string'
           limit $4"#,
        search.kind,
        search.key,
        search.key_like,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// The first page, the values and the number of hosts of what is looked for.
///
/// # Errors
/// The database's.
pub async fn first(conn: &mut PgConnection, search: &Search, limit: i64) -> sqlx::Result<Found> {
    match (&search.key, search.at) {
        (Some(key), None) => of_key_now(conn, search, key, limit).await,
        _ => Ok(Found {
            hits: hits(conn, search, None, limit).await?,
            variants: variants(conn, search).await?,
            hosts: hosts(conn, search).await?,
        }),
    }
}

/// What is asked most, of one key in the present: everything is told from one walk over the index of values. What is
/// present has no end, and of a key a host has one row.
async fn of_key_now(
    conn: &mut PgConnection,
    search: &Search,
    key: &str,
    limit: i64,
) -> sqlx::Result<Found> {
    let row = sqlx::query!(
        r#"with sought as (
               select k.kind, k.id from fact_kind kind join fact_key k on k.kind = kind.id
               where kind.name = $1 and k.key = $2
           ), found as materialized (
               select f.host_no, f.value_id
               from sought k
               join fact_value v on v.key_id = k.id
               join host_fact_present f on f.value_id = v.id
               where not exists (
                     select from unnest($3::text[], $4::text[]) as wanted (path, text)
                     where v.value #>> string_to_array(wanted.path, '.') is distinct from wanted.text)
                 and ($5::int[] is null or f.host_no in (
                      select host_no from host_in_group where group_no = any($5)))
                 and ($7::bigint[] is null or v.id = any($7))
                 and f.host_no not in (select host_no from host where revoked_at is not null)
           ), page as materialized (
               -- `case` lets hosts be walked in the order of their names until there are enough; a join would look each
               -- of those that have it up by its number and sort them.
               select h.host_no, h.id, h.hostname from host h
               where case when h.host_no in (select host_no from found) then true end
               order by h.hostname, h.id limit $6
           )
           select (select jsonb_agg(jsonb_build_object('host', p.id, 'hostname', p.hostname, 'key', $2::text,
                              'value', v.value, 'valid_from', f.valid_from) order by p.hostname, p.id)
                   from sought k cross join page p
                   join host_fact_present f on f.host_no = p.host_no and f.kind = k.kind and f.key_id = k.id
                   join fact_value v on v.id = f.value_id
                  ) as "hits: Json<Vec<Hit>>",
                  (select jsonb_agg(jsonb_build_object('key', $2::text, 'value', v.value, 'hosts', c.hosts)
                              order by c.hosts desc, v.id)
                   from (select value_id, count(*) as hosts from found
                         group by value_id order by hosts desc, value_id limit 100) c
                   join fact_value v on v.id = c.value_id
                  ) as "variants: Json<Vec<Variant>>",
                  (select count(*) from found) as "hosts!""#,
        search.kind,
        key,
        &search.paths,
        &search.wants,
        search.within.as_deref(),
        limit,
        search.values.as_deref(),
    )
    .fetch_one(conn)
    .await?;
    Ok(Found {
        hits: row.hits.map(|hits| hits.0).unwrap_or_default(),
        variants: row.variants.map(|all| all.0).unwrap_or_default(),
        hosts: row.hosts,
    })
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
             and ($9::text is null or (h.hostname, h.id, k.key) > ($9, $10, $11))
             order by h.hostname, h.id, k.key limit $12"
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
async fn variants(conn: &mut PgConnection, search: &Search) -> sqlx::Result<Vec<Variant>> {
    matching!(
        query_as(
            [Variant] r#"select k.key, v.value, hosts as "hosts!" from (
                select v.id, k.key, count(*) as hosts"#,
            // Who is left out are few: they are found first, and not each host of those that are not.
            "",
            "and f.host_no not in (select host_no from host where revoked_at <= coalesce($6, 'infinity'))
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
async fn hosts(conn: &mut PgConnection, search: &Search) -> sqlx::Result<i64> {
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
