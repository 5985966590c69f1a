use axum::{Json, extract::State};
use sqlx::PgPool;

use crate::{
    access,
    api::{error::ApiError, page::Page, role::Role},
    store,
};

/// List the roles: those that every installation has, from the least to the most, then the others by name.
#[utoipa::path(get, path = "/api/v1/roles", tag = "roles",
    responses((status = 200, body = Page<Role>)))]
pub(crate) async fn list_roles(State(db): State<PgPool>) -> Result<Json<Page<Role>>, ApiError> {
    let made = store::role::list(&mut *db.acquire().await?).await?;
    let built_in = access::Role::ALL.into_iter().map(Role::from);
    let items = built_in.chain(made.into_iter().map(Role::from)).collect();
    Ok(Json(Page { items, next: None }))
}
