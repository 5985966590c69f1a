//! What is set for the whole fleet.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;

use super::{Editor, SettingsLayer, clear, set, show};
use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Within,
        input::Body,
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
    (within, precondition): (Within, Precondition),
    State(db): State<PgPool>,
) -> Result<Tagged<SettingsLayer>, ApiError> {
    let scope = Scope::Fleet;
    precondition.show(show(&mut *db.acquire().await?, scope, &within).await?)
}

/// Replace what is set for the whole fleet. Agents that are connected have it at once.
#[utoipa::path(put, path = "/api/v1/settings", tag = "settings",
    request_body = Layer,
    responses((status = 200, body = SettingsLayer),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_setting`")))]
pub(crate) async fn set_settings(
    editor: Editor,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(catalogue): State<Arc<Catalogue>>,
    Body(layer): Body<Layer>,
) -> Result<Tagged<SettingsLayer>, ApiError> {
    let scope = Scope::Fleet;
    let (layer, _) = set(&db, &clock, &catalogue, &editor, scope, layer).await?;
    fleet.ring_all();
    Ok(layer)
}

/// Set nothing any more for the whole fleet. Again is no error.
#[utoipa::path(delete, path = "/api/v1/settings", tag = "settings",
    responses((status = 204, description = "Nothing is set")))]
pub(crate) async fn clear_settings(
    editor: Editor,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let scope = Scope::Fleet;
    clear(&db, &editor, scope).await?;
    fleet.ring_all();
    Ok(StatusCode::NO_CONTENT)
}
