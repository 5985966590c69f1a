//! What accounts and tokens may do: bindings, and the roles that they name.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::{Binding, Grants, Permission, Role, Scope};

/// What follows from all bindings of an account; one for a group holds for the groups in it too. A role or a permission that this collector does not know
/// gives nothing.
///
/// # Errors
/// The database's.
pub async fn grants(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Grants> {
    let rows = sqlx::query!(
        r#"select b.role, r.permissions as "permissions?", b.group_no,
                  array(select descendant_no from group_descendant d where d.group_no = b.group_no)
                      as "groups!"
           from role_binding b left join role r on r.name = b.role where b.account_id = $1"#,
        account,
    )
    .fetch_all(db)
    .await?;
    let mut grants = Grants::default();
    for row in rows {
        let permissions = match Role::named(&row.role) {
            Some(role) => role.permissions(),
            None => known(&row.permissions.unwrap_or_default()),
        };
        let scope = row.group_no.map_or(Scope::All, |_| {
            Scope::Groups(row.groups.into_iter().collect())
        });
        grants.add(&permissions, &scope);
    }
    Ok(grants)
}

/// The permissions of these codes that there are.
pub fn known(codes: &[String]) -> Vec<Permission> {
    codes.iter().filter_map(|code| code.parse().ok()).collect()
}

/// A token that is good at the moment, and whose it is.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub account: Uuid,
    pub account_name: String,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    /// What it gives of what its maker may.
    pub grants: Grants,
}

/// The token whose text has this hash, unless it has ended, was revoked, or its account is locked.
///
/// # Errors
/// The database's.
pub async fn token(
    db: &mut PgConnection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Token>> {
    let row = sqlx::query!(
        r#"select t.id, t.account_id, a.name, t.permissions, t.groups, t.expires_at, t.used_at,
                array(select descendant_no from group_descendant d where d.group_no = any(t.groups))
                    as "within!"
         from api_token t join account a on a.id = t.account_id
         where t.hash = $1 and t.expires_at > $2 and t.revoked_at is null and a.disabled_at is null"#,
        hash,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let within = row.within.into_iter().collect::<BTreeSet<_>>();
        let scope = row.groups.map_or(Scope::All, |_| Scope::Groups(within));
        let mut grants = Grants::default();
        grants.add(&known(&row.permissions), &scope);
        Token {
            id: row.id,
            account: row.account_id,
            account_name: row.name,
            expires_at: row.expires_at,
            used_at: row.used_at,
            grants,
        }
    }))
}

/// Notes that a token was used.
///
/// # Errors
/// The database's.
pub async fn touch_token(db: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update api_token set used_at = $2 where id = $1", id, now)
        .execute(db)
        .await
        .map(drop)
}

/// Who changes accounts, roles or bindings does it alone: what was checked before still holds when it is done.
///
/// # Errors
/// The database's.
pub async fn lock(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table account, role, role_binding in share row exclusive mode")
        .execute(db)
        .await
        .map(drop)
}

/// A binding, with its group as people know it.
#[derive(Debug, Clone)]
pub struct Bound {
    pub binding: Binding,
    pub group: Option<(Uuid, String)>,
}

/// The bindings of an account, in the order in which they were made.
///
/// # Errors
/// The database's.
pub async fn bindings(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Vec<Bound>> {
    let rows = sqlx::query!(
        r#"select b.id, b.role, r.permissions as "permissions?", b.group_no,
                  g.id as "group_id?", g.name as "group_name?"
           from role_binding b left join role r on r.name = b.role
           left join host_group g on g.group_no = b.group_no
           where b.account_id = $1 order by b.created_at, b.role, g.name nulls first"#,
        account,
    )
    .fetch_all(db)
    .await?;
    let bound = rows.into_iter().map(|row| Bound {
        binding: Binding {
            id: row.id,
            permissions: match Role::named(&row.role) {
                Some(role) => role.permissions(),
                None => known(&row.permissions.unwrap_or_default()),
            },
            role: row.role,
            group: row.group_no,
        },
        group: row.group_id.zip(row.group_name),
    });
    Ok(bound.collect())
}
