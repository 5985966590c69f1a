use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use super::Bundle;
use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BundleQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List bundles, newest first.
#[utoipa::path(get, path = "/api/v1/bundles", tag = "content", params(BundleQuery),
    responses((status = 200, body = Page<Bundle>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_bundles(
    _: Identity,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<BundleQuery>,
) -> Result<Json<Page<Bundle>>, ApiError> {
    let (page, before) = pages.asked::<i64>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let mut rows = store::bundle::list(&mut conn, before, page.one_more()).await?;
    let next = page.cut(&mut rows, |row| row.serial)?;
    let items = rows.into_iter().map(Bundle::from).collect();
    Ok(Json(Page { items, next }))
}
