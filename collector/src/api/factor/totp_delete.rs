use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::{self, ProvedOwner},
        trail::{Act, Trail},
    },
    store,
};

/// Remove one's authenticator app. Backup codes go with the last second factor.
#[utoipa::path(delete, path = "/api/v1/account/totp", tag = "account",
    responses((status = 204, description = "Removed"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`no_totp`")))]
pub(crate) async fn delete_totp(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    if !store::factor::totp::delete(&mut tx, owner.account).await? {
        return Err(ApiError::NoTotp);
    }
    factor::tidy(&mut tx, owner.account).await?;
    let act = Act::change("totp.remove").on("account", owner.account, &owner.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = owner.name, "authenticator app removed");
    Ok(StatusCode::NO_CONTENT)
}
