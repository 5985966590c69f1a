//! What is waived of how hosts stand at an instant: from the few waivers that count then to the results that they cover.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::rule::{result::KIND, variable::Values};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    posture::{Overlay, Several},
    store::posture::read::{FRESH, Of, interval},
};

/// Of what it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Over<'a> {
    /// Of the hosts that count, together at each of these instants. The place of what is found is the instant's, from 1.
    Together(&'a Of<'a>, &'a [DateTime<Utc>]),
    /// Of each of these hosts at an instant. The place is the host's number.
    Hosts(&'a [i32], DateTime<Utc>),
}

/// What is waived, by place; where nothing is, there is none.
///
/// # Errors
/// The database's.
pub async fn overlays(
    conn: &mut PgConnection,
    over: Over<'_>,
) -> sqlx::Result<BTreeMap<i64, Overlay>> {
    let (ats, of, hosts) = match &over {
        Over::Together(of, ats) => (ats.to_vec(), Some(*of), None),
        Over::Hosts(hosts, at) => (vec![*at], None, Some(*hosts)),
    };
    let mut found: BTreeMap<i64, Overlay> = BTreeMap::new();
    if !any(&mut *conn, &ats).await? {
        return Ok(found);
    }
    let (group, within) = of.map_or((None, None), |of| (of.group, of.within));
    let plain = sqlx::query!(
        r#"select case when $4::int[] is null then w.n else v.host_no end as "place!", v.rule as "rule!",
                  count(*) as "results!"
           from unnest($1::timestamptz[]) with ordinality as w (at, n)
           cross join lateral waived(w.at) as v
           join fact_key k on k.id = v.key_id and k.key = v.rule
           join host h on h.host_no = v.host_no
           where ($4::int[] is null or v.host_no = any($4))
             and ($2::uuid is null or exists (
                  select from group_host_period m join host_group g on g.group_no = m.group_no
                  where g.id = $2 and m.host_no = h.host_no and m.valid_from <= w.at and m.valid_to > w.at))
             and ($3::int[] is null or h.host_no in (
                  select host_no from host_in_group where group_no = any($3)))
             and ($4::int[] is not null or (
                  h.enrolled_at <= w.at and (h.revoked_at is null or h.revoked_at > w.at)
                  and not exists (
                      select from liveness l where l.host_no = h.host_no and l.state <> 'online'
                          and l.valid_from <= w.at - $5::interval and l.valid_to > w.at)))
           group by 1, 2"#,
        &ats,
        group,
        within,
        hosts,
        interval(FRESH),
    )
    .fetch_all(&mut *conn)
    .await?;
    for row in plain {
        let overlay = found.entry(row.place).or_default();
        overlay.plain.insert(row.rule, row.results);
    }
    // Few rules are decided with several sets of values on a host.
    let several = sqlx::query!(
        r#"with sets as materialized (
               select k.id, k.kind, k.key, split_part(k.key, '@', 1) as rule
               from fact_key k join fact_kind kind on kind.id = k.kind and kind.name = $6
               where split_part(k.key, '@', 1) in (
                   select split_part(o.key, '@', 1) from fact_key o
                   where o.kind = k.kind and o.key like '%@%')
           ), hit as materialized (
               select distinct w.n, w.at, v.host_no, v.rule
               from unnest($1::timestamptz[]) with ordinality as w (at, n)
               cross join lateral waived(w.at) as v
               join host h on h.host_no = v.host_no
               where v.rule in (select rule from sets)
                 and ($4::int[] is null or v.host_no = any($4))
                 and ($2::uuid is null or exists (
                      select from group_host_period m join host_group g on g.group_no = m.group_no
                      where g.id = $2 and m.host_no = h.host_no
                        and m.valid_from <= w.at and m.valid_to > w.at))
                 and ($3::int[] is null or h.host_no in (
                      select host_no from host_in_group where group_no = any($3)))
                 and ($4::int[] is not null or (
                      h.enrolled_at <= w.at and (h.revoked_at is null or h.revoked_at > w.at)
                      and not exists (
                          select from liveness l where l.host_no = h.host_no and l.state <> 'online'
                              and l.valid_from <= w.at - $5::interval and l.valid_to > w.at)))
           )
           select case when $4::int[] is null then r.n else r.host_no end as "place!", r.host_no as "host_no!",
                  r.rule as "rule!", r.key as "key!", r."values" as "values?", r.fails as "fails!"
           from (
               select hit.n, hit.host_no, hit.rule, s.key, v.value -> 'values' as "values",
                      coalesce(v.value ->> 'verdict' = 'fail', false) as fails,
                      count(*) filter (where s.key <> hit.rule)
                          over (partition by hit.n, hit.host_no, hit.rule) as others
               from hit
               join sets s on s.rule = hit.rule
               join host_fact f on f.host_no = hit.host_no and f.kind = s.kind and f.key_id = s.id
                   and f.valid_from <= hit.at and f.valid_to > hit.at
               join fact_value v on v.id = f.value_id
           ) as r
           where r.others > 0
           order by 1, 2, 3, r.key collate "C""#,
        &ats,
        group,
        within,
        hosts,
        interval(FRESH),
        KIND,
    )
    .fetch_all(conn)
    .await?;
    for row in several {
        let overlay = found.entry(row.place).or_default();
        let is_next = |last: &Several| last.host_no == row.host_no && last.rule == row.rule;
        if !overlay.several.last().is_some_and(is_next) {
            overlay.several.push(Several {
                host_no: row.host_no,
                rule: row.rule,
                results: Vec::new(),
            });
        }
        if let Some(last) = overlay.several.last_mut() {
            let values = row.values.and_then(values).unwrap_or_default();
            last.results.push((row.key, values, row.fails));
        }
    }
    Ok(found)
}

fn values(value: Value) -> Option<Values> {
    serde_json::from_value(value).ok()
}

/// Whether any waiver counts at one of the instants: mostly none does, and nothing else is asked.
async fn any(conn: &mut PgConnection, ats: &[DateTime<Utc>]) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from waiver w join unnest($1::timestamptz[]) as a (at)
                   on w.approved_at <= a.at and a.at < w.expires_at and a.at < w.ended_at) as "any!""#,
        ats,
    )
    .fetch_one(conn)
    .await
}

/// By which waiver a result that fails is waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub waiver: Uuid,
    /// It is waived no more from here on.
    pub until: DateTime<Utc>,
}

/// Which results of hosts are waived at an instant, by the host's number and the result's key.
///
/// # Errors
/// The database's.
pub async fn marks(
    conn: &mut PgConnection,
    hosts: &[i32],
    at: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<(i32, String), Mark>> {
    if !any(&mut *conn, &[at]).await? {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query!(
        r#"select v.host_no as "host_no!", k.key, w.id, v.ends_at as "until!"
           from waived($1) as v
           join fact_key k on k.id = v.key_id
           join waiver w on w.no = v.waiver_no
           where v.host_no = any($2)"#,
        at,
        hosts,
    )
    .fetch_all(conn)
    .await?;
    let marks = rows.into_iter().map(|row| {
        let mark = Mark {
            waiver: row.id,
            until: row.until,
        };
        ((row.host_no, row.key), mark)
    });
    Ok(marks.collect())
}
