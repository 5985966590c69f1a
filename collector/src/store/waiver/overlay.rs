//! What is waived of how hosts stand: from the few waivers that count to the results that they cover.

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
    /// Of the hosts that count, together at each of these instants, which rise. The place of what is found is the
    /// instant's, from 0.
    Together(&'a Of<'a>, &'a [DateTime<Utc>]),
    /// Of each of these hosts at an instant. The place is the host's number.
    Hosts(&'a [i32], DateTime<Utc>),
}

/// The same, as queries take it.
struct Asked<'a> {
    ats: Vec<DateTime<Utc>>,
    group: Option<Uuid>,
    within: Option<&'a [i32]>,
    hosts: Option<&'a [i32]>,
}

impl<'a> From<Over<'a>> for Asked<'a> {
    fn from(over: Over<'a>) -> Self {
        match over {
            Over::Together(of, ats) => Self {
                ats: ats.to_vec(),
                group: of.group,
                within: of.within,
                hosts: None,
            },
            Over::Hosts(hosts, at) => Self {
                ats: vec![at],
                group: None,
                within: None,
                hosts: Some(hosts),
            },
        }
    }
}

/// What is waived, by place; where nothing is, there is none.
///
/// # Errors
/// The database's.
pub async fn overlays(
    conn: &mut PgConnection,
    over: Over<'_>,
) -> sqlx::Result<BTreeMap<i64, Overlay>> {
    let asked = Asked::from(over);
    let mut found = BTreeMap::new();
    let (Some(first), Some(last)) = (asked.ats.first(), asked.ats.last()) else {
        return Ok(found);
    };
    if !any(&mut *conn, *first, *last).await? {
        return Ok(found);
    }
    plain(&mut *conn, &asked, (*first, *last), &mut found).await?;
    several(conn, &asked, &mut found).await?;
    Ok(found)
}

/// Whether any waiver counts at an instant of these: mostly none does, and nothing else is asked.
async fn any(
    conn: &mut PgConnection,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from waiver where approved_at <= $2 and expires_at > $1 and ended_at > $1) as "any!""#,
        first,
        last,
    )
    .fetch_one(conn)
    .await
}

/// The first results of rules. Each is asked for once, with the times in which it counts, however many instants there are.
async fn plain(
    conn: &mut PgConnection,
    asked: &Asked<'_>,
    (first, last): (DateTime<Utc>, DateTime<Utc>),
    found: &mut BTreeMap<i64, Overlay>,
) -> sqlx::Result<()> {
    let rows = sqlx::query!(
        r#"select g.host_no as "host_no!", g.rule as "rule!", lower(s.part) as "starts_at!",
                  nullif(upper(s.part), 'infinity') as ends_at
           from (
               select v.host_no, v.rule, range_agg(tstzrange(v.starts_at, v.ends_at)) as spans
               from waived($1, $2, $5, null) v
               join fact_key k on k.id = v.key_id and k.key = v.rule
               group by v.host_no, v.rule
           ) as g
           join host h on h.host_no = g.host_no
           cross join lateral unnest(case when $5::int[] is not null then g.spans else
               g.spans
               * tstzmultirange(tstzrange(h.enrolled_at,
                   case when h.revoked_at is not null then greatest(h.revoked_at, h.enrolled_at) end))
               * case when $3::uuid is null then '{(,)}' else coalesce((
                   select range_agg(tstzrange(m.valid_from, m.valid_to))
                   from group_host_period m join host_group o on o.group_no = m.group_no
                   where o.id = $3 and m.host_no = h.host_no), '{}') end
               - coalesce((
                   select range_agg(tstzrange(l.valid_from + $6::interval, l.valid_to)) from liveness l
                   where l.host_no = h.host_no and l.state <> 'online'
                       and l.valid_from + $6::interval < l.valid_to), '{}')
               end) as s (part)
           where $4::int[] is null or h.host_no in (
               select host_no from host_in_group where group_no = any($4))"#,
        first,
        last,
        asked.group,
        asked.within,
        asked.hosts,
        interval(FRESH),
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let from = asked.ats.partition_point(|at| *at < row.starts_at);
        let to = |end| asked.ats.partition_point(|at| *at < end);
        let to = row.ends_at.map_or(asked.ats.len(), to);
        for n in from..to {
            let overlay = found.entry(asked.place(n, row.host_no)).or_default();
            *overlay.plain.entry(row.rule.clone()).or_default() += 1;
        }
    }
    Ok(())
}

/// Rules that are decided with several sets of values on a host: few are.
async fn several(
    conn: &mut PgConnection,
    asked: &Asked<'_>,
    found: &mut BTreeMap<i64, Overlay>,
) -> sqlx::Result<()> {
    let rules = sqlx::query_scalar!(
        r#"select distinct split_part(k.key, '@', 1) as "rule!"
           from fact_key k join fact_kind kind on kind.id = k.kind
           where kind.name = $1 and k.key like '%@%'"#,
        KIND,
    )
    .fetch_all(&mut *conn)
    .await?;
    if rules.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        r#"select r.n as "n!", r.host_no as "host_no!", r.rule as "rule!", r.key as "key!",
                  r."values" as "values?", r.fails as "fails!"
           from (
               select hit.n, hit.host_no, hit.rule, k.key, v.value -> 'values' as "values",
                      coalesce(v.value ->> 'verdict' = 'fail', false) as fails,
                      count(*) filter (where k.key <> hit.rule)
                          over (partition by hit.n, hit.host_no, hit.rule) as others
               from (
                   select distinct w.n, w.at, v.host_no, v.rule
                   from unnest($1::timestamptz[]) with ordinality as w (at, n)
                   cross join lateral waived(w.at, w.at, $4, $6) as v
                   join host h on h.host_no = v.host_no
                   where ($2::uuid is null or exists (
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
               ) as hit
               join fact_kind kind on kind.name = $7
               join fact_key k on k.kind = kind.id and split_part(k.key, '@', 1) = hit.rule
               join host_fact f on f.host_no = hit.host_no and f.kind = k.kind and f.key_id = k.id
                   and f.valid_from <= hit.at and f.valid_to > hit.at
               join fact_value v on v.id = f.value_id
           ) as r
           where r.others > 0
           order by r.n, r.host_no, r.rule, r.key collate "C""#,
        &asked.ats,
        asked.group,
        asked.within,
        asked.hosts,
        interval(FRESH),
        &rules,
        KIND,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let n = usize::try_from(row.n - 1).unwrap_or_default();
        let overlay = found.entry(asked.place(n, row.host_no)).or_default();
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
    Ok(())
}

fn values(value: Value) -> Option<Values> {
    serde_json::from_value(value).ok()
}

impl Asked<'_> {
    fn place(&self, n: usize, host_no: i32) -> i64 {
        match self.hosts {
            Some(_) => host_no.into(),
            None => i64::try_from(n).unwrap_or_default(),
        }
    }
}

/// By which waiver a result that fails is waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub waiver: Uuid,
    /// It counts no more from here on.
    pub until: DateTime<Utc>,
}

/// Which results of hosts are waived at an instant, by the host's number and the result's key: of several waivers, the one
/// that lasts longest.
///
/// # Errors
/// The database's.
pub async fn marks(
    conn: &mut PgConnection,
    hosts: &[i32],
    at: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<(i32, String), Mark>> {
    if !any(&mut *conn, at, at).await? {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query!(
        r#"select distinct on (v.host_no, k.key) v.host_no as "host_no!", k.key, w.id,
                  least(w.expires_at, w.ended_at) as "until!"
           from waived($1, $1, $2, null) as v
           join fact_key k on k.id = v.key_id
           join waiver w on w.no = v.waiver_no
           order by v.host_no, k.key, least(w.expires_at, w.ended_at) desc, w.no"#,
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
