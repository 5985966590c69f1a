use axum::{Extension, Json, extract::State, http::HeaderMap};
use axum_extra::extract::cookie::CookieJar;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};

use crate::{
    api::{
        ceremony::{self, Answer, Purpose},
        error::{ApiError, Problem},
        identity::Doorman,
        input::Body,
        session::{Session, create::begin, shown},
        trail::Trail,
    },
    factor::passkey::Passkeys,
    store,
};

/// Sign in with a passkey, or with a password and one beside it: sets the cookie `openwatch_session`.
#[utoipa::path(post, path = "/api/v1/session/passkey/finish", tag = "session", security(()),
    request_body = Answer,
    responses((status = 200, body = Session),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "`bad_passkey`: it is nobody's, it does not fit the question, or that was answered or \
                is too old")))]
pub(crate) async fn enter_with_passkey(
    (trail, headers, jar): (Trail, HeaderMap, CookieJar),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passkeys): State<Passkeys>,
    Extension(doorman): Extension<Doorman>,
    Body(answer): Body<Answer>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let now = clock.now();
    let answered = ceremony::answer(&db, &passkeys, Purpose::SignIn, &answer, now).await?;
    let method = if answered.alone {
        "passkey"
    } else {
        "password+passkey"
    };
    let account = store::account::get(&mut *db.acquire().await?, answered.account).await?;
    let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
        warn!(peer.address = ?trail.address(), "sign-in failed");
        return Err(ApiError::BadPasskey);
    };
    let trail = trail.of(&account.name, Some(account.id), method);
    let secret = begin(&db, now, &account, method, &trail, &headers).await?;
    info!(account.name = account.name, peer.address = ?trail.address(), "signed in");
    shown(&doorman, jar, secret).await
}
