use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        attempt::Attempts,
        ceremony::{self, Asked, Purpose},
        error::{ApiError, Problem},
        input::Body,
        password::Passwords,
        session::create::{Credentials, check},
        trail::Trail,
    },
    factor::passkey::Passkeys,
};

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asking {
    /// Whose password fits: then any of their passkeys and security keys will do. Without it a passkey says
    /// itself whose it is.
    account: Option<Credentials>,
}

/// Begin to sign in with a passkey, or to show one beside a password.
#[utoipa::path(post, path = "/api/v1/session/passkey/begin", tag = "session", security(()),
    request_body = Asking,
    responses((status = 200, body = Asked),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "`bad_credentials`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`passkey_not_found`: the password fits, and the account has none"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn ask_passkey(
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(attempts): State<Arc<Attempts>>,
    State(passwords): State<Passwords>,
    State(passkeys): State<Passkeys>,
    trail: Trail,
    Body(Asking { account }): Body<Asking>,
) -> Result<Json<Asked>, ApiError> {
    let now = clock.now();
    let Some(credentials) = account else {
        let asked = ceremony::ask(&db, Purpose::SignIn, None, passkeys.ask()?, now);
        return Ok(Json(asked.await?));
    };
    let (account, attempt) = check(&db, &attempts, &passwords, &trail, credentials, now).await?;
    // Only half of what is needed: it was no wrong guess, and earlier ones stay.
    attempts.withdraw(&attempt);
    let asked = ceremony::ask_for(&db, &passkeys, Purpose::SignIn, account.id, now);
    Ok(Json(asked.await?))
}
