//! What is set for the whole fleet.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;

use super::{SettingsLayer, clear, set, show};
use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::Body,
        trail::Trail,
    },
    catalogue::Catalogue,
    fleet::Fleet,
    settings::Layer,
    store::settings::Scope,
};

/// Show what is set for the whole fleet, by itself alone.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings",
    responses((status = 200, body = SettingsLayer)))]
pub(crate) async fn get_settings(
    within: Within,
    State(db): State<PgPool>,
) -> Result<Json<SettingsLayer>, ApiError> {
    let scope = Scope::Fleet;
    Ok(Json(show(&db, scope, &within).await?))
}

/// Replace what is set for the whole fleet. Agents that are connected have it at once.
#[utoipa::path(put, path = "/api/v1/settings", tag = "settings",
    request_body = Layer,
    responses((status = 200, body = SettingsLayer),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_setting`")))]
pub(crate) async fn set_settings(
    (identity, within, trail): (Identity, Within, Trail),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(catalogue): State<Arc<Catalogue>>,
    Body(layer): Body<Layer>,
) -> Result<Json<SettingsLayer>, ApiError> {
    let scope = Scope::Fleet;
    set(&db, &clock, &catalogue, (&identity, &trail), scope, layer).await?;
    fleet.ring_all();
    Ok(Json(show(&db, scope, &within).await?))
}

/// Set nothing any more for the whole fleet. Again is no error.
#[utoipa::path(delete, path = "/api/v1/settings", tag = "settings",
    responses((status = 204, description = "Nothing is set")))]
pub(crate) async fn clear_settings(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let scope = Scope::Fleet;
    clear(&db, (&identity, &trail), scope).await?;
    fleet.ring_all();
    Ok(StatusCode::NO_CONTENT)
}
