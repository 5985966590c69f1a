use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        account::{Account, not_last_admin, not_oneself, subject},
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Identity,
        input::NamePath,
        trail::{Act, Trail},
    },
    store,
};

/// Delete an account, with its sessions, its tokens and its roles. What it did stays in the audit log.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`own_account`, `last_admin`")))]
pub(crate) async fn delete_account(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, &identity, &name).await?;
    let before = Account::find(&mut tx, &name).await?;
    precondition.admit(&before)?;
    not_oneself(&identity, account.id)?;
    not_last_admin(&mut tx, &account).await?;
    store::account::delete(&mut tx, account.id).await?;
    let act = Act::change("account.delete").on("account", account.id, &name);
    trail.note(&mut tx, act.before(&before)?).await?;
    tx.commit().await?;
    info!(account.name = name, by = identity.name, "account deleted");
    Ok(StatusCode::NO_CONTENT)
}
