//! Rows of `host`.

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::PgConnection;

/// Marks a host as revoked and forgets its certificates. `None` when there is no such host,
/// `Some(false)` when it was revoked before.
///
/// # Errors
/// The database's.
pub async fn revoke(
    conn: &mut PgConnection,
    id: HostId,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<bool>> {
    let revoked = sqlx::query_scalar!(
        "with before as (select host_no, revoked_at from host where id = $1 for update),
              gone as (delete from certificate using before
                       where certificate.host_no = before.host_no)
         update host set revoked_at = coalesce(host.revoked_at, $2)
         from before where host.host_no = before.host_no
         returning before.revoked_at is null as \"first!\"",
        id.0,
        at,
    );
    revoked.fetch_optional(conn).await
}
