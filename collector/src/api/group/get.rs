use axum::extract::State;
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        group::Group,
        identity::Within,
        input::GroupPath,
    },
    store,
};

/// Show one group.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "groups", params(("id" = Uuid, Path)),
    responses((status = 200, body = Group),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn get_group(
    within: Within,
    precondition: Precondition,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
) -> Result<Tagged<Group>, ApiError> {
    let within = within.groups();
    let found = store::group::find(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let (_, group) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    precondition.show(group.into())
}
