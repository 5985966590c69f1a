use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::SubsecRound as _;
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    access::{Permission, Role},
    api::{
        account::{Account, MAX_DISPLAY_NAME, binding::check_own, not_oneself, subject},
        error::{ApiError, Problem},
        identity::{How, Identity},
        input::{Body, printable},
        password::Passwords,
        trail::{Act, Trail},
    },
    store,
};

/// An account to be made, or to be given another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// 1 to 64 letters, digits, dots, dashes, underscores and at signs.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// What its person is called, up to 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    display_name: String,
    /// 15 to 256 characters. One is made when it is left out.
    #[schema(format = Password, min_length = 15, max_length = 256)]
    password: Option<String>,
    /// Make it without a password: for somebody who is invited, or signs in with something else.
    #[serde(default)]
    without_password: bool,
    /// Give an existing account another password and sign it out everywhere.
    #[serde(default)]
    reset: bool,
    /// What a new account may do, everywhere: this needs `roles.write`. Nothing when it is left out; through
    /// the local socket `admin`.
    role: Option<String>,
}

/// An account that was made, or has another password.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeAccount {
    #[serde(flatten)]
    pub(crate) about: Account,
    /// The password that was made, shown only here; null when none was.
    #[schema(required)]
    pub(crate) password: Option<String>,
}

/// Make an account, or reset the password of one.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts",
    request_body = NewAccount,
    responses((status = 201, body = MadeAccount, description = "Made"),
        (status = 200, body = MadeAccount, description = "Its password was reset"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`account_exists`, `own_account`")))]
pub(crate) async fn create_account(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passwords): State<Passwords>,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<MadeAccount>), ApiError> {
    check_name(&new.name)?;
    let display_name = printable("display_name", &new.display_name, 0, MAX_DISPLAY_NAME)?;
    let role = new.role(&identity)?;
    let (password, made) = new.password()?;
    let (name, now) = (new.name, clock.now().trunc_subsecs(6));
    let there = store::account::find(&mut *db.acquire().await?, &name).await?;
    let break_glass = there.is_some_and(|account| account.break_glass);
    let hash = match password {
        Some(password) => Some(passwords.choose(password, &name, break_glass).await?),
        None => None,
    };
    let mut tx = db.begin().await?;
    let (status, act, id) = if let (true, Some(hash)) = (new.reset, &hash) {
        let account = subject(&mut tx, &identity, &name).await?;
        not_oneself(&identity, account.id)?;
        store::account::set_password(&mut tx, account.id, hash, !break_glass, now).await?;
        store::session::end_all(&mut tx, account.id).await?;
        (StatusCode::OK, Act::change("account.reset"), account.id)
    } else {
        store::access::lock(&mut tx).await?;
        let row = store::account::NewAccount {
            name: &name,
            display_name: &display_name,
            password_hash: hash.as_deref(),
            break_glass: false,
            created_at: now,
            created_by: &identity.name,
        };
        let id = store::account::create(&mut tx, &row).await?;
        let id = id.ok_or_else(|| ApiError::AccountExists(name.clone()))?;
        if let Some(role) = role {
            check_own(&mut tx, &identity, &role, None).await?;
            let by = &identity.name;
            store::binding::create(&mut tx, id, &role, None, by, now).await?;
        }
        (StatusCode::CREATED, Act::change("account.create"), id)
    };
    let about = Account::find(&mut tx, &name).await?;
    let act = act.on("account", id, &name).after(&about)?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(
        account.name = name,
        by = identity.name,
        reset = new.reset,
        "account made"
    );
    let password = made;
    Ok((status, Json(MadeAccount { about, password })))
}

impl NewAccount {
    /// The role that the account is to have.
    fn role(&self, identity: &Identity) -> Result<Option<String>, ApiError> {
        if self.reset {
            let none = || ApiError::parameter("role", "a reset changes the password alone");
            return self.role.is_none().then_some(None).ok_or_else(none);
        }
        if let How::Socket = identity.how {
            let role = self.role.as_deref().unwrap_or(Role::Admin.name());
            return Ok(Some(role.into()));
        }
        let gives = Permission::RolesWrite;
        if self.role.is_some() && identity.grants.scope(gives).is_none() {
            return Err(ApiError::Forbidden(gives));
        }
        Ok(self.role.clone())
    }

    /// The password, and again if it was made here.
    fn password(&self) -> Result<(Option<String>, Option<String>), ApiError> {
        match &self.password {
            _ if self.without_password && (self.password.is_some() || self.reset) => {
                let detail = "excludes password and reset";
                Err(ApiError::parameter("without_password", detail))
            }
            None if self.without_password => Ok((None, None)),
            Some(password) => Ok((Some(password.clone()), None)),
            None => {
                let made = new_password()?;
                Ok((Some(made.clone()), Some(made)))
            }
        }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), ApiError> {
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

/// 144 random bits in 24 characters.
pub(crate) fn new_password() -> Result<String, ApiError> {
    let mut bytes = [0; 18];
    getrandom::fill(&mut bytes).map_err(ApiError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
