use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::rule::result::KIND;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::posture::read::Of;

/// A fact that was otherwise.
#[derive(Debug, Clone)]
pub struct Other {
    pub host: Uuid,
    pub hostname: String,
    pub kind: String,
    pub key: String,
    /// `None` when there was none.
    pub before: Option<Value>,
    /// `None` when there is none.
    pub after: Option<Value>,
}

/// A place in a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub host: Uuid,
    pub kind: String,
    pub key: String,
}

/// Facts of hosts of `of` that were others at `since` than at `of.at`, one page by host, kind and key; not what came of
/// rules. Kinds of which a host had told nothing by then are left out: what it told of them first is no change.
///
/// # Errors
/// The database's.
pub async fn others(
    conn: &mut PgConnection,
    of: &Of<'_>,
    (since, host, kind): (DateTime<Utc>, Option<Uuid>, Option<&str>),
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Other>> {
    sqlx::query_as!(
        Other,
        r#"select m.id as "host!", m.hostname as "hostname!", o.kind as "kind!", o.key as "key!",
                  o.before as "before?", o.after as "after?"
           from (
               select h.host_no, h.id, h.hostname from host h
               where h.enrolled_at <= $2 and (h.revoked_at is null or h.revoked_at > $2)
                 and ($3::uuid is null or exists (
                      select from group_host_period p join host_group g on g.group_no = p.group_no
                      where g.id = $3 and p.host_no = h.host_no and p.valid_from <= $2 and p.valid_to > $2))
                 and ($4::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($4)))
                 and ($5::uuid is null or h.id = $5)
                 and ($7::uuid is null or h.id >= $7)
               order by h.id
           ) as m
           cross join lateral (
               select n.name as kind, k.key, b.value as before, a.value as after
               from (select f.kind, f.key_id, f.value_id from host_fact f
                     where f.host_no = m.host_no and f.valid_from <= $6 and f.valid_to > $6 and f.valid_to <= $2) past
               full join (select f.kind, f.key_id, f.value_id from host_fact f
                     where f.host_no = m.host_no and f.valid_from <= $2 and f.valid_to > $2 and f.valid_from > $6)
                   present using (kind, key_id)
               join fact_kind n on n.id = kind
               join fact_key k on k.id = key_id
               left join fact_value b on b.id = past.value_id
               left join fact_value a on a.id = present.value_id
               where past.value_id is distinct from present.value_id
                 and n.name <> $1 and ($10::text is null or n.name = $10)
                 and exists (select from host_fact f where f.host_no = m.host_no and f.kind = n.id
                     and f.valid_from <= $6 and f.valid_to > $6)
           ) as o
           where $7::uuid is null or (m.id, o.kind, o.key) > ($7, $8, $9)
           order by m.id, o.kind, o.key
           limit $11"#,
        KIND,
        of.at,
        of.group,
        of.within,
        host,
        since,
        after.map(|after| after.host),
        after.map(|after| after.kind.as_str()),
        after.map(|after| after.key.as_str()),
        kind,
        limit,
    )
    .fetch_all(conn)
    .await
}
