use axum::{Extension, Json, extract::State};
use axum_extra::extract::cookie::CookieJar;
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{
        ceremony::{self, Answer, Purpose},
        error::{ApiError, Problem},
        factor::Owner,
        identity::Doorman,
        input::Body,
        session::{Session, proof::renew, shown},
        trail::{Act, Trail},
    },
    audit::Outcome,
    factor::passkey::Passkeys,
};

/// Show with a passkey or a security key that it is still oneself. The session has another cookie from then on.
#[utoipa::path(post, path = "/api/v1/session/proof/passkey/finish", tag = "session",
    request_body = Answer,
    responses((status = 200, body = Session),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`passkey_refused`: it does not fit the question, or that was answered or is too old")))]
pub(crate) async fn prove_with_passkey(
    (owner, trail, jar): (Owner, Trail, CookieJar),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passkeys): State<Passkeys>,
    Extension(doorman): Extension<Doorman>,
    Body(answer): Body<Answer>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let now = clock.now();
    let answered = ceremony::answer(&db, &passkeys, Purpose::Prove, &answer, now).await;
    match answered {
        Ok(by) if by.account == owner.account => {}
        Ok(_) | Err(ApiError::BadPasskey) => return Err(ApiError::PasskeyRefused),
        Err(error) => return Err(error),
    }
    let mut tx = db.begin().await?;
    let secret = renew(&mut tx, owner.session, now).await?;
    trail
        .note(&mut tx, Act::access("session.prove", Outcome::Done))
        .await?;
    tx.commit().await?;
    shown(&doorman, jar, secret).await
}
