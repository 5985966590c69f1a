use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use uuid::Uuid;

use crate::{
    api::{
        api_token::{ApiToken, IssuedApiToken, own_account},
        error::{ApiError, Problem},
        identity::{self, How, Identity, TOKEN_PREFIX},
        input::ApiTokenPath,
        trail::{Act, Trail},
    },
    store,
};

/// Put a new API token in the place of an old one, which ends: the same rights, for as long again. Who shows
/// the old one afterwards is refused, and that is an alarm. A token can do this with itself alone.
#[utoipa::path(post, path = "/api/v1/account/tokens/{id}/rotate", tag = "account",
    params(("id" = Uuid, Path)),
    responses((status = 201, body = IssuedApiToken),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`api_token_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`token_ended`")))]
pub(crate) async fn rotate_api_token(
    identity: Identity,
    trail: Trail,
    ApiTokenPath(id): ApiTokenPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<(StatusCode, Json<IssuedApiToken>), ApiError> {
    let account = own_account(&identity)?;
    // Another one may do what this one may not, and its text would be known to whoever has this one.
    if matches!(identity.how, How::Token { id: own } if own != id) {
        return Err(ApiError::NotByToken);
    }
    let now = clock.now().trunc_subsecs(6);
    let (new, secret) = (Uuid::now_v7(), identity::new_secret()?);
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let mut tx = db.begin().await?;
    let before = ApiToken::find(&mut tx, Some(account), id, now).await?;
    let by = identity.how.describe();
    if !store::api_token::rotate(&mut tx, id, new, &hash, now, &by).await? {
        return Err(ApiError::TokenEnded);
    }
    let about = ApiToken::find(&mut tx, Some(account), new, now).await?;
    let act = Act::change("token.rotate").on("token", id, &before.name);
    trail
        .note(&mut tx, act.before(&before)?.after(&about)?)
        .await?;
    tx.commit().await?;
    info!(token.id = %id, token.new = %new, account.name = identity.name, "API token rotated");
    let token = format!("{TOKEN_PREFIX}{secret}");
    Ok((StatusCode::CREATED, Json(IssuedApiToken { about, token })))
}
