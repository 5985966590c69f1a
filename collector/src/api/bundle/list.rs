use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;

use super::Bundle;
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::{self, Page},
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
    Query(query): Query<BundleQuery>,
) -> Result<Json<Page<Bundle>>, ApiError> {
    let limit = page::limit(query.limit)?;
    let before = page::decode::<i64>(query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let mut rows = store::bundle::list(&mut conn, before, page::one_more(limit)).await?;
    let next = page::cut(&mut rows, limit, |row| row.serial)?;
    let items = rows.into_iter().map(Bundle::from).collect();
    Ok(Json(Page { items, next }))
}
