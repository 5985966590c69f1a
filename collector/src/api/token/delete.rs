use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::TokenPath,
    },
    store,
};

/// Withdraw an enrolment token. Hosts that enrolled with it stay. Again is no error.
#[utoipa::path(delete, path = "/api/v1/enrollment-tokens/{id}", tag = "enrollment",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Withdrawn"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`token_not_found`")))]
pub(crate) async fn revoke_token(
    identity: Identity,
    within: Within,
    TokenPath(id): TokenPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<StatusCode, ApiError> {
    let (within, now) = (within.groups(), clock.now());
    if !store::issue::revoke(&mut *db.acquire().await?, id, now, within.as_deref()).await? {
        return Err(ApiError::TokenNotFound(id.to_string()));
    }
    info!(token.id = %id, account.name = identity.name, "enrolment token withdrawn");
    Ok(StatusCode::NO_CONTENT)
}
