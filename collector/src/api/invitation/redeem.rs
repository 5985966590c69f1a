use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::{
    api::{
        attempt::Attempts,
        error::{ApiError, Problem},
        input::Body,
        invitation,
        password::Passwords,
        trail::{Act, Trail},
    },
    audit::Outcome,
    store,
};

/// A link, and the password that is chosen with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redemption {
    /// What is behind `#` in the link.
    #[schema(max_length = 64)]
    token: String,
    /// 15 to 256 characters.
    #[schema(format = Password, min_length = 15, max_length = 256)]
    password: String,
}

/// Choose the password of an account with a link, once. The account is signed out everywhere. Whether a link
/// never was, was used, is too old or is of an account that is locked cannot be told from the answer, nor from
/// its time.
#[utoipa::path(post, path = "/api/v1/invitations/redeem", tag = "session", security(()),
    request_body = Redemption,
    responses((status = 204, description = "Chosen: sign in with it"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`: the password may not be chosen"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`link_not_good`"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn redeem_invitation(
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(attempts): State<Arc<Attempts>>,
    State(passwords): State<Passwords>,
    Body(Redemption { token, password }): Body<Redemption>,
) -> Result<StatusCode, ApiError> {
    let (now, peer) = (clock.now(), trail.address());
    let attempt = attempts.begin_unnamed(peer, now);
    let attempt = attempt.map_err(|retry_after_s| ApiError::TooManyAttempts { retry_after_s })?;
    // A text that is no link's secret is looked up like one that is.
    let hash = invitation::hash(&token).unwrap_or_default();
    let invited = store::invitation::find(&mut *db.acquire().await?, &hash, now).await?;
    let (name, break_glass) = match &invited {
        Some(invited) => (invited.name.as_str(), invited.break_glass),
        None => ("", false),
    };
    let chosen = passwords.choose(password, name, break_glass).await;
    let Some(invited) = invited else {
        warn!(peer.address = ?peer, "a link was shown that is not good");
        // A password that may not be chosen is said all the same.
        return Err(chosen.err().unwrap_or(ApiError::LinkNotGood));
    };
    let chosen = chosen?;
    let mut tx = db.begin().await?;
    if !store::invitation::take(&mut tx, &hash).await? {
        return Err(ApiError::LinkNotGood);
    }
    store::account::set_password(&mut tx, invited.account, &chosen, false, now).await?;
    store::session::end_all(&mut tx, invited.account).await?;
    let trail = trail.of(&invited.name, Some(invited.account), "invitation");
    let act = Act::access("invitation.redeem", Outcome::Done);
    trail
        .note(&mut tx, act.on("account", invited.account, &invited.name))
        .await?;
    tx.commit().await?;
    attempts.forgive(&attempt);
    info!(account.name = invited.name, peer.address = ?peer, "password chosen with a link");
    Ok(StatusCode::NO_CONTENT)
}
