use axum::{Json, extract::State};
use chrono::TimeDelta;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::{self, BackupCodes, ProvedOwner},
        input::Body,
        trail::{Act, Trail},
    },
    authority::Authority,
    store,
};

/// A secret waits so long for its first code.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// A code of the app that is enrolled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

/// Confirm an authenticator app with a code of it. From now on signing in with the password needs one.
#[utoipa::path(post, path = "/api/v1/account/totp/confirm", tag = "account",
    request_body = FirstCode,
    responses((status = 200, body = BackupCodes),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`wrong_code`: it is not one of this app at this time"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`no_totp`: none was begun in the last 10 minutes")))]
pub(crate) async fn confirm_totp(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(authority): State<Authority>,
    Body(FirstCode { code }): Body<FirstCode>,
) -> Result<Json<BackupCodes>, ApiError> {
    let now = clock.now();
    let mut tx = db.begin().await?;
    let sealed = store::factor::totp::waiting(&mut tx, owner.account, now - PATIENCE).await?;
    let sealed = sealed.ok_or(ApiError::NoTotp)?;
    let totp = factor::open(authority.vault(), owner.account, &owner.name, &sealed)?;
    let step = totp.step(code.trim(), now).ok_or(ApiError::WrongCode)?;
    store::factor::totp::confirm(&mut tx, owner.account, step, now).await?;
    let codes = factor::provide(&mut tx, owner.account, now).await?;
    let act = Act::change("totp.enrol").on("account", owner.account, &owner.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = owner.name, "authenticator app enrolled");
    Ok(Json(codes))
}
