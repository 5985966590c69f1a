//! What is set for a group.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Editor, SettingsLayer, clear, set, show};
use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Within,
        input::{Body, GroupPath},
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
    (within, precondition): (Within, Precondition),
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
) -> Result<Tagged<SettingsLayer>, ApiError> {
    let scope = number(&db, id, &within).await?;
    precondition.show(show(&mut *db.acquire().await?, scope, &within).await?)
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
    editor: Editor,
    GroupPath(id): GroupPath,
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

/// Set nothing any more for a group. Again is no error.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/settings", tag = "settings",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nothing is set"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn clear_group_settings(
    editor: Editor,
    GroupPath(id): GroupPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
) -> Result<StatusCode, ApiError> {
    let scope = number(&db, id, &editor.within).await?;
    let hosts = clear(&db, &editor, scope).await?;
    fleet.ring(&hosts);
    Ok(StatusCode::NO_CONTENT)
}

async fn number(db: &PgPool, id: Uuid, within: &Within) -> Result<Scope, ApiError> {
    let within = within.groups();
    let found = store::group::find(&mut *db.acquire().await?, id, within.as_deref()).await?;
    let (number, _) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
    Ok(Scope::Group(number))
}
