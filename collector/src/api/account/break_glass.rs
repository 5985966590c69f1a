//! The account for when nobody can sign in otherwise: no provider, no second factor, nobody who is an
//! administrator. It has a long password, which is kept in a safe, and may do everything. To use it is an
//! alarm: `session::create` sounds it.

use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::warn;
use utoipa::ToSchema;

use crate::{
    access::Role,
    api::{
        account::{
            Account,
            create::{MadeAccount, check_name, new_password},
        },
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        password::Passwords,
        trail::{Act, Trail},
    },
    store,
};

/// The account for emergencies that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBreakGlass {
    /// 1 to 64 letters, digits, dots, dashes, underscores and at signs.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

/// Make an account for emergencies. Its password is made too, and shown only here.
#[utoipa::path(post, path = "/api/v1/break-glass", tag = "accounts",
    request_body = NewBreakGlass,
    responses((status = 201, body = MadeAccount),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`account_exists`")))]
pub(crate) async fn create_break_glass(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passwords): State<Passwords>,
    Body(NewBreakGlass { name }): Body<NewBreakGlass>,
) -> Result<(StatusCode, Json<MadeAccount>), ApiError> {
    check_name(&name)?;
    let password = new_password()?;
    let hash = passwords.hash(password.clone()).await?;
    let now = clock.now().trunc_subsecs(6);
    let row = store::account::NewAccount {
        name: &name,
        display_name: "For emergencies",
        password_hash: Some(&hash),
        break_glass: true,
        created_at: now,
        created_by: &identity.name,
    };
    let mut tx = db.begin().await?;
    store::access::lock(&mut tx).await?;
    let id = store::account::create(&mut tx, &row).await?;
    let id = id.ok_or_else(|| ApiError::AccountExists(name.clone()))?;
    let role = Role::Admin.name();
    store::binding::create(&mut tx, id, role, None, &identity.name, now).await?;
    let about = Account::find(&mut tx, &name).await?;
    let act = Act::change("break_glass.create").on("account", id, &name);
    trail.note(&mut tx, act.after(&about)?).await?;
    tx.commit().await?;
    warn!(
        account.name = name,
        by = identity.name,
        "account for emergencies made"
    );
    let made = MadeAccount {
        about,
        password: Some(password),
    };
    Ok((StatusCode::CREATED, Json(made)))
}
