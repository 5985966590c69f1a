use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        trail::{Act, Trail},
    },
    store,
};

/// Take from somebody who has lost them all that they show beside their password, and sign them out. What
/// remains is the password.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}/factors", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 204, description = "They have none"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`beyond_own_rights`: the account may more than you"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`")))]
pub(crate) async fn clear_factors(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let account = store::account::find(&mut tx, &name).await?;
    let account = account.ok_or_else(|| ApiError::AccountNotFound(name))?;
    let theirs = store::access::grants(&mut tx, account.id).await?;
    if let Some(more) = identity.grants.lacks(&theirs) {
        return Err(ApiError::BeyondOwnRights(more));
    }
    store::factor::clear(&mut tx, account.id).await?;
    store::session::end_all(&mut tx, account.id).await?;
    let act = Act::change("factors.clear").on("account", account.id, &account.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(
        account.name = account.name,
        by = identity.name,
        "second factors taken away"
    );
    Ok(StatusCode::NO_CONTENT)
}
