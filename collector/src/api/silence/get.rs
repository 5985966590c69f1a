use axum::{Json, extract::State};
use sqlx::PgPool;

use crate::api::{
    error::{ApiError, Problem},
    identity::Within,
    silence::{Silence, SilencePath, find},
};

/// Show a silence.
#[utoipa::path(get, path = "/api/v1/silences/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 200, body = Silence),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`silence_not_found`")))]
pub(crate) async fn get_silence(
    within: Within,
    SilencePath(id): SilencePath,
    State(db): State<PgPool>,
) -> Result<Json<Silence>, ApiError> {
    let row = find(&mut *db.acquire().await?, &within, id).await?;
    Ok(Json(row.into()))
}
