use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::{self, ProvedOwner},
        input::PasskeyPath,
        trail::{Act, Trail},
    },
    store,
};

/// Remove one of one's passkeys or security keys. Backup codes go with the last second factor.
#[utoipa::path(delete, path = "/api/v1/account/passkeys/{id}", tag = "account",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`passkey_not_found`")))]
pub(crate) async fn delete_passkey(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
    PasskeyPath(id): PasskeyPath,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let name = store::factor::passkey::delete(&mut tx, owner.account, id).await?;
    let name = name.ok_or(ApiError::PasskeyNotFound)?;
    factor::tidy(&mut tx, owner.account).await?;
    let act = Act::change("passkey.remove").on("passkey", id, &name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = owner.name, "passkey removed");
    Ok(StatusCode::NO_CONTENT)
}
