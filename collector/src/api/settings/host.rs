//! What is set for one host.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use shared::{clock::SharedClock, id::HostId};
use sqlx::PgPool;

use super::{Editor, SettingsLayer, clear, set, show};
use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Within,
        input::{Body, HostPath},
    },
    catalogue::Catalogue,
    fleet::Fleet,
    settings::Layer,
    store::{self, settings::Scope},
};

/// Show what is set for one host, by itself alone.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = SettingsLayer),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn get_host_settings(
    (within, precondition): (Within, Precondition),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
) -> Result<Tagged<SettingsLayer>, ApiError> {
    let scope = number(&db, id, &within).await?;
    precondition.show(show(&mut *db.acquire().await?, scope, &within).await?)
}

/// Replace what is set for one host. Agents that are connected have it at once.
#[utoipa::path(put, path = "/api/v1/hosts/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    request_body = Layer,
    responses((status = 200, body = SettingsLayer),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_setting`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn set_host_settings(
    editor: Editor,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(fleet): State<Fleet>,
    State(catalogue): State<Arc<Catalogue>>,
    Body(layer): Body<Layer>,
) -> Result<Tagged<SettingsLayer>, ApiError> {
    let scope = number(&db, id, &editor.within).await?;
    let (layer, hosts) = set(&db, &clock, &catalogue, &editor, scope, layer).await?;
    fleet.ring(&hosts);
    Ok(layer)
}

/// Set nothing any more for one host. Again is no error.
#[utoipa::path(delete, path = "/api/v1/hosts/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nothing is set"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn clear_host_settings(
    editor: Editor,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let scope = number(&db, id, &editor.within).await?;
    let hosts = clear(&db, &editor, scope).await?;
    fleet.ring(&hosts);
    Ok(StatusCode::NO_CONTENT)
}

async fn number(db: &PgPool, id: HostId, within: &Within) -> Result<Scope, ApiError> {
    let within = within.groups();
    let found = store::read::host::number(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let number = found.ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    Ok(Scope::Host(number))
}
