use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, header},
};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;
use tracing::{error, info, warn};
use utoipa::ToSchema;

use crate::{
    api::{
        self,
        attempt::{Attempt, Attempts},
        error::{ApiError, Problem},
        factor,
        identity::{self, Doorman},
        input::Body,
        password::Passwords,
        session::{Session, shown},
        trail::{Act, Trail},
    },
    audit::Outcome,
    store::{self, account::Account, session::NewSession},
};

/// So much of what a browser calls itself is kept, characters.
const MAX_USER_AGENT: usize = 200;

/// Name and password of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// Name and password of an account, and what stands beside them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    name: String,
    #[schema(format = Password)]
    password: String,
    /// What an authenticator app shows, or a backup code, where the account has a second factor.
    code: Option<String>,
}

/// Sign in: sets the cookie `openwatch_session`.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", security(()),
    request_body = SignIn,
    responses((status = 200, body = Session),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "`bad_credentials`; `code_needed`: the password fits, and is not enough; `bad_code`; \
                `codes_locked`"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn create_session(
    (trail, headers, jar): (Trail, HeaderMap, CookieJar),
    State(api): State<api::State>,
    Extension(doorman): Extension<Doorman>,
    Body(sign_in): Body<SignIn>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let api::State {
        db,
        clock,
        attempts,
        passwords,
        metrics,
        authority,
        ..
    } = api;
    let now = clock.now();
    let peer = trail.address();
    let SignIn {
        name,
        password,
        code,
    } = sign_in;
    let credentials = Credentials { name, password };
    let (account, attempt) = check(&db, &attempts, &passwords, &trail, credentials, now).await?;
    let (vault, code) = (authority.vault(), code.as_deref());
    let second = factor::second(&mut *db.acquire().await?, vault, &account, code, now).await;
    let method = second.inspect_err(|refusal| match refusal {
        // Half of what is needed: it was no wrong guess, and earlier ones still count.
        ApiError::CodeNeeded => attempts.withdraw(&attempt),
        _ => warn!(account.name = account.name, peer.address = ?peer, "second factor refused"),
    })?;
    attempts.forgive(&attempt);
    let trail = trail.of(&account.name, Some(account.id), method);
    let secret = begin(&db, now, &account, method, &trail, &headers).await?;
    info!(account.name = account.name, peer.address = ?peer, "signed in");
    if account.break_glass {
        metrics.break_glass_sign_ins.inc();
        error!(account.name = account.name, peer.address = ?peer, "the account for emergencies is in use");
    }
    shown(&doorman, jar, secret).await
}

/// Whose name and password these are. The attempt counts as a failure until somebody says otherwise.
///
/// # Errors
/// [`ApiError::TooManyAttempts`], [`ApiError::BadCredentials`], and the database's.
pub(super) async fn check(
    db: &PgPool,
    attempts: &Attempts,
    passwords: &Passwords,
    trail: &Trail,
    Credentials { name, password }: Credentials,
    now: DateTime<Utc>,
) -> Result<(Account, Attempt), ApiError> {
    let peer = trail.address();
    trail.claims(&name);
    let attempt = attempts.begin(&name, peer, now).map_err(|retry_after_s| {
        warn!(peer.address = ?peer, "sign-in refused: too many attempts");
        ApiError::TooManyAttempts { retry_after_s }
    })?;
    let account = store::account::find(&mut *db.acquire().await?, &name).await?;
    let hash = account
        .as_ref()
        .and_then(|account| account.password_hash.clone());
    let fits = passwords.verify(password, hash).await?;
    let account = account.filter(|account| fits && account.disabled_at.is_none());
    let account = account.ok_or_else(|| {
        warn!(peer.address = ?peer, "sign-in failed");
        ApiError::BadCredentials
    })?;
    Ok((account, attempt))
}

/// Begins a session of somebody who has shown who they are; returns the value of its cookie. It is never one
/// that somebody had before, and the session that the browser had ends.
///
/// # Errors
/// [`ApiError::BadCredentials`] when it is the account for emergencies and no password was shown; the
/// database's.
pub(crate) async fn begin(
    db: &PgPool,
    now: DateTime<Utc>,
    account: &Account,
    method: &str,
    trail: &Trail,
    headers: &HeaderMap,
) -> Result<String, ApiError> {
    if account.break_glass && method != identity::PASSWORD {
        return Err(ApiError::BadCredentials);
    }
    let secret = identity::new_secret()?;
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let agent: String = agent
        .unwrap_or_default()
        .chars()
        .take(MAX_USER_AGENT)
        .collect();
    let mut tx = db.begin().await?;
    if let Some(had) = identity::session_hash(headers) {
        store::session::delete(&mut tx, &had).await?;
    }
    let new = NewSession {
        hash: &hash,
        account: account.id,
        method,
        address: trail.address().map(|address| address.to_string()),
        user_agent: &agent,
        now,
        expires_at: now + identity::ABSOLUTE,
    };
    store::session::create(&mut tx, &new).await?;
    let acts = [
        Some("session.begin"),
        account.break_glass.then_some("break_glass.use"),
    ];
    for act in acts.into_iter().flatten() {
        let act = Act::access(act, Outcome::Done);
        trail
            .note(&mut tx, act.on("account", account.id, &account.name))
            .await?;
    }
    tx.commit().await?;
    Ok(secret)
}
