//! Rows of `rollout`: how bundles came and come to the fleet.

use chrono::{DateTime, Utc};
use shared::wire::ContentHash;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::rollout::{Bundle, Plan, Rollout, State};

/// What happened to rollouts.
pub mod event;

/// How the hosts of a rollout stand.
pub mod observe;

/// What trials predict.
pub mod prediction;

/// Which of them brought a file to a host.
pub mod reached;

/// What hosts are to have that no rollout is at.
pub mod standing;

/// A rollout, as it is in the table.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: Uuid,
    pub rollout: Rollout,
    /// Since when the last ring is open.
    pub ring_since: DateTime<Utc>,
    /// What the fleet was to have before; `None` for what was installed with agents.
    pub before: Option<Bundle>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    /// When it was more than a trial for the first time.
    pub started_at: Option<DateTime<Utc>>,
}

struct Row {
    id: Uuid,
    manifest: Vec<u8>,
    serial: i64,
    plan: Json<Plan>,
    state: String,
    order_id: Uuid,
    ring: i32,
    ring_since: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    before: Option<Vec<u8>>,
    before_serial: Option<i64>,
    back: Option<Vec<u8>>,
    back_serial: Option<i64>,
    created_at: DateTime<Utc>,
    created_by: String,
    started_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Kept {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let state = State::named(&row.state)
            .ok_or_else(|| senseless(format!("rollout.state of {} is {:?}", row.id, row.state)))?;
        Ok(Self {
            id: row.id,
            rollout: Rollout {
                bundle: bundle(row.serial, &row.manifest)?,
                plan: row.plan.0,
                state,
                order: row.order_id,
                ring: usize::try_from(row.ring).unwrap_or(0),
                settled_at: row.settled_at,
                back: maybe(row.back_serial, row.back)?,
            },
            ring_since: row.ring_since,
            before: maybe(row.before_serial, row.before)?,
            created_at: row.created_at,
            created_by: row.created_by,
            started_at: row.started_at,
        })
    }
}

/// Waits until nobody else moves a rollout; until the transaction ends, nobody else does.
///
/// # Errors
/// sqlx's.
pub async fn lock(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch rollout'))")
        .execute(db)
        .await
        .map(drop)
}

/// The same without waiting. `false`: another collector is at it.
///
/// # Errors
/// sqlx's.
pub async fn try_lock(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtext('openwatch rollout')) as "mine!""#
    )
    .fetch_one(db)
    .await
}

/// Adds a rollout.
///
/// # Errors
/// sqlx's.
pub async fn insert(db: &mut PgConnection, kept: &Kept) -> sqlx::Result<()> {
    let rollout = &kept.rollout;
    sqlx::query!(
        "insert into rollout (id, manifest, plan, state, order_id, ring, ring_since, before,
             created_at, created_by, started_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        kept.id,
        &rollout.bundle.manifest[..],
        Json(&rollout.plan) as _,
        rollout.state.name(),
        rollout.order,
        number(rollout.ring),
        kept.ring_since,
        kept.before.as_ref().map(|before| &before.manifest[..]),
        kept.created_at,
        kept.created_by,
        kept.started_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Keeps how a rollout stands now.
///
/// # Errors
/// sqlx's.
pub async fn update(db: &mut PgConnection, kept: &Kept) -> sqlx::Result<()> {
    let rollout = &kept.rollout;
    sqlx::query!(
        "update rollout set state = $2, order_id = $3, ring = $4, ring_since = $5, settled_at = $6,
             back = $7, started_at = $8
         where id = $1",
        kept.id,
        rollout.state.name(),
        rollout.order,
        number(rollout.ring),
        kept.ring_since,
        rollout.settled_at,
        rollout.back.as_ref().map(|back| &back.manifest[..]),
        kept.started_at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Rollouts, the newest first; those before `before`, or the one of that identity.
///
/// # Errors
/// sqlx's.
async fn select(
    db: &mut PgConnection,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Kept>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.manifest, b.serial, plan as "plan: Json<Plan>", state, order_id, ring,
                  ring_since, settled_at, before, before_bundle.serial as "before_serial?", back,
                  back_bundle.serial as "back_serial?", created_at, created_by, started_at
           from rollout r join bundle b on b.manifest = r.manifest
           left join bundle before_bundle on before_bundle.manifest = r.before
           left join bundle back_bundle on back_bundle.manifest = r.back
           where ($1::uuid is null or r.id = $1) and ($2::uuid is null or r.id < $2)
           order by r.id desc limit $3"#,
        id,
        before,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Kept::try_from).collect()
}

/// Rollouts, the newest first, those before `before`.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Kept>> {
    select(db, None, before, limit).await
}

/// A rollout.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Kept>> {
    Ok(select(db, Some(id), None, 1).await?.pop())
}

/// The newest rollout: the only one that can be moved.
///
/// # Errors
/// sqlx's.
pub async fn newest(db: &mut PgConnection) -> sqlx::Result<Option<Kept>> {
    Ok(select(db, None, None, 1).await?.pop())
}

/// The highest serial that came in force anywhere by a rollout; 0 before the first.
///
/// # Errors
/// sqlx's.
pub async fn highest(db: &mut PgConnection) -> sqlx::Result<u64> {
    let highest = sqlx::query_scalar!(
        r#"select coalesce(max(serial), 0) as "serial!" from rollout r
           join bundle b on b.manifest = coalesce(r.back, r.manifest) where started_at is not null"#
    );
    Ok(highest.fetch_one(db).await?.unsigned_abs())
}

/// The path of one file that is in one bundle and not, or another, in the other; `None` when their
/// content is the same.
///
/// # Errors
/// sqlx's.
pub async fn difference(
    db: &mut PgConnection,
    one: &ContentHash,
    other: &ContentHash,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"select coalesce(a.path, b.path) as "path!"
           from (select path, hash from bundle_file where manifest = $1) a
           full join (select path, hash from bundle_file where manifest = $2) b on b.path = a.path
           where a.hash is distinct from b.hash order by 1 limit 1"#,
        &one[..],
        &other[..],
    )
    .fetch_optional(db)
    .await
}

/// Those of the groups that there are not.
///
/// # Errors
/// sqlx's.
pub async fn strangers(db: &mut PgConnection, groups: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as named (id)
           where not exists (select from host_group g where g.id = named.id)"#,
        groups,
    )
    .fetch_all(db)
    .await
}

/// The bundle of a row.
///
/// # Errors
/// sqlx's, when the row does not hold what it should.
pub fn bundle(serial: i64, manifest: &[u8]) -> sqlx::Result<Bundle> {
    let length = manifest.len();
    let manifest = manifest.try_into().map_err(|_| {
        senseless(format!(
            "the manifest of bundle {serial} has {length} bytes"
        ))
    })?;
    Ok(Bundle {
        serial: serial.unsigned_abs(),
        manifest,
    })
}

fn maybe(serial: Option<i64>, manifest: Option<Vec<u8>>) -> sqlx::Result<Option<Bundle>> {
    let both = serial.zip(manifest);
    both.map(|(serial, manifest)| bundle(serial, &manifest))
        .transpose()
}

fn number(ring: usize) -> i32 {
    i32::try_from(ring).unwrap_or(i32::MAX)
}

fn senseless(text: String) -> sqlx::Error {
    sqlx::Error::Decode(text.into())
}
