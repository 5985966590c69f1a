//! Choosing another password for one's own account.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        attempt::Attempts,
        error::{ApiError, Problem},
        identity::{Doorman, Identity},
        input::Body,
        password::Passwords,
        session::{
            Session,
            proof::{check_password, renew},
            shown,
        },
        trail::{Act, Trail},
    },
    store,
};

/// The password that one has, and the one that one wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    #[schema(format = Password)]
    present: String,
    /// 15 to 256 characters.
    #[schema(format = Password, min_length = 15, max_length = 256)]
    password: String,
}

/// Choose another password for oneself. All other sessions end, and this one gets another cookie.
#[utoipa::path(put, path = "/api/v1/account/password", tag = "account", request_body = NewPassword,
    responses((status = 200, body = Session),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`: the password may not be chosen"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn set_own_password(
    (identity, trail, jar): (Identity, Trail, CookieJar),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(attempts): State<Arc<Attempts>>,
    State(passwords): State<Passwords>,
    Extension(doorman): Extension<Doorman>,
    Body(NewPassword { present, password }): Body<NewPassword>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let (account, session) = identity.session()?;
    let now = clock.now();
    let checked =
        check_password(&db, &attempts, &passwords, &identity, &trail, present, now).await?;
    attempts.forgive(&checked.1);
    let hash = passwords
        .choose(password, &identity.name, identity.break_glass)
        .await?;
    let mut tx = db.begin().await?;
    store::account::set_password(&mut tx, account, &hash, false, now).await?;
    store::session::end_others(&mut tx, account, session).await?;
    let secret = renew(&mut tx, session, now).await?;
    let act = Act::change("account.set_password").on("account", account, &identity.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = identity.name, "password changed");
    shown(&doorman, jar, secret).await
}
