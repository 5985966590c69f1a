use sqlx::PgConnection;

use super::{Asked, Row};

/// Events with one of these codes.
///
/// # Errors
/// The database's.
pub async fn rows(
    conn: &mut PgConnection,
    codes: &[&str],
    asked: &Asked<'_>,
) -> sqlx::Result<Vec<Row>> {
    match asked.host {
        Some(_) => of_host(conn, codes, asked).await,
        None => of_all(conn, codes, asked).await,
    }
}

/// By the index of codes, each by itself: events of other codes, of which there may be many, are not even looked at.
/// That a code is a range of itself says so to the planner, which else goes through all that ever happened, newest
/// first, for a code that has none.
async fn of_all(
    conn: &mut PgConnection,
    codes: &[&str],
    asked: &Asked<'_>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select e.recorded_at as "at!", e.id as "key!", e.severity as "severity!", h.id as "host?",
                  h.hostname as "hostname?", e.code as "what!", e.text as "text!", e.id::text as "id!"
           from unnest($1::text[]) as w (code)
           cross join lateral (
               select e.* from event e
               where e.code >= w.code and e.code <= w.code
                 and ($2::uuid is null or e.host_no in (
                      select i.host_no from host_in_group i join host_group g on g.group_no = i.group_no
                      where g.id = $2))
                 and e.severity >= $3
                 and ($4::timestamptz is null or e.recorded_at >= $4)
                 and ($5::timestamptz is null or e.recorded_at < $5)
                 and ($6::text is null or strpos(lower(e.text), lower($6)) > 0)
                 and ($7::int[] is null or e.host_no in (
                      select host_no from host_in_group where group_no = any($7)))
                 and ($8::timestamptz is null or (e.recorded_at, e.id) < ($8, $9))
               order by e.code, e.recorded_at desc, e.id desc
               limit $10
           ) as e
           join host h on h.host_no = e.host_no
           order by e.recorded_at desc, e.id desc
           limit $10"#,
        codes as &[&str],
        asked.group,
        asked.severity,
        asked.since,
        asked.until,
        asked.text,
        asked.within,
        asked.behind.map(|(at, _)| at),
        asked.behind.map(|(_, key)| key),
        asked.limit,
    )
    .fetch_all(conn)
    .await
}

/// By the index of hosts.
async fn of_host(
    conn: &mut PgConnection,
    codes: &[&str],
    asked: &Asked<'_>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select e.recorded_at as at, e.id as key, e.severity, h.id as "host?", h.hostname as "hostname?",
                  e.code as what, e.text, e.id::text as "id!"
           from host h
           join event e on e.host_no = h.host_no
           where h.id = $1
             and e.code = any($2)
             and ($3::uuid is null or h.host_no in (
                  select i.host_no from host_in_group i join host_group g on g.group_no = i.group_no
                  where g.id = $3))
             and e.severity >= $4
             and ($5::timestamptz is null or e.recorded_at >= $5)
             and ($6::timestamptz is null or e.recorded_at < $6)
             and ($7::text is null or strpos(lower(e.text), lower($7)) > 0)
             and ($8::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($8)))
             and ($9::timestamptz is null or (e.recorded_at, e.id) < ($9, $10))
           order by e.recorded_at desc, e.id desc
           limit $11"#,
        asked.host,
        codes as &[&str],
        asked.group,
        asked.severity,
        asked.since,
        asked.until,
        asked.text,
        asked.within,
        asked.behind.map(|(at, _)| at),
        asked.behind.map(|(_, key)| key),
        asked.limit,
    )
    .fetch_all(conn)
    .await
}
