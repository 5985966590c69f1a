use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::GroupQuery;
use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::{GroupPath, Query},
        page::Page,
    },
    store,
};

/// A host on which the expression of a group comes to nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupError {
    pub(super) id: Uuid,
    pub(super) hostname: String,
    /// Why, with the place in the expression.
    pub(super) error: String,
}

/// List the hosts on which the expression of a group comes to nothing, by identity. They do not belong to it
/// by that.
#[utoipa::path(get, path = "/api/v1/groups/{id}/errors", tag = "groups",
    params(("id" = Uuid, Path), GroupQuery),
    responses((status = 200, body = Page<GroupError>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn list_group_errors(
    within: Within,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<GroupQuery>,
) -> Result<Json<Page<GroupError>>, ApiError> {
    let (page, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let (mut conn, within) = (db.acquire().await?, within.groups());
    let within = within.as_deref();
    let found = store::group::find(&mut conn, id, within).await?;
    let (number, _) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    let more = page.one_more();
    let rows = store::group::answer::failures(&mut conn, number, within, after, more);
    let mut rows = rows.await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(|row| GroupError {
        id: row.id,
        hostname: row.hostname,
        error: row.error,
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}
