//! What hosts are to have that no rollout is at: those that join, and those that a halted one has left.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::bundle;
use crate::rollout::Bundle;

/// What the newest rollout that came to its end has brought, or brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub bundle: Bundle,
    pub order: Uuid,
    /// From this serial on a host has that content. Lower than the bundle's after one was rolled back: who
    /// never took that has the content already.
    pub enough: i64,
}

/// The newest of them; `None` before the first rollout has come to its end.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection) -> sqlx::Result<Option<Standing>> {
    let row = sqlx::query!(
        r#"select b.manifest, b.serial, order_id,
                  case when back is null then b.serial else coalesce(old.serial, b.serial) end
                      as "enough!"
           from rollout r join bundle b on b.manifest = coalesce(r.back, r.manifest)
           left join bundle old on old.manifest = r.before
           where state in ('completed', 'rolling_back', 'rolled_back') order by r.id desc limit 1"#
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Standing {
            bundle: bundle(row.serial, &row.manifest)?,
            order: row.order_id,
            enough: row.enough,
        })
    })
    .transpose()
}

/// Offers it to those hosts that are offered nothing and have less. Returns them.
///
/// # Errors
/// sqlx's.
pub async fn fill(
    db: &mut PgConnection,
    standing: Standing,
    at: DateTime<Utc>,
) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        "insert into host_offer (host_no, manifest, trial, order_id, offered_at)
         select h.host_no, $1, false, $2, $3
         from host h left join host_content c on c.host_no = h.host_no
         where h.revoked_at is null and coalesce(c.serial, 0) < $4
           and not exists (select from host_offer o where o.host_no = h.host_no)
         on conflict (host_no) do nothing returning host_no",
        &standing.bundle.manifest[..],
        standing.order,
        at,
        standing.enough,
    )
    .fetch_all(db)
    .await
}
