use sqlx::PgConnection;

use super::{Asked, Row};

/// Records of the audit log, for those who may read all of it. What was refused is of medium severity, what failed of
/// high. Of a host are those whose target it is and those that name it, such as those of its windows.
///
/// # Errors
/// The database's.
pub async fn rows(conn: &mut PgConnection, asked: &Asked<'_>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select r.at as "at!", r.key as "key!", r.severity as "severity!", h.id as "host?",
                  h.hostname as "hostname?", r.action as "what!",
                  concat_ws(': ', concat_ws(' ', r.actor, nullif(r.outcome, 'done')),
                            nullif(concat_ws(' ', r.action, r.name), '')) as "text!",
                  r.stream || '/' || r.seq as "id!"
           from (
               select a.at, a.stream, a.seq, a.seq * 2 + (a.stream = 'change')::int as key, a.actor, a.action,
                      a.outcome, (case a.outcome when 'done' then 0 when 'refused' then 2 else 3 end)::smallint
                          as severity,
                      a.body::jsonb #>> '{target,name}' as name,
                      case a.target_kind when 'host' then a.target_id
                          else coalesce(a.body::jsonb #>> '{after,host}', a.body::jsonb #>> '{before,host}') end
                          as host
               from audit_record a
               where ($1::text is null or (a.target_kind = 'host' and a.target_id = $1)
                      or coalesce(a.body::jsonb #>> '{after,host}', a.body::jsonb #>> '{before,host}') = $1)
                 and ($2::text is null or (a.target_kind = 'group' and a.target_id = $2)
                      or (case a.target_kind when 'host' then a.target_id
                          else coalesce(a.body::jsonb #>> '{after,host}', a.body::jsonb #>> '{before,host}') end)
                         in (select o.id::text from host_in_group i join host o on o.host_no = i.host_no
                             join host_group g on g.group_no = i.group_no where g.id::text = $2))
                 and (case a.outcome when 'done' then 0 when 'refused' then 2 else 3 end)::smallint >= $3
                 and ($4::timestamptz is null or a.at >= $4)
                 and ($5::timestamptz is null or a.at < $5)
                 and ($6::text is null or strpos(lower(a.body), lower($6)) > 0)
                 and ($7::timestamptz is null or (a.at <= $7
                      and (a.at, a.seq * 2 + (a.stream = 'change')::int) < ($7, $8)))
               order by a.at desc, 4 desc
               limit $9
           ) as r
           left join host h on h.id = case
               when r.host ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then r.host::uuid end
           order by r.at desc, r.key desc"#,
        asked.host.map(|host| host.to_string()),
        asked.group.map(|group| group.to_string()),
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
