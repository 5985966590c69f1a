use axum::extract::State;
use chrono::SubsecRound as _;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        account::{Account, MAX_DISPLAY_NAME, not_last_admin, not_oneself, subject},
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::{Body, NamePath, printable},
        trail::{Act, Trail},
    },
    store,
};

/// What is said of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountFields {
    /// What its person is called, up to 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    display_name: String,
    /// Whether it is locked: nobody can sign in to it, and its sessions and tokens are good for nothing.
    #[serde(default)]
    disabled: bool,
}

/// Replace what is said of an account. Locking it ends its sessions at once.
#[utoipa::path(put, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path)), request_body = AccountFields,
    responses((status = 200, body = Account),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`own_account`, `last_admin`")))]
pub(crate) async fn replace_account(
    identity: Identity,
    trail: Trail,
    precondition: Precondition,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(fields): Body<AccountFields>,
) -> Result<Tagged<Account>, ApiError> {
    let display_name = printable("display_name", &fields.display_name, 0, MAX_DISPLAY_NAME)?;
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, &identity, &name).await?;
    let before = Account::find(&mut tx, &name).await?;
    precondition.admit(&before)?;
    if fields.disabled {
        not_oneself(&identity, account.id)?;
        not_last_admin(&mut tx, &account).await?;
        store::session::end_all(&mut tx, account.id).await?;
    }
    let disabled_at = fields.disabled.then(|| clock.now().trunc_subsecs(6));
    store::account::replace(&mut tx, account.id, &display_name, disabled_at).await?;
    let after = Account::find(&mut tx, &name).await?;
    let act = Act::change("account.replace").on("account", account.id, &name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    let disabled = fields.disabled;
    info!(
        account.name = name,
        by = identity.name,
        disabled,
        "account changed"
    );
    Tagged::new(after)
}
