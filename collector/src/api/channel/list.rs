use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{channel::Channel, error::ApiError},
    store,
};

/// All channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Channels {
    items: Vec<Channel>,
}

/// List channels, by name.
#[utoipa::path(get, path = "/api/v1/channels", tag = "notifications",
    responses((status = 200, body = Channels)))]
pub(crate) async fn list_channels(State(db): State<PgPool>) -> Result<Json<Channels>, ApiError> {
    let rows = store::channel::all(&mut *db.acquire().await?).await?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Json(Channels { items }))
}
