//! Roles: what accounts may do, by name.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{self, Grants, Permission, Scope},
    api::{error::ApiError, etag::Editable, identity::Identity, input::printable, time::Time},
    store,
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod permissions;
pub(crate) mod replace;

/// Longest name, characters.
const MAX_NAME: usize = 64;
/// Longest description, characters.
const MAX_DESCRIPTION: usize = 1000;

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Role {
    name: String,
    description: String,
    /// What it lets one do, in the order of the registry.
    permissions: Vec<&'static str>,
    /// Every installation has it, and it stays as it is.
    built_in: bool,
    /// Null for one that every installation has.
    #[schema(required)]
    created_at: Option<Time>,
    #[schema(required)]
    created_by: Option<String>,
}

impl Editable for Role {}

impl From<access::Role> for Role {
    fn from(role: access::Role) -> Self {
        Self {
            name: role.name().into(),
            description: role.says().into(),
            permissions: codes(role.permissions()),
            built_in: true,
            created_at: None,
            created_by: None,
        }
    }
}

impl From<store::role::Role> for Role {
    fn from(role: store::role::Role) -> Self {
        Self {
            permissions: codes(store::access::known(&role.permissions)),
            name: role.name,
            description: role.description,
            built_in: false,
            created_at: Some(role.created_at.into()),
            created_by: Some(role.created_by),
        }
    }
}

fn codes(mut permissions: Vec<Permission>) -> Vec<&'static str> {
    permissions.sort();
    permissions.dedup();
    permissions.into_iter().map(Permission::code).collect()
}

/// Permissions by their codes, each once.
///
/// # Errors
/// [`ApiError::Parameter`] when there is none, or one that there is not.
pub(crate) fn parse(codes: &[String]) -> Result<Vec<Permission>, ApiError> {
    let permissions: Result<Vec<Permission>, _> = codes.iter().map(|code| code.parse()).collect();
    let mut permissions =
        permissions.map_err(|unknown| ApiError::parameter("permissions", format!("{unknown}")))?;
    if permissions.is_empty() {
        return Err(ApiError::parameter("permissions", "names none"));
    }
    permissions.sort();
    permissions.dedup();
    Ok(permissions)
}

/// A role is changed by those alone who may do everything that it lets one do, everywhere: whoever has it may
/// have it everywhere.
///
/// # Errors
/// [`ApiError::BeyondOwnRights`].
fn check_own(identity: &Identity, permissions: &[Permission]) -> Result<(), ApiError> {
    let mut given = Grants::default();
    given.add(permissions, &Scope::All);
    match identity.grants.lacks(&given) {
        Some(more) => Err(ApiError::BeyondOwnRights(more)),
        None => Ok(()),
    }
}

fn check_description(text: &str) -> Result<String, ApiError> {
    printable("description", text, 0, MAX_DESCRIPTION)
}

/// The role of that name, if it is one that can be changed by this person.
///
/// # Errors
/// [`ApiError::BuiltInRole`], [`ApiError::RoleNotFound`], [`ApiError::BeyondOwnRights`], and the database's.
async fn subject(
    tx: &mut sqlx::PgConnection,
    identity: &Identity,
    name: &str,
) -> Result<store::role::Role, ApiError> {
    if access::Role::named(name).is_some() {
        return Err(ApiError::BuiltInRole(name.into()));
    }
    store::access::lock(tx).await?;
    let role = store::role::find(tx, name).await?;
    let role = role.ok_or_else(|| ApiError::RoleNotFound(name.into()))?;
    check_own(identity, &store::access::known(&role.permissions))?;
    Ok(role)
}
