//! Rows of `baseline`: instants of hosts and groups that people hold on to.

/// What of hosts was otherwise.
pub mod fact;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::posture::Lens;

/// An instant with a name.
#[derive(Debug, Clone)]
pub struct Baseline {
    pub id: Uuid,
    pub name: String,
    /// One of the two.
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    pub at: DateTime<Utc>,
    /// Never [`Lens::All`]; `None` for every rule.
    pub lens: Option<Lens>,
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// Who said last which instant it is, and when.
    pub pinned_by: String,
    pub pinned_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    name: String,
    host: Option<Uuid>,
    group: Option<Uuid>,
    at: DateTime<Utc>,
    lens_sort: Option<String>,
    lens_key: Option<String>,
    note: String,
    created_by: String,
    created_at: DateTime<Utc>,
    pinned_by: String,
    pinned_at: DateTime<Utc>,
}

impl From<Row> for Baseline {
    fn from(row: Row) -> Self {
        let lens = row.lens_sort.zip(row.lens_key);
        Self {
            id: row.id,
            name: row.name,
            host: row.host,
            group: row.group,
            at: row.at,
            lens: lens.map(|(sort, key)| match sort.as_str() {
                "framework" => Lens::Framework(key),
                _ => Lens::Profile(key),
            }),
            note: row.note,
            created_by: row.created_by,
            created_at: row.created_at,
            pinned_by: row.pinned_by,
            pinned_at: row.pinned_at,
        }
    }
}

/// Lets nobody else change baselines until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch baselines'))")
        .execute(db)
        .await
        .map(drop)
}

/// Whether the host or the group of these short numbers has a baseline of that name.
///
/// # Errors
/// sqlx's.
pub async fn has(
    db: &mut PgConnection,
    name: &str,
    (host_no, group_no): (Option<i32>, Option<i32>),
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from baseline where name = $1 and host_no is not distinct from $2
                   and group_no is not distinct from $3) as "has!""#,
        name,
        host_no,
        group_no,
    )
    .fetch_one(db)
    .await
}

/// Adds a baseline of the host or the group of these short numbers.
///
/// # Errors
/// sqlx's.
pub async fn insert(
    db: &mut PgConnection,
    baseline: &Baseline,
    (host_no, group_no): (Option<i32>, Option<i32>),
) -> sqlx::Result<()> {
    let lens = baseline.lens.as_ref().map(Lens::name);
    let done = sqlx::query!(
        "insert into baseline (id, name, host_no, group_no, at, lens_sort, lens_key, note, created_by, created_at,
             pinned_by, pinned_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        baseline.id,
        baseline.name,
        host_no,
        group_no,
        baseline.at,
        lens.map(|(sort, _)| sort),
        lens.map(|(_, key)| key),
        baseline.note,
        baseline.created_by,
        baseline.created_at,
        baseline.pinned_by,
        baseline.pinned_at,
    );
    done.execute(db).await.map(drop)
}

/// Names another instant.
///
/// # Errors
/// sqlx's.
pub async fn promote(
    db: &mut PgConnection,
    id: Uuid,
    at: DateTime<Utc>,
    by: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update baseline set at = $2, pinned_at = $2, pinned_by = $3 where id = $1",
        id,
        at,
        by,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes a baseline.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from baseline where id = $1", id)
        .execute(db)
        .await
        .map(drop)
}

/// Which baselines.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    pub id: Option<Uuid>,
    /// Of this host itself.
    pub host: Option<Uuid>,
    pub group: Option<Uuid>,
    /// Of these groups, or a host of them; `None` for all.
    pub within: Option<&'a [i32]>,
    /// The last of the page before.
    pub after: Option<Uuid>,
    pub limit: i64,
}

/// Baselines by their identity, which rises with the time of making.
///
/// # Errors
/// sqlx's.
pub async fn list(db: &mut PgConnection, of: Listing<'_>) -> sqlx::Result<Vec<Baseline>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select b.id, b.name, h.id as "host?", g.id as "group?", b.at, b.lens_sort, b.lens_key, b.note,
                  b.created_by, b.created_at, b.pinned_by, b.pinned_at
           from baseline b left join host h on h.host_no = b.host_no
           left join host_group g on g.group_no = b.group_no
           where ($1::uuid is null or b.id = $1)
             and ($2::uuid is null or h.id = $2)
             and ($3::uuid is null or g.id = $3)
             and ($4::int[] is null or b.group_no = any($4) or b.host_no in (
                  select host_no from host_in_group where group_no = any($4)))
             and ($5::uuid is null or b.id > $5)
           order by b.id limit $6"#,
        of.id,
        of.host,
        of.group,
        of.within,
        of.after,
        of.limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Baseline::from).collect())
}

/// A baseline, if it is of one of the groups `within` or a host of them.
///
/// # Errors
/// sqlx's.
pub async fn find(
    db: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Baseline>> {
    let listing = Listing {
        id: Some(id),
        within,
        limit: 1,
        ..Listing::default()
    };
    Ok(list(db, listing).await?.pop())
}

/// Remembers that nothing of before `at` is kept any more.
///
/// # Errors
/// sqlx's.
pub async fn forget_before(db: &mut PgConnection, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into past_kept (kept_from) values ($1)
         on conflict (one) do update set kept_from = greatest(past_kept.kept_from, excluded.kept_from)",
        at,
    )
    .execute(db)
    .await
    .map(drop)
}
