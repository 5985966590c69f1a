use axum::extract::State;
use sqlx::PgPool;

use crate::{
    access,
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        input::NamePath,
        role::Role,
    },
    store,
};

/// Show one role.
#[utoipa::path(get, path = "/api/v1/roles/{name}", tag = "roles",
    params(("name" = String, Path)),
    responses((status = 200, body = Role),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`role_not_found`")))]
pub(crate) async fn get_role(
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<Tagged<Role>, ApiError> {
    if let Some(role) = access::Role::named(&name) {
        return precondition.show(role.into());
    }
    let role = store::role::find(&mut *db.acquire().await?, &name).await?;
    let role = role.ok_or(ApiError::RoleNotFound(name))?;
    precondition.show(role.into())
}
