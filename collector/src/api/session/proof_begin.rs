use axum::{Json, extract::State};
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{
        ceremony::{self, Asked, Purpose},
        error::{ApiError, Problem},
        factor::Owner,
    },
    factor::passkey::Passkeys,
};

/// Begin to show with a passkey or a security key that it is still oneself.
#[utoipa::path(post, path = "/api/v1/session/proof/passkey/begin", tag = "session",
    responses((status = 200, body = Asked),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`passkey_not_found`: the account has none")))]
pub(crate) async fn ask_proof(
    owner: Owner,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passkeys): State<Passkeys>,
) -> Result<Json<Asked>, ApiError> {
    let now = clock.now();
    let asked = ceremony::ask_for(&db, &passkeys, Purpose::Prove, owner.account, now);
    Ok(Json(asked.await?))
}
