//! Accounts: made on the collector's machine only.

use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    access::Role,
    api::{
        error::{ApiError, Problem},
        input::Body,
        password::Passwords,
        trail::{Act, Trail},
    },
    store,
};

/// Shortest password that a person may choose, characters.
const MIN_PASSWORD: usize = 12;
/// Longest password, bytes: argon2 reads all of it.
const MAX_PASSWORD: usize = 1024;

/// An account to be made, or to be given another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// 1 to 64 letters, digits, dots, dashes, underscores and at signs.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// At least 12 characters. One is made when it is left out.
    #[schema(format = Password, min_length = 12)]
    password: Option<String>,
    /// Give an existing account another password and sign it out everywhere.
    #[serde(default)]
    #[schema(default = false)]
    reset: bool,
    /// What a new account may do, everywhere.
    #[serde(default = "admin")]
    #[schema(default = "admin")]
    role: String,
}

fn admin() -> String {
    Role::Admin.name().into()
}

/// An account that can be signed in to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    name: String,
    /// The password that was made, shown only here; null when one was given.
    #[schema(required)]
    password: Option<String>,
}

/// Make an account, or reset its password. Only through the collector's local socket.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts",
    request_body = NewAccount,
    responses((status = 201, body = Account, description = "Made"),
        (status = 200, body = Account, description = "Its password was reset"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`local_only`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`account_exists`")))]
pub(crate) async fn create_account(
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passwords): State<Passwords>,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<Account>), ApiError> {
    let NewAccount {
        name,
        password,
        reset,
        role,
    } = new;
    check_name(&name)?;
    if Role::named(&role).is_none() {
        return Err(ApiError::parameter(
            "role",
            format!("there is no role {role:?}"),
        ));
    }
    let made = password.is_none().then(new_password).transpose()?;
    let password = password.or_else(|| made.clone()).unwrap_or_default();
    check_password(&password)?;
    let hash = passwords.hash(password).await?;
    let mut tx = db.begin().await?;
    let (status, act) = if reset {
        if !store::account::reset(&mut tx, &name, &hash).await? {
            return Err(ApiError::AccountNotFound(name));
        }
        (StatusCode::OK, Act::change("account.reset"))
    } else {
        let made = store::account::create(&mut tx, &name, &hash, clock.now()).await?;
        let id = made.ok_or_else(|| ApiError::AccountExists(name.clone()))?;
        let by = "local administrator";
        store::access::bind(&mut tx, id, &role, None, by, clock.now()).await?;
        let act = Act::change("account.create").after(&serde_json::json!({"role": role}))?;
        (StatusCode::CREATED, act)
    };
    trail.note(&mut tx, act.on("account", &name, &name)).await?;
    tx.commit().await?;
    info!(account.name = name, reset, "account made");
    Ok((
        status,
        Json(Account {
            name,
            password: made,
        }),
    ))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let fits = (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-_@".contains(c));
    if fits {
        Ok(())
    } else {
        Err(ApiError::parameter(
            "name",
            "is not 1 to 64 letters, digits and . - _ @",
        ))
    }
}

fn check_password(password: &str) -> Result<(), ApiError> {
    if password.chars().count() < MIN_PASSWORD || password.len() > MAX_PASSWORD {
        let detail = format!(
            "is shorter than {MIN_PASSWORD} characters or longer than {MAX_PASSWORD} bytes"
        );
        return Err(ApiError::parameter("password", detail));
    }
    Ok(())
}

/// 144 random bits in 24 characters.
fn new_password() -> Result<String, ApiError> {
    let mut bytes = [0; 18];
    getrandom::fill(&mut bytes).map_err(ApiError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
