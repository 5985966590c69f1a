//! Rows of `drift` and `drift_change`: stories of what of hosts is no longer as it was.

/// What the API asks.
pub mod read;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    drift::{About, Direction, Drift, Level, Sort, state::Explanation},
    posture::Lens,
    settings::{Layer, Limits},
};

/// Lets nobody else write stories until the transaction ends: two who find none for the same would begin two.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch drift'))")
        .execute(db)
        .await
        .map(drop)
}

/// How much of it matters, as the fleet's settings say.
///
/// # Errors
/// sqlx's.
pub async fn limits(db: &mut PgConnection) -> sqlx::Result<Limits> {
    let layer = sqlx::query_scalar!(r#"select value as "value: Json<Layer>" from fleet_settings"#);
    let layer = layer.fetch_optional(db).await?;
    Ok(layer
        .map(|layer| layer.0.drift)
        .unwrap_or_default()
        .limits())
}

/// How many results of a host passed and failed.
#[derive(Debug, Clone, Copy)]
pub struct Stood {
    pub then: (i32, i32),
    pub now: (i32, i32),
}

/// How hosts stand for all rules, and stood at `then`, by their own clocks, or when something was known of them first after that.
///
/// # Errors
/// sqlx's.
pub async fn stood(
    db: &mut PgConnection,
    hosts: &[i32],
    then: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<i32, Stood>> {
    let (sort, key) = Lens::All.name();
    let rows = sqlx::query!(
        r#"select p.host_no, b.passed as passed_then, b.failed as failed_then, p.passed, p.failed
           from posture_lens l
           join posture p on p.lens = l.id and p.valid_to = 'infinity' and p.host_no = any($3)
           join lateral (
               select o.passed, o.failed from posture o
               where o.host_no = p.host_no and o.lens = p.lens and o.valid_to > $4
               order by o.valid_to limit 1
           ) b on true
           where l.sort = $1 and l.key = $2"#,
        sort,
        key,
        hosts,
        then,
    )
    .fetch_all(db)
    .await?;
    let stood = rows.into_iter().map(|row| {
        let stood = Stood {
            then: (row.passed_then, row.failed_then),
            now: (row.passed, row.failed),
        };
        (row.host_no, stood)
    });
    Ok(stood.collect())
}

/// The stories that changes join, of which the last change was at `since` or later: in the order of `about`.
///
/// # Errors
/// sqlx's.
pub async fn open(
    db: &mut PgConnection,
    about: &[&About],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Option<i64>>> {
    let sorts: Vec<&str> = about.iter().map(|one| one.sort.name()).collect();
    let directions: Vec<&str> = about.iter().map(|one| one.direction.name()).collect();
    let acts: Vec<&str> = about.iter().map(|one| one.act).collect();
    let subjects: Vec<&str> = about.iter().map(|one| &*one.subject).collect();
    sqlx::query_scalar!(
        r#"select (select d.no from drift d
                   where d.subject = w.subject and d.sort = w.sort and d.direction = w.direction
                     and (w.act = '' or d.code = w.act) and d.last_at >= $5
                   order by d.last_at desc, d.no desc limit 1) as no
           from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality
               as w (sort, direction, act, subject, n)
           order by w.n"#,
        &sorts as &[&str],
        &directions as &[&str],
        &acts as &[&str],
        &subjects as &[&str],
        since,
    )
    .fetch_all(db)
    .await
}

/// A story that begins.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    pub drift: &'a Drift,
    /// The fact's.
    pub kind: &'a str,
    pub title: String,
    /// From so many hosts on it is major.
    pub many: u32,
}

/// Begins a story, and returns its number.
///
/// # Errors
/// sqlx's.
pub async fn begin(
    db: &mut PgConnection,
    story: &Story<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let drift = story.drift;
    sqlx::query_scalar!(
        "insert into drift (id, sort, direction, kind, code, subject, title, severity, many, first_at, last_at,
                            level, unexplained)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 0, false) returning no",
        Uuid::now_v7(),
        drift.about.sort.name(),
        drift.about.direction.name(),
        story.kind,
        drift.code.name(),
        drift.about.subject,
        story.title,
        super::event::number(drift.severity),
        i32::try_from(story.many).unwrap_or(i32::MAX),
        now,
    )
    .fetch_one(db)
    .await
}

/// A change that belongs to a story.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    pub drift_no: i64,
    pub host_no: i32,
    pub change_id: i64,
    pub key: &'a str,
    pub before_id: Option<i64>,
    pub after_id: Option<i64>,
    pub text: &'a str,
    /// Hundredths of a point.
    pub fall: i32,
    pub level: Level,
    pub rule_changed: bool,
    pub occurred_at: DateTime<Utc>,
    pub explanation: Option<Explanation>,
}

/// Adds changes to their stories.
///
/// # Errors
/// sqlx's.
pub async fn add(
    db: &mut PgConnection,
    changes: &[Change<'_>],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let explained = |change: &Change<'_>| change.explanation.clone();
    let stories: Vec<_> = changes.iter().map(|one| one.drift_no).collect();
    let hosts: Vec<_> = changes.iter().map(|one| one.host_no).collect();
    let ids: Vec<_> = changes.iter().map(|one| one.change_id).collect();
    let keys: Vec<&str> = changes.iter().map(|one| one.key).collect();
    let befores: Vec<_> = changes.iter().map(|one| one.before_id).collect();
    let afters: Vec<_> = changes.iter().map(|one| one.after_id).collect();
    let texts: Vec<&str> = changes.iter().map(|one| one.text).collect();
    let falls: Vec<_> = changes.iter().map(|one| one.fall).collect();
    let levels: Vec<_> = changes.iter().map(|one| one.level.number()).collect();
    let rules: Vec<_> = changes.iter().map(|one| one.rule_changed).collect();
    let times: Vec<_> = changes.iter().map(|one| one.occurred_at).collect();
    let causes: Vec<_> = changes
        .iter()
        .map(|one| explained(one).map(|by| by.cause.name().to_owned()))
        .collect();
    let by: Vec<_> = changes
        .iter()
        .map(|one| explained(one).map(|by| by.id))
        .collect();
    let names: Vec<_> = changes
        .iter()
        .map(|one| explained(one).map(|by| by.name))
        .collect();
    sqlx::query!(
        "insert into drift_change (drift_no, host_no, change_id, key, before_id, after_id, text, fall, level,
             rule_changed, occurred_at, recorded_at, explained_sort, explained_by, explained_as)
         select drift_no, host_no, change_id, key, before_id, after_id, text, fall, level, rule_changed,
                occurred_at, $15, explained_sort, explained_by, explained_as
         from unnest($1::bigint[], $2::int[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
                     $8::int[], $9::smallint[], $10::boolean[], $11::timestamptz[], $12::text[], $13::uuid[],
                     $14::text[])
             as c (drift_no, host_no, change_id, key, before_id, after_id, text, fall, level, rule_changed,
                   occurred_at, explained_sort, explained_by, explained_as)",
        &stories,
        &hosts,
        &ids,
        &keys as &[&str],
        &befores as &[Option<i64>],
        &afters as &[Option<i64>],
        &texts as &[&str],
        &falls,
        &levels,
        &rules,
        &times,
        &causes as &[Option<String>],
        &by as &[Option<Uuid>],
        &names as &[Option<String>],
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a host's score did within the window, and how much what turned one way matters with it.
#[derive(Debug, Clone, Copy)]
pub struct Fell {
    pub host_no: i32,
    pub direction: Direction,
    /// Hundredths of a point; negative where it rose.
    pub fall: i32,
    pub level: Level,
}

/// Says of the verdicts of hosts that turned since `since` what their scores did with all of them: who fell step by step fell
/// as far with the first. Returns the stories that are others by it.
///
/// # Errors
/// sqlx's.
pub async fn weigh_anew(
    db: &mut PgConnection,
    fell: &[Fell],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<i64>> {
    let hosts: Vec<_> = fell.iter().map(|one| one.host_no).collect();
    let directions: Vec<&str> = fell.iter().map(|one| one.direction.name()).collect();
    let falls: Vec<_> = fell.iter().map(|one| one.fall).collect();
    let levels: Vec<_> = fell.iter().map(|one| one.level.number()).collect();
    sqlx::query_scalar!(
        "update drift_change c set fall = w.fall, level = greatest(c.level, w.level)
         from unnest($1::int[], $2::text[], $3::int[], $4::smallint[]) as w (host_no, direction, fall, level),
              drift d
         where c.host_no = w.host_no and c.recorded_at >= $5 and d.no = c.drift_no
             and d.sort = $6 and d.direction = w.direction
             and case w.direction when 'worse' then w.fall > c.fall else w.fall < c.fall end
         returning c.drift_no",
        &hosts,
        &directions as &[&str],
        &falls,
        &levels,
        since,
        Sort::Verdict.name(),
    )
    .fetch_all(db)
    .await
}

/// Keeps what stories come to, once their changes are others; returns their identities.
///
/// # Errors
/// sqlx's.
pub async fn sum(db: &mut PgConnection, stories: &[i64]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update drift d set last_at = s.last_at, unexplained = s.unexplained,
             level = greatest(s.level, case when s.hosts >= d.many then 2 else 0 end)
         from (select drift_no, max(recorded_at) as last_at, max(level) as level,
                      count(distinct host_no) as hosts,
                      bool_or(explained_by is null and acknowledged_at is null) as unexplained
               from drift_change where drift_no = any($1) group by drift_no) s
         where d.no = s.drift_no
         returning d.id",
        stories,
    )
    .fetch_all(db)
    .await
}

/// Keeps what somebody says of those changes of a story that nothing explains and nobody has said anything of: of hosts
/// `within`, `None` for all. Returns how many there were.
///
/// # Errors
/// sqlx's.
pub async fn acknowledge(
    db: &mut PgConnection,
    drift_no: i64,
    within: Option<&[i32]>,
    (who, note): (&str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update drift_change set acknowledged_by = $3, acknowledged_at = $4, note = $5
         where drift_no = $1 and explained_by is null and acknowledged_at is null
             and ($2::int[] is null or host_no in (
                  select host_no from host_in_group where group_no = any($2)))",
        drift_no,
        within,
        who,
        now,
        note,
    );
    Ok(done.execute(db).await?.rows_affected())
}

/// Forgets what was said of the changes of a story; as [`acknowledge`].
///
/// # Errors
/// sqlx's.
pub async fn reopen(
    db: &mut PgConnection,
    drift_no: i64,
    within: Option<&[i32]>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update drift_change set acknowledged_by = null, acknowledged_at = null, note = null
         where drift_no = $1 and acknowledged_at is not null
             and ($2::int[] is null or host_no in (
                  select host_no from host_in_group where group_no = any($2)))",
        drift_no,
        within,
    );
    Ok(done.execute(db).await?.rows_affected())
}
