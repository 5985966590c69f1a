use sqlx::PgConnection;

use super::{Asked, Row};

/// Stories, when they began.
///
/// # Errors
/// The database's.
pub async fn rows(conn: &mut PgConnection, asked: &Asked<'_>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select d.first_at as at, d.no as key, d.severity, h.id as "host?", h.hostname as "hostname?",
                  'drift.' || d.sort as "what!",
                  case s.hosts when 1 then d.title else d.title || ', on ' || s.hosts || ' hosts' end as "text!",
                  d.id::text as "id!"
           from drift d
           cross join lateral (
               select count(distinct c.host_no) as hosts, min(c.host_no) as host_no
               from drift_change c
               where c.drift_no = d.no
                 and ($1::int[] is null or c.host_no in (
                      select host_no from host_in_group where group_no = any($1)))
           ) as s
           left join host h on h.host_no = s.host_no and s.hosts = 1
           where s.hosts > 0
             and ($2::uuid is null or d.no in (
                  select c.drift_no from drift_change c join host o on o.host_no = c.host_no
                  where o.id = $2 and ($1::int[] is null or c.host_no in (
                      select host_no from host_in_group where group_no = any($1)))))
             and ($3::uuid is null or d.no in (
                  select c.drift_no from drift_change c
                  join host_in_group i on i.host_no = c.host_no join host_group g on g.group_no = i.group_no
                  where g.id = $3 and ($1::int[] is null or c.host_no in (
                      select host_no from host_in_group where group_no = any($1)))))
             and d.severity >= $4
             and ($5::timestamptz is null or d.first_at >= $5)
             and ($6::timestamptz is null or d.first_at < $6)
             and ($7::text is null or strpos(lower(concat_ws(' ', d.title, d.subject)), lower($7)) > 0)
             and ($8::timestamptz is null or (d.first_at, d.no) < ($8, $9))
           order by d.first_at desc, d.no desc
           limit $10"#,
        asked.within,
        asked.host,
        asked.group,
        asked.severity,
        asked.since,
        asked.until,
        asked.text,
        asked.behind.map(|(at, _)| at),
        asked.behind.map(|(_, key)| key),
        asked.limit,
    )
    .fetch_all(conn)
    .await
}
