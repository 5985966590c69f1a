use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{Origin, error::ApiError, provider::Provider},
    store,
};

/// All providers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Providers {
    items: Vec<Provider>,
}

/// List identity providers, by name.
#[utoipa::path(get, path = "/api/v1/identity-providers", tag = "identity providers",
    responses((status = 200, body = Providers)))]
pub(crate) async fn list_identity_providers(
    State(db): State<PgPool>,
    State(origin): State<Origin>,
) -> Result<Json<Providers>, ApiError> {
    let mut conn = db.acquire().await?;
    let mut items = Vec::new();
    for row in store::provider::all(&mut conn).await? {
        let mappings = store::provider::mappings(&mut conn, &row.name).await?;
        items.push(Provider::new(row, mappings, &origin));
    }
    Ok(Json(Providers { items }))
}
