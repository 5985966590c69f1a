use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
        rollout::Rollout,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RolloutQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List rollouts, newest first.
#[utoipa::path(get, path = "/api/v1/rollouts", tag = "content", params(RolloutQuery),
    responses((status = 200, body = Page<Rollout>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_rollouts(
    _: Identity,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<RolloutQuery>,
) -> Result<Json<Page<Rollout>>, ApiError> {
    let (page, before) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let mut rows = store::rollout::list(&mut conn, before, page.one_more()).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Rollout::from).collect();
    Ok(Json(Page { items, next }))
}
