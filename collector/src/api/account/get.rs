use axum::extract::State;
use sqlx::PgPool;

use crate::api::{
    account::Account,
    error::{ApiError, Problem},
    etag::{Precondition, Tagged},
    input::NamePath,
};

/// Show one account.
#[utoipa::path(get, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 200, body = Account),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`")))]
pub(crate) async fn get_account(
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<Tagged<Account>, ApiError> {
    let account = Account::find(&mut *db.acquire().await?, &name).await?;
    precondition.show(account)
}
