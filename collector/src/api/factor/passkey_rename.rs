use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::Owner,
        input::{Body, PasskeyPath, printable},
        trail::{Act, Trail},
    },
    store,
};

/// What to call it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyName {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Call one of one's passkeys or security keys otherwise.
#[utoipa::path(put, path = "/api/v1/account/passkeys/{id}", tag = "account",
    params(("id" = Uuid, Path)), request_body = PasskeyName,
    responses((status = 204, description = "Named"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`passkey_not_found`")))]
pub(crate) async fn rename_passkey(
    owner: Owner,
    trail: Trail,
    State(db): State<PgPool>,
    PasskeyPath(id): PasskeyPath,
    Body(PasskeyName { name }): Body<PasskeyName>,
) -> Result<StatusCode, ApiError> {
    let name = printable("name", &name, 1, 100)?;
    let mut tx = db.begin().await?;
    let before = store::factor::passkey::rename(&mut tx, owner.account, id, &name).await?;
    let before = before.ok_or(ApiError::PasskeyNotFound)?;
    let act = Act::change("passkey.rename").on("passkey", id, &name);
    trail
        .note(&mut tx, act.before(&before)?.after(&name)?)
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
