//! Rows of `maintenance`: windows of hosts and of groups.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    drift::state,
    maintenance::{Until, Weekly, Window, later},
};

/// A window, with whom it is for.
#[derive(Debug, Clone)]
pub struct Planned {
    pub id: Uuid,
    /// One of host and group.
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    pub reason: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub window: Window,
}

/// Why a host is in maintenance, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    pub until: Until,
    pub reason: String,
}

struct Row {
    id: Uuid,
    host: Option<Uuid>,
    group: Option<Uuid>,
    reason: String,
    created_by: String,
    created_at: DateTime<Utc>,
    from_at: DateTime<Utc>,
    to_at: Option<DateTime<Utc>>,
    week_minute: Option<i32>,
    minutes: Option<i32>,
}

impl From<Row> for Planned {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            host: row.host,
            group: row.group,
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at,
            window: window(row.from_at, row.to_at, row.week_minute, row.minutes),
        }
    }
}

fn window(
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    week_minute: Option<i32>,
    minutes: Option<i32>,
) -> Window {
    let weekly = week_minute.zip(minutes);
    Window {
        from,
        to,
        weekly: weekly.map(|(first, minutes)| Weekly { first, minutes }),
    }
}

/// Adds a window, or replaces the one of that identity. `false` when there is no such host or group, or
/// it is none of the groups `within`, `None` for any.
///
/// # Errors
/// sqlx's.
pub async fn put(
    db: &mut PgConnection,
    planned: &Planned,
    within: Option<&[i32]>,
) -> sqlx::Result<bool> {
    let Window { from, to, weekly } = planned.window;
    let done = sqlx::query!(
        "insert into maintenance (id, host_no, group_no, reason, created_by, created_at, from_at,
             to_at, week_minute, minutes)
         select $1, h.host_no, g.group_no, $4, $5, $6, $7,
             coalesce($8, 'infinity'::timestamptz), $9, $10
         from (select 1) as one left join host h on h.id = $2 left join host_group g on g.id = $3
         where (h.host_no is not null or g.group_no is not null)
             and ($11::int[] is null or g.group_no = any($11) or h.host_no in (
                  select host_no from host_in_group where group_no = any($11)))
         on conflict (id) do update set host_no = excluded.host_no, group_no = excluded.group_no,
             reason = excluded.reason, from_at = excluded.from_at, to_at = excluded.to_at,
             week_minute = excluded.week_minute, minutes = excluded.minutes",
        planned.id,
        planned.host,
        planned.group,
        planned.reason,
        planned.created_by,
        planned.created_at,
        from,
        to,
        weekly.map(|weekly| weekly.first),
        weekly.map(|weekly| weekly.minutes),
        within,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes a window. `false` when there is none.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from maintenance where id = $1", id);
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Holds a window, if there is one, until the transaction ends: what is read of it afterwards stands.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("select id from maintenance where id = $1 for update", id)
        .fetch_optional(db)
        .await
        .map(drop)
}

/// A window, if it is for one of the groups `within` or a host of them; `None` there for any.
///
/// # Errors
/// sqlx's.
pub async fn find(
    db: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Planned>> {
    let row = sqlx::query_as!(
        Row,
        r#"select m.id, h.id as "host?", g.id as "group?", m.reason, m.created_by, m.created_at,
                  from_at, nullif(to_at, 'infinity') as to_at, week_minute, minutes
           from maintenance m left join host h on h.host_no = m.host_no
           left join host_group g on g.group_no = m.group_no
           where m.id = $1
             and ($2::int[] is null or m.group_no = any($2) or m.host_no in (
                  select host_no from host_in_group where group_no = any($2)))"#,
        id,
        within,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Planned::from))
}

/// Windows by their identity, which rises with the time of making; those behind `after`. `host`:
/// only those that are for it, by itself or by a group. `within`: only those for one of these groups or
/// a host of them.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    within: Option<&[i32]>,
    host: Option<HostId>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Planned>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select m.id, h.id as "host?", g.id as "group?", m.reason, m.created_by, m.created_at,
                  from_at, nullif(to_at, 'infinity') as to_at, week_minute, minutes
           from maintenance m left join host h on h.host_no = m.host_no
           left join host_group g on g.group_no = m.group_no
           where ($1::uuid is null or m.id > $1)
             and ($2::uuid is null or h.id = $2 or exists (
                 select from host_in_group i join host o on o.host_no = i.host_no
                 where i.group_no = m.group_no and o.id = $2))
             and ($4::int[] is null or m.group_no = any($4) or m.host_no in (
                  select host_no from host_in_group where group_no = any($4)))
           order by m.id limit $3"#,
        after,
        host.map(|host| host.0),
        limit,
        within,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Planned::from).collect())
}

/// Those of the hosts that are in maintenance at `at`, each with the window that is open longest.
///
/// # Errors
/// sqlx's.
pub async fn of(
    db: &mut PgConnection,
    hosts: &[i32],
    at: DateTime<Utc>,
) -> sqlx::Result<HashMap<i32, Active>> {
    let rows = sqlx::query!(
        r#"select m.host_no as "host_no!", reason as "reason!", from_at as "from_at!",
                  nullif(to_at, 'infinity') as to_at, week_minute, minutes
           from maintenance m where m.host_no = any($1) and from_at <= $2 and to_at > $2
           union all
           select i.host_no, reason, from_at, nullif(to_at, 'infinity'), week_minute, minutes
           from maintenance m join host_in_group i on i.group_no = m.group_no
           where i.host_no = any($1) and from_at <= $2 and to_at > $2"#,
        hosts,
        at,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<i32, Active> = HashMap::new();
    for row in rows {
        let window = window(row.from_at, row.to_at, row.week_minute, row.minutes);
        let Some(until) = window.open(at) else {
            continue;
        };
        let reason = row.reason;
        let known = found.get(&row.host_no).map(|active| active.until);
        if known.is_none_or(|known| later(known, until) != known) {
            found.insert(row.host_no, Active { until, reason });
        }
    }
    Ok(found)
}

/// The windows of these hosts, their own and those of their groups, that can be open at an instant from `from` to `to`.
///
/// # Errors
/// sqlx's.
pub async fn around(
    db: &mut PgConnection,
    hosts: &[i32],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<HashMap<i32, Vec<state::Planned>>> {
    let rows = sqlx::query!(
        r#"select m.host_no as "host_no!", id as "id!", reason as "reason!", from_at as "from_at!",
                  nullif(to_at, 'infinity') as to_at, week_minute, minutes
           from maintenance m where m.host_no = any($1) and from_at <= $3 and to_at > $2
           union all
           select i.host_no, id, reason, from_at, nullif(to_at, 'infinity'), week_minute, minutes
           from maintenance m join host_in_group i on i.group_no = m.group_no
           where i.host_no = any($1) and from_at <= $3 and to_at > $2"#,
        hosts,
        from,
        to,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<i32, Vec<state::Planned>> = HashMap::new();
    for row in rows {
        found.entry(row.host_no).or_default().push(state::Planned {
            id: row.id,
            reason: row.reason,
            window: window(row.from_at, row.to_at, row.week_minute, row.minutes),
        });
    }
    Ok(found)
}

/// Every host that is in maintenance at `at`.
///
/// # Errors
/// sqlx's.
pub async fn hosts(db: &mut PgConnection, at: DateTime<Utc>) -> sqlx::Result<Vec<i32>> {
    let rows = sqlx::query!(
        "select host_no, group_no, from_at, nullif(to_at, 'infinity') as to_at, week_minute,
                minutes
         from maintenance where from_at <= $1 and to_at > $1",
        at,
    )
    .fetch_all(&mut *db)
    .await?;
    let (mut hosts, mut groups) = (Vec::new(), Vec::new());
    for row in rows {
        let window = window(row.from_at, row.to_at, row.week_minute, row.minutes);
        if window.open(at).is_some() {
            hosts.extend(row.host_no);
            groups.extend(row.group_no);
        }
    }
    let members = sqlx::query_scalar!(
        r#"select distinct host_no as "host_no!" from host_in_group where group_no = any($1)"#,
        &groups,
    );
    hosts.extend(members.fetch_all(db).await?);
    Ok(hosts)
}

/// The windows that are open at `at`, by their identity.
///
/// # Errors
/// sqlx's.
pub async fn open(db: &mut PgConnection, at: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    let rows = sqlx::query!(
        "select id, from_at, nullif(to_at, 'infinity') as to_at, week_minute, minutes from maintenance
         where from_at <= $1 and to_at > $1 order by id",
        at,
    )
    .fetch_all(db)
    .await?;
    let open = rows.into_iter().filter(|row| {
        let window = window(row.from_at, row.to_at, row.week_minute, row.minutes);
        window.open(at).is_some()
    });
    Ok(open.map(|row| row.id).collect())
}
