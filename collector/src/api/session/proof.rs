//! Showing again who one is, before what is dangerous.

use axum::{Extension, Json, extract::State};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{PgConnection, PgPool};
use tracing::{info, warn};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        self,
        attempt::{Attempt, Attempts},
        error::{ApiError, Problem},
        factor,
        identity::{self, Doorman, Identity},
        input::Body,
        password::Passwords,
        session::{Session, shown},
        trail::{Act, Trail},
    },
    audit::Outcome,
    store::{self, account::Account},
};

/// What shows that it is still the same person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    #[schema(format = Password)]
    password: String,
    /// What an authenticator app shows, or a backup code, where the account has a second factor.
    code: Option<String>,
}

/// Show again who one is: for 15 minutes nothing asks for it. The session gets another cookie.
#[utoipa::path(post, path = "/api/v1/session/proof", tag = "session", request_body = Again,
    responses((status = 200, body = Session),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn prove(
    (identity, trail, jar): (Identity, Trail, CookieJar),
    State(api): State<api::State>,
    Extension(doorman): Extension<Doorman>,
    Body(again): Body<Again>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let api::State {
        db,
        clock,
        attempts,
        passwords,
        authority,
        ..
    } = api;
    let (_, session) = identity.session()?;
    let now = clock.now();
    let (password, code) = (again.password, again.code.as_deref());
    let (account, attempt) =
        check_password(&db, &attempts, &passwords, &identity, &trail, password, now).await?;
    let vault = authority.vault();
    let second = factor::second(&mut *db.acquire().await?, vault, &account, code, now).await;
    second.inspect_err(|refusal| {
        if let ApiError::CodeNeeded = refusal {
            attempts.withdraw(&attempt);
        }
    })?;
    attempts.forgive(&attempt);
    let mut tx = db.begin().await?;
    let secret = renew(&mut tx, session, now).await?;
    let act = Act::access("session.prove", Outcome::Done);
    trail
        .note(&mut tx, act.on("session", session, &identity.name))
        .await?;
    tx.commit().await?;
    info!(account.name = identity.name, "shown again who it is");
    shown(&doorman, jar, secret).await
}

/// Whether this is the password of who asks; guesses are counted like those of a sign-in. The attempt counts as a
/// failure until somebody says otherwise.
///
/// # Errors
/// [`ApiError::TooManyAttempts`], [`ApiError::WrongPassword`], and the database's.
pub(crate) async fn check_password(
    db: &PgPool,
    attempts: &Attempts,
    passwords: &Passwords,
    identity: &Identity,
    trail: &Trail,
    password: String,
    now: DateTime<Utc>,
) -> Result<(Account, Attempt), ApiError> {
    let attempt = attempts.begin(&identity.name, trail.address(), now);
    let attempt = attempt.map_err(|retry_after_s| ApiError::TooManyAttempts { retry_after_s })?;
    let account = store::account::find(&mut *db.acquire().await?, &identity.name).await?;
    let hash = account
        .as_ref()
        .and_then(|account| account.password_hash.clone());
    let fits = passwords.verify(password, hash).await?;
    let account = account.filter(|_| fits).ok_or_else(|| {
        warn!(account.name = identity.name, peer.address = ?trail.address(), "wrong password");
        ApiError::WrongPassword
    })?;
    Ok((account, attempt))
}

/// Notes that the person of a session has shown again who they are; returns the value of its new cookie.
///
/// # Errors
/// [`ApiError::Unauthenticated`] when it has ended meanwhile, and the database's.
pub(crate) async fn renew(
    tx: &mut PgConnection,
    session: Uuid,
    now: DateTime<Utc>,
) -> Result<String, ApiError> {
    let secret = identity::new_secret()?;
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    if !store::session::renew(tx, session, &hash, now).await? {
        return Err(ApiError::Unauthenticated);
    }
    Ok(secret)
}
