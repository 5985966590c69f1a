use sqlx::PgConnection;

use super::{Asked, Row};

/// What happened to alerts, each as serious as its alert is now.
///
/// # Errors
/// The database's.
pub async fn rows(conn: &mut PgConnection, asked: &Asked<'_>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select y.at, y.id as key, a.severity, h.id as "host?", h.hostname as "hostname?",
                  'alert.' || y.what as "what!",
                  case y.detail when '' then a.title else a.title || ': ' || y.detail end as "text!",
                  a.id::text as "id!"
           from alert_history y
           join alert a on a.no = y.alert_no
           -- One of the hosts, and whether it is the only one: of tens of thousands none is counted.
           cross join lateral (
               select u.host_no from alert_subject u
               where u.alert_no = a.no
                 and ($1::int[] is null or u.host_no in (
                      select host_no from host_in_group where group_no = any($1)))
               order by u.host_no limit 1
           ) as s
           left join host h on h.host_no = s.host_no and not exists (
               select from alert_subject u
               where u.alert_no = a.no and u.host_no > s.host_no
                 and ($1::int[] is null or u.host_no in (
                      select host_no from host_in_group where group_no = any($1))))
           where ($2::uuid is null or a.no in (
                  select u.alert_no from alert_subject u join host o on o.host_no = u.host_no
                  where o.id = $2 and ($1::int[] is null or u.host_no in (
                      select host_no from host_in_group where group_no = any($1)))))
             and ($3::uuid is null or a.no in (
                  select u.alert_no from alert_subject u
                  join host_in_group i on i.host_no = u.host_no join host_group g on g.group_no = i.group_no
                  where g.id = $3 and ($1::int[] is null or u.host_no in (
                      select host_no from host_in_group where group_no = any($1)))))
             and a.severity >= $4
             and ($5::timestamptz is null or y.at >= $5)
             and ($6::timestamptz is null or y.at < $6)
             and ($7::text is null or strpos(lower(concat_ws(' ', a.title, y.detail)), lower($7)) > 0)
             and ($8::timestamptz is null or (y.at, y.id) < ($8, $9))
           order by y.at desc, y.id desc
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
