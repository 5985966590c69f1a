use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use crate::{
    api::{
        ceremony::{self, Purpose},
        error::{ApiError, Problem},
        factor::{self, BackupCodes, ProvedOwner, get::Passkey},
        input::{Body, printable},
        trail::{Act, Trail},
    },
    factor::passkey::{Passkeys, Registration},
    store,
};

/// What a browser has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MadePasskey {
    /// As it came with the question.
    ceremony: String,
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The browser's `PublicKeyCredential`, as JSON.
    #[schema(value_type = Value)]
    credential: RegisterPublicKeyCredential,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedPasskey {
    passkey: Passkey,
    #[serde(flatten)]
    codes: BackupCodes,
}

/// Add the passkey or the security key that the browser has made. From now on signing in with the password needs a
/// second factor.
#[utoipa::path(post, path = "/api/v1/account/passkeys/finish", tag = "account",
    request_body = MadePasskey,
    responses((status = 201, body = AddedPasskey),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`passkey_refused`: it does not fit the question, or that was answered or is too old"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`passkey_exists`: it is somebody's already")))]
pub(crate) async fn finish_passkey(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passkeys): State<Passkeys>,
    Body(made): Body<MadePasskey>,
) -> Result<(StatusCode, Json<AddedPasskey>), ApiError> {
    let name = printable("name", &made.name, 1, 100)?;
    let now = clock.now();
    let begun = ceremony::take(&db, Purpose::Register, &made.ceremony, now).await;
    let begun = match begun {
        Ok(begun) if begun.account == Some(owner.account) => begun,
        Ok(_) | Err(ApiError::BadPasskey) => return Err(ApiError::PasskeyRefused),
        Err(error) => return Err(error),
    };
    let state: Registration = serde_json::from_value(begun.state).map_err(ApiError::Encode)?;
    let credential = passkeys
        .registered(&made.credential, &state)
        .map_err(|error| {
            warn!(
                error = &error as &dyn std::error::Error,
                "passkey not added"
            );
            ApiError::PasskeyRefused
        })?;
    let new = store::factor::passkey::Passkey {
        id: Uuid::now_v7(),
        account: owner.account,
        name,
        kind: state.kind().name().into(),
        credential_id: credential.id,
        credential: credential.value,
        created_at: now,
        used_at: None,
    };
    let mut tx = db.begin().await?;
    if !store::factor::passkey::add(&mut tx, &new).await? {
        return Err(ApiError::PasskeyExists);
    }
    let codes = factor::provide(&mut tx, owner.account, now).await?;
    let passkey = Passkey::from(new);
    let act = Act::change("passkey.add").on("account", owner.account, &owner.name);
    trail.note(&mut tx, act.after(&passkey)?).await?;
    tx.commit().await?;
    info!(account.name = owner.name, "passkey added");
    Ok((StatusCode::CREATED, Json(AddedPasskey { passkey, codes })))
}
