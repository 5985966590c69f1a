use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        input::NamePath,
        role::{Role, subject},
        trail::{Act, Trail},
    },
    store,
};

/// Delete a role that nobody has any more.
#[utoipa::path(delete, path = "/api/v1/roles/{name}", tag = "roles",
    params(("name" = String, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`role_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`built_in_role`, `role_in_use`")))]
pub(crate) async fn delete_role(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let role = Role::from(subject(&mut tx, &identity, &name).await?);
    precondition.admit(&role)?;
    let uses = store::role::uses(&mut tx, &name).await?;
    if uses > 0 {
        return Err(ApiError::RoleInUse { name, uses });
    }
    store::role::delete(&mut tx, &name).await?;
    let act = Act::change("role.delete").on("role", &name, &name);
    trail.note(&mut tx, act.before(&role)?).await?;
    tx.commit().await?;
    info!(role.name = name, by = identity.name, "role deleted");
    Ok(StatusCode::NO_CONTENT)
}
