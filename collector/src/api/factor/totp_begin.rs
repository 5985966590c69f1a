use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::{ProvedOwner, place},
        trail::{Act, Trail},
    },
    authority::Authority,
    factor::totp::{self, Totp},
    store,
};

/// A secret for an authenticator app, shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTotp {
    /// To be typed where nothing can be scanned: base32.
    secret: String,
    /// To be scanned: `otpauth://totp/…`.
    uri: String,
    /// `uri` as a QR code.
    qr: Qr,
}

/// A QR code to be drawn.
#[derive(Serialize, ToSchema)]
pub(crate) struct Qr {
    /// Width and height in modules; four more on each side are to be left light.
    size: u8,
    /// The dark modules, as the `d` of an SVG path.
    path: String,
}

/// Begin to enrol an authenticator app. It counts from the moment at which a code of it is confirmed.
#[utoipa::path(post, path = "/api/v1/account/totp", tag = "account",
    responses((status = 201, body = NewTotp),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`totp_exists`: remove the one that there is first")))]
pub(crate) async fn begin_totp(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(authority): State<Authority>,
) -> Result<(StatusCode, Json<NewTotp>), ApiError> {
    let mut secret = zeroize::Zeroizing::new([0; totp::SECRET]);
    getrandom::fill(&mut *secret).map_err(ApiError::Random)?;
    let totp = Totp::new(&owner.name, &*secret).map_err(ApiError::Totp)?;
    let uri = totp.uri().map_err(ApiError::Totp)?;
    let (size, path) = totp::qr(&uri).unwrap_or_default();
    let sealed = authority.vault().seal(&place(owner.account), &*secret);
    let mut tx = db.begin().await?;
    if !store::factor::totp::begin(&mut tx, owner.account, &sealed, clock.now()).await? {
        return Err(ApiError::TotpExists);
    }
    let act = Act::change("totp.begin").on("account", owner.account, &owner.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    let secret = totp.base32();
    let qr = Qr { size, path };
    Ok((StatusCode::CREATED, Json(NewTotp { secret, uri, qr })))
}
