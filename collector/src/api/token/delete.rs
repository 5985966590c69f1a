use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::TokenPath,
        token::Token,
        trail::{Act, Trail},
    },
    store::{self, read},
};

/// Withdraw an enrolment token. Hosts that enrolled with it stay. Again is no error.
#[utoipa::path(delete, path = "/api/v1/enrollment-tokens/{id}", tag = "enrollment",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Withdrawn"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`token_not_found`")))]
pub(crate) async fn revoke_token(
    identity: Identity,
    within: Within,
    trail: Trail,
    TokenPath(id): TokenPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<StatusCode, ApiError> {
    let (now, none) = (clock.now(), || ApiError::TokenNotFound(id.to_string()));
    let mut tx = db.begin().await?;
    let before = read::token::find(&mut tx, id).await?.ok_or_else(none)?;
    if !store::issue::revoke(&mut tx, id, now, within.groups().as_deref()).await? {
        return Err(none());
    }
    let after = read::token::find(&mut tx, id).await?.ok_or_else(none)?;
    let act = Act::change("enrolment.withdraw").on("enrolment_token", id, &before.name);
    let act = act
        .before(&Token::new(before, now))?
        .after(&Token::new(after, now))?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(token.id = %id, account.name = identity.name, "enrolment token withdrawn");
    Ok(StatusCode::NO_CONTENT)
}
