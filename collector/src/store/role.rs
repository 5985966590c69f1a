//! Rows of `role`: those that administrators have made.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::access::{self, Permission};

/// A role that somebody has made.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: String,
    pub description: String,
    /// Codes of permissions.
    pub permissions: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

/// All of them, by name.
///
/// # Errors
/// The database's.
pub async fn list(db: &mut PgConnection) -> sqlx::Result<Vec<Role>> {
    sqlx::query_as!(
        Role,
        "select name, description, permissions, created_at, created_by from role order by name"
    )
    .fetch_all(db)
    .await
}

/// The one of that name, whatever text that is.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Role>> {
    // No text of Postgres has one.
    if name.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        Role,
        "select name, description, permissions, created_at, created_by from role where name = $1",
        name,
    )
    .fetch_optional(db)
    .await
}

/// What the role of that name lets one do, be it one that every installation has or one that somebody has
/// made; `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn permissions(
    db: &mut PgConnection,
    name: &str,
) -> sqlx::Result<Option<Vec<Permission>>> {
    if let Some(role) = access::Role::named(name) {
        return Ok(Some(role.permissions()));
    }
    let role = find(db, name).await?;
    Ok(role.map(|role| super::access::known(&role.permissions)))
}

/// Adds a role. `false` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn create(db: &mut PgConnection, role: &Role) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into role (name, description, permissions, created_at, created_by)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        role.name,
        role.description,
        &role.permissions,
        role.created_at,
        role.created_by,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Replaces what a role is for and lets one do.
///
/// # Errors
/// The database's.
pub async fn replace(db: &mut PgConnection, role: &Role) -> sqlx::Result<()> {
    sqlx::query!(
        "update role set description = $2, permissions = $3 where name = $1",
        role.name,
        role.description,
        &role.permissions,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes a role.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from role where name = $1", name)
        .execute(db)
        .await
        .map(drop)
}

/// How many bindings name a role.
///
/// # Errors
/// The database's.
pub async fn uses(db: &mut PgConnection, name: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "uses!" from role_binding where role = $1"#,
        name
    )
    .fetch_one(db)
    .await
}
