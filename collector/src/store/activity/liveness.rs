use sqlx::PgConnection;

use super::{Asked, Row};

/// States of hosts, when they began: high where nobody said that the host would leave, low where it said so itself.
///
/// # Errors
/// The database's.
pub async fn rows(conn: &mut PgConnection, asked: &Asked<'_>) -> sqlx::Result<Vec<Row>> {
    let host_no =
        |key: i64| i32::try_from(key).unwrap_or(if key < 0 { i32::MIN } else { i32::MAX });
    sqlx::query_as!(
        Row,
        r#"select l.valid_from as at, l.host_no::bigint as "key!",
                  (case when l.state in ('link_lost', 'agent_killed') then 3
                        when l.state in ('agent_stopped', 'host_shutdown', 'host_rebooting') then 1
                        else 0 end)::smallint as "severity!",
                  h.id as "host?", h.hostname as "hostname?", 'liveness.' || l.state as "what!",
                  concat_ws(': ', replace(l.state, '_', ' '), nullif(l.detail, '')) as "text!", h.id::text as "id!"
           from liveness l
           join host h on h.host_no = l.host_no
           where ($1::uuid is null or l.host_no = (select host_no from host where id = $1))
             and ($2::uuid is null or l.host_no in (
                  select i.host_no from host_in_group i join host_group g on g.group_no = i.group_no
                  where g.id = $2))
             and (case when l.state in ('link_lost', 'agent_killed') then 3
                       when l.state in ('agent_stopped', 'host_shutdown', 'host_rebooting') then 1
                       else 0 end)::smallint >= $3
             and ($4::timestamptz is null or l.valid_from >= $4)
             and ($5::timestamptz is null or l.valid_from < $5)
             and ($6::text is null
                  or strpos(lower(concat_ws(' ', replace(l.state, '_', ' '), l.state, l.detail)), lower($6)) > 0)
             and ($7::int[] is null or l.host_no in (
                  select host_no from host_in_group where group_no = any($7)))
             and ($8::timestamptz is null or (l.valid_from, l.host_no) < ($8, $9))
           order by l.valid_from desc, l.host_no desc
           limit $10"#,
        asked.host,
        asked.group,
        asked.severity,
        asked.since,
        asked.until,
        asked.text,
        asked.within,
        asked.behind.map(|(at, _)| at),
        asked.behind.map(|(_, key)| host_no(key)),
        asked.limit,
    )
    .fetch_all(conn)
    .await
}
