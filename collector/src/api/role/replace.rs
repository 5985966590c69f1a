use axum::extract::State;
use serde::Deserialize;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::{Body, NamePath},
        role::{Role, check_description, check_own, codes, parse, subject},
        trail::{Act, Trail},
    },
    store,
};

/// What is said of a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleFields {
    /// What it is for, up to 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    description: String,
    /// What it lets one do: codes of permissions.
    #[schema(min_items = 1)]
    permissions: Vec<String>,
}

/// Replace what a role lets one do, from the next request of everybody who has it. Neither what it was nor what
/// it becomes may be more than one may do oneself, everywhere.
#[utoipa::path(put, path = "/api/v1/roles/{name}", tag = "roles",
    params(("name" = String, Path)), request_body = RoleFields,
    responses((status = 200, body = Role),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`role_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`built_in_role`")))]
pub(crate) async fn replace_role(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    Body(fields): Body<RoleFields>,
) -> Result<Tagged<Role>, ApiError> {
    let permissions = parse(&fields.permissions)?;
    let description = check_description(&fields.description)?;
    let mut tx = db.begin().await?;
    let before = subject(&mut tx, &identity, &name).await?;
    precondition.admit(&Role::from(before.clone()))?;
    check_own(&identity, &permissions)?;
    let after = store::role::Role {
        description,
        permissions: codes(permissions).into_iter().map(Into::into).collect(),
        ..before.clone()
    };
    store::role::replace(&mut tx, &after).await?;
    let (before, after) = (Role::from(before), Role::from(after));
    let act = Act::change("role.replace").on("role", &name, &name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(role.name = name, by = identity.name, "role changed");
    Tagged::new(after)
}
