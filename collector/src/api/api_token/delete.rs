use axum::{extract::State, http::StatusCode};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tracing::info;
use uuid::Uuid;

use crate::{
    api::{
        api_token::{ApiToken, own_account},
        error::{ApiError, Problem},
        identity::Identity,
        input::ApiTokenPath,
        trail::{Act, Trail},
    },
    store,
};

/// End an API token of one's own. Again is no error.
#[utoipa::path(delete, path = "/api/v1/account/tokens/{id}", tag = "account",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`api_token_not_found`")))]
pub(crate) async fn delete_own_api_token(
    identity: Identity,
    trail: Trail,
    ApiTokenPath(id): ApiTokenPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<StatusCode, ApiError> {
    let account = own_account(&identity)?;
    let mut tx = db.begin().await?;
    end(&mut tx, &trail, &clock, Some(account), id).await?;
    tx.commit().await?;
    info!(token.id = %id, account.name = identity.name, "API token ended");
    Ok(StatusCode::NO_CONTENT)
}

/// End anybody's API token, if its maker may do no more than oneself. Again is no error.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "accounts",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`api_token_not_found`")))]
pub(crate) async fn delete_api_token(
    identity: Identity,
    trail: Trail,
    ApiTokenPath(id): ApiTokenPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let account = store::api_token::account(&mut tx, id).await?;
    let account = account.ok_or_else(|| ApiError::ApiTokenNotFound(id.to_string()))?;
    let theirs = store::access::grants(&mut tx, account).await?;
    if let Some(more) = identity.grants.lacks(&theirs) {
        return Err(ApiError::BeyondOwnRights(more));
    }
    end(&mut tx, &trail, &clock, None, id).await?;
    tx.commit().await?;
    info!(token.id = %id, account.name = identity.name, "API token ended");
    Ok(StatusCode::NO_CONTENT)
}

async fn end(
    tx: &mut PgConnection,
    trail: &Trail,
    clock: &SharedClock,
    account: Option<Uuid>,
    id: Uuid,
) -> Result<(), ApiError> {
    let now = clock.now();
    let before = ApiToken::find(tx, account, id, now).await?;
    store::api_token::revoke(tx, id, now).await?;
    let act = Act::change("token.delete").on("token", id, &before.name);
    trail.note(tx, act.before(&before)?).await
}
