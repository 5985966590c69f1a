//! Rows of `role_binding`: which roles accounts have, and for which hosts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A role of an account.
#[derive(Debug, Clone)]
pub struct Binding {
    pub id: Uuid,
    pub account: Uuid,
    pub role: String,
    /// For the hosts of this group; `None` for everything.
    pub group_id: Option<Uuid>,
    pub group_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

/// The bindings of these accounts, the oldest first.
///
/// # Errors
/// The database's.
pub async fn of(db: &mut PgConnection, accounts: &[Uuid]) -> sqlx::Result<Vec<Binding>> {
    sqlx::query_as!(
        Binding,
        r#"select b.id, account_id as account, role, g.id as "group_id?", g.name as "group_name?",
                  b.created_at, created_by
           from role_binding b left join host_group g using (group_no)
           where account_id = any($1) order by b.created_at, b.id"#,
        accounts,
    )
    .fetch_all(db)
    .await
}

/// Gives an account a role, everywhere or for the hosts of a group. Returns its identity; `None` when the
/// account has it already.
///
/// # Errors
/// The database's.
pub async fn create(
    db: &mut PgConnection,
    account: Uuid,
    role: &str,
    group_no: Option<i32>,
    by: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "insert into role_binding (id, account_id, role, group_no, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id",
        Uuid::now_v7(),
        account,
        role,
        group_no,
        at,
        by,
    )
    .fetch_optional(db)
    .await
}

/// Takes a binding away.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from role_binding where id = $1", id)
        .execute(db)
        .await
        .map(drop)
}
