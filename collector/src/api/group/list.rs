use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        group::Group,
        identity::Within,
        input::Query,
        page::Page,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupQuery {
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub(super) limit: Option<u16>,
}

/// List groups, by name.
#[utoipa::path(get, path = "/api/v1/groups", tag = "groups", params(GroupQuery),
    responses((status = 200, body = Page<Group>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_groups(
    within: Within,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<GroupQuery>,
) -> Result<Json<Page<Group>>, ApiError> {
    let (page, after) = pages.asked::<String>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let more = page.one_more();
    let within = within.groups();
    let mut rows = store::group::list(&mut conn, within.as_deref(), after.as_deref(), more).await?;
    let next = page.cut(&mut rows, |row| row.name.clone())?;
    let items = rows.into_iter().map(Group::from).collect();
    Ok(Json(Page { items, next }))
}
