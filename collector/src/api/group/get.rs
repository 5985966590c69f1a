use axum::{Json, extract::State};
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
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
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
) -> Result<Json<Group>, ApiError> {
    let within = within.groups();
    let found = store::group::find(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let (_, group) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    Ok(Json(group.into()))
}
