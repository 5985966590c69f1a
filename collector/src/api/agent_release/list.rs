use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{agent_release::AgentRelease, error::ApiError, identity::Identity},
    store,
};

/// The releases of the agent that are published here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentReleases {
    items: Vec<AgentRelease>,
}

/// List releases of the agent, newest first.
#[utoipa::path(get, path = "/api/v1/agent-releases", tag = "content",
    responses((status = 200, body = AgentReleases)))]
pub(crate) async fn list_agent_releases(
    _: Identity,
    State(db): State<PgPool>,
) -> Result<Json<AgentReleases>, ApiError> {
    let mut conn = db.acquire().await?;
    let releases = store::release::list(&mut conn).await?.into_iter();
    let items = releases.map(AgentRelease::read);
    let items = items.collect::<Result<_, _>>();
    let items = items.map_err(|error| ApiError::Release(error.to_string()))?;
    Ok(Json(AgentReleases { items }))
}
