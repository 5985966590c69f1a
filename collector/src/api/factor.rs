//! What somebody shows beside their password: one's own, and the check of it.

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        identity::{Doorman, How, Identity, PASSWORD, PROVED},
    },
    authority::Vault,
    factor::{backup, totp},
    store::{self, factor::totp::Attempt},
};

pub(crate) mod backup_codes;
pub(crate) mod clear;
pub(crate) mod get;
pub(crate) mod passkey_begin;
pub(crate) mod passkey_delete;
pub(crate) mod passkey_finish;
pub(crate) mod passkey_rename;
pub(crate) mod totp_begin;
pub(crate) mod totp_confirm;
pub(crate) mod totp_delete;

/// Whoever is signed in with a browser.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) account: Uuid,
    pub(crate) session: Uuid,
    pub(crate) name: String,
}

/// An [`Owner`] who has shown lately that it is still them: what one signs in with is changed by nobody else,
/// or a browser that was left open would be an account that is lost.
#[derive(Debug, Clone)]
pub(crate) struct ProvedOwner(pub(crate) Owner);

impl<S: Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = parts.extensions.get::<Identity>();
        let identity = identity.ok_or(ApiError::Unauthenticated)?;
        let (account, session) = identity.session()?;
        Ok(Self {
            account,
            session,
            name: identity.name.clone(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ProvedOwner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let owner = Owner::from_request_parts(parts, state).await?;
        let extensions = &parts.extensions;
        let doorman = extensions
            .get::<Doorman>()
            .ok_or(ApiError::Unauthenticated)?;
        match extensions.get::<Identity>().map(|identity| &identity.how) {
            Some(How::Session { proved_at, .. }) if *proved_at + PROVED > doorman.clock.now() => {
                Ok(Self(owner))
            }
            _ => Err(ApiError::ProofNeeded),
        }
    }
}

/// Codes that are shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BackupCodes {
    /// Each is good once in the place of any other second factor. Null when there are some already.
    #[schema(required)]
    backup_codes: Option<Vec<String>>,
}

/// Checks what somebody shows beside a password that fits, and says how they have then shown who they are.
///
/// # Errors
/// [`ApiError::CodeNeeded`], [`ApiError::BadCode`], [`ApiError::CodesLocked`], and the database's.
pub(crate) async fn second(
    db: &mut PgConnection,
    vault: &Vault,
    account: &store::account::Account,
    code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<&'static str, ApiError> {
    if account.break_glass || !store::factor::any(db, account.id).await? {
        return Ok(PASSWORD);
    }
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let code = code.ok_or(ApiError::CodeNeeded)?;
    if !totp::is_code(code) {
        let hash = backup::hash(account.id, code).ok_or(ApiError::BadCode)?;
        let taken = store::factor::backup::take(db, account.id, &hash, now).await?;
        return if taken {
            Ok("password+backup_code")
        } else {
            Err(ApiError::BadCode)
        };
    }
    match store::factor::totp::attempt(db, account.id).await? {
        Attempt::None => Err(ApiError::BadCode),
        Attempt::Locked => Err(ApiError::CodesLocked),
        Attempt::Against(sealed) => {
            let totp = open(vault, account.id, &account.name, &sealed)?;
            let step = totp.step(code, now).ok_or(ApiError::BadCode)?;
            if store::factor::totp::take(db, account.id, step).await? {
                Ok("password+code")
            } else {
                Err(ApiError::BadCode)
            }
        }
    }
}

/// Where an account's secret belongs, for the vault.
fn place(account: Uuid) -> String {
    format!("totp:{account}")
}

fn open(vault: &Vault, account: Uuid, name: &str, sealed: &[u8]) -> Result<totp::Totp, ApiError> {
    let secret = vault
        .unseal(&place(account), sealed)
        .ok_or(ApiError::Sealed)?;
    totp::Totp::new(name, &secret).map_err(ApiError::Totp)
}

/// New backup codes in the place of all others.
async fn renew(
    db: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<BackupCodes, ApiError> {
    let codes = backup::new().map_err(ApiError::Random)?;
    let hashes = codes.iter().filter_map(|code| backup::hash(account, code));
    let hashes: Vec<Vec<u8>> = hashes.map(Vec::from).collect();
    store::factor::backup::replace(db, account, &hashes, now).await?;
    Ok(BackupCodes {
        backup_codes: Some(codes),
    })
}

/// Backup codes for who has none left: whoever must show a second factor can lose it.
async fn provide(
    db: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<BackupCodes, ApiError> {
    if store::factor::backup::left(db, account).await? > 0 {
        return Ok(BackupCodes { backup_codes: None });
    }
    renew(db, account, now).await
}

/// Backup codes are good in the place of something: without that there are none.
async fn tidy(db: &mut PgConnection, account: Uuid) -> Result<(), ApiError> {
    if !store::factor::any(db, account).await? {
        store::factor::backup::delete(db, account).await?;
    }
    Ok(())
}
