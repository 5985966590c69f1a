//! Rows of `derive_due` and `derived`: hosts of which something was written, and up to where each has been looked at.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A host, and up to where it has been looked at.
#[derive(Debug, Clone)]
pub struct Due {
    pub host_no: i32,
    /// The number of the last change.
    pub change: i64,
    /// `None` before the first.
    pub posture_to: Option<DateTime<Utc>>,
    /// `None` before the first.
    pub liveness_to: Option<DateTime<Utc>>,
    /// Whether it was looked at through other lenses than these.
    pub anew: bool,
    /// Whether it may not report any more.
    pub revoked: bool,
}

/// Leaves hosts to be looked at: in the transaction that writes something of them.
///
/// # Errors
/// sqlx's.
pub async fn leave(db: &mut PgConnection, hosts: &[i32], now: DateTime<Utc>) -> sqlx::Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into derive_due (host_no, recorded_at) select distinct host_no, $2::timestamptz
         from unnest($1::integer[]) as h (host_no)",
        hosts,
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Leaves every host to be looked at that was looked at through other lenses.
///
/// # Errors
/// sqlx's.
pub async fn leave_unlike(
    db: &mut PgConnection,
    lenses: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "insert into derive_due (host_no, recorded_at)
         select d.host_no, $2 from derived d where d.lenses is distinct from $1
             and not exists (select from derive_due q where q.host_no = d.host_no)",
        lenses,
        now,
    );
    Ok(done.execute(db).await?.rows_affected())
}

/// Takes at most `limit` hosts that are due and that nobody else has, none of them one of `except`: they stay taken until
/// the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn take(
    db: &mut PgConnection,
    lenses: &[u8],
    except: &[i32],
    limit: i64,
) -> sqlx::Result<Vec<Due>> {
    // Hosts that were deleted meanwhile, and those that were never looked at.
    sqlx::query!(
        "delete from derive_due q where not exists (select from host h where h.host_no = q.host_no)"
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into derived (host_no)
         select distinct q.host_no from derive_due q join host h on h.host_no = q.host_no
         where not exists (select from derived d where d.host_no = q.host_no)
         on conflict do nothing"
    )
    .execute(&mut *db)
    .await?;
    let due = sqlx::query_as!(
        Due,
        r#"select d.host_no, d.change, d.posture_to, d.liveness_to, d.lenses is distinct from $1 as "anew!",
                  h.revoked_at is not null as "revoked!"
           from derived d join host h on h.host_no = d.host_no
           where d.host_no in (select q.host_no from derive_due q where q.host_no <> all($3)
                             group by 1 order by min(q.id) limit $2)
           order by d.host_no
           for update of d skip locked"#,
        lenses,
        limit,
        except,
    )
    .fetch_all(&mut *db)
    .await?;
    let hosts: Vec<i32> = due.iter().map(|due| due.host_no).collect();
    // What is written from now on is left again.
    sqlx::query!("delete from derive_due where host_no = any($1)", &hosts)
        .execute(db)
        .await?;
    Ok(due)
}

/// Notes up to where hosts have been looked at.
///
/// # Errors
/// sqlx's.
pub async fn done(db: &mut PgConnection, due: &[Due], lenses: &[u8]) -> sqlx::Result<()> {
    let hosts: Vec<i32> = due.iter().map(|due| due.host_no).collect();
    let changes: Vec<i64> = due.iter().map(|due| due.change).collect();
    let tos: Vec<_> = due.iter().map(|due| due.posture_to).collect();
    let heard: Vec<_> = due.iter().map(|due| due.liveness_to).collect();
    sqlx::query!(
        "update derived d set change = n.change, posture_to = n.posture_to, liveness_to = n.liveness_to, lenses = $4
         from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $5::timestamptz[])
             as n (host_no, change, posture_to, liveness_to)
         where d.host_no = n.host_no",
        &hosts,
        &changes,
        &tos as &[Option<DateTime<Utc>>],
        lenses,
        &heard as &[Option<DateTime<Utc>>],
    )
    .execute(db)
    .await
    .map(drop)
}
