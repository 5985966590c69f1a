use axum::{Extension, Json, extract::State};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use std::sync::Arc;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::{
    api::{
        attempt::Attempts,
        error::{ApiError, Problem},
        identity::{self, Connection, Identity},
        input::Body,
        password::Passwords,
        session::Session,
    },
    store,
};

/// Name and password of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// Sign in: sets the cookie `openwatch_session`.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", security(()),
    request_body = Credentials,
    responses((status = 200, body = Session),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "`bad_credentials`"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn create_session(
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(attempts): State<Arc<Attempts>>,
    State(passwords): State<Passwords>,
    connection: Option<Extension<Connection>>,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let now = clock.now();
    let peer = connection.and_then(|Extension(connection)| connection.peer);
    let Credentials { name, password } = credentials;
    let attempt = attempts.begin(&name, peer, now).map_err(|retry_after_s| {
        warn!(peer.address = ?peer, "sign-in refused: too many attempts");
        ApiError::TooManyAttempts { retry_after_s }
    })?;
    let account = store::account::find(&mut *db.acquire().await?, &name).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let fits = passwords.verify(password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        warn!(peer.address = ?peer, "sign-in failed");
        return Err(ApiError::BadCredentials);
    };
    attempts.forgive(&attempt);
    let secret = identity::new_secret()?;
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let mut conn = db.acquire().await?;
    store::session::create(&mut conn, &hash, account.id, now, now + identity::ABSOLUTE).await?;
    info!(account.name = account.name, peer.address = ?peer, "signed in");
    let expires_at = Some(identity::first_expiry(now));
    let identity = Identity {
        name: account.name,
        expires_at,
    };
    Ok((jar.add(identity::cookie(secret)), Json(identity.into())))
}
