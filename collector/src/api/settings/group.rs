//! What is set for a group.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use uuid::Uuid;

use super::{SettingsLayer, clear, set, show};
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, GroupPath},
        trail::Trail,
    },
    catalogue::Catalogue,
    fleet::Fleet,
    settings::Layer,
    store::{self, settings::Scope},
};

/// Show what is set for a group, by itself alone.
#[utoipa::path(get, path = "/api/v1/groups/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = SettingsLayer),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn get_group_settings(
    within: Within,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
) -> Result<Json<SettingsLayer>, ApiError> {
    let scope = number(&db, id, &within).await?;
    Ok(Json(show(&db, scope, &within).await?))
}

/// Replace what is set for a group. Agents that are connected have it at once.
#[utoipa::path(put, path = "/api/v1/groups/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    request_body = Layer,
    responses((status = 200, body = SettingsLayer),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_setting`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn set_group_settings(
    (identity, within, trail): (Identity, Within, Trail),
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(catalogue): State<Arc<Catalogue>>,
    Body(layer): Body<Layer>,
) -> Result<Json<SettingsLayer>, ApiError> {
    let scope = number(&db, id, &within).await?;
    let hosts = set(&db, &clock, &catalogue, (&identity, &trail), scope, layer).await?;
    fleet.ring(&hosts);
    Ok(Json(show(&db, scope, &within).await?))
}

/// Set nothing any more for a group. Again is no error.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nothing is set"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn clear_group_settings(
    identity: Identity,
    within: Within,
    trail: Trail,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let scope = number(&db, id, &within).await?;
    let hosts = clear(&db, (&identity, &trail), scope).await?;
    fleet.ring(&hosts);
    Ok(StatusCode::NO_CONTENT)
}

async fn number(db: &PgPool, id: Uuid, within: &Within) -> Result<Scope, ApiError> {
    let within = within.groups();
    let found = store::group::find(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let (number, _) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    Ok(Scope::Group(number))
}
