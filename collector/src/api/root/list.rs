use axum::{Json, extract::State};
use sqlx::PgPool;

use super::Root;
use crate::{
    api::{error::ApiError, identity::Identity, page::Page},
    store,
};

/// List roots, newest first.
#[utoipa::path(get, path = "/api/v1/roots", tag = "content",
    responses((status = 200, body = Page<Root>)))]
pub(crate) async fn list_roots(
    _: Identity,
    State(db): State<PgPool>,
) -> Result<Json<Page<Root>>, ApiError> {
    let rows = store::bundle::root::after(&mut *db.acquire().await?, 0).await?;
    let items = rows.into_iter().rev().map(Root::try_from);
    let items = items.collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next: None }))
}
