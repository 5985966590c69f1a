//! Signing in and out.

use axum::Json;
use axum_extra::extract::cookie::CookieJar;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::Scope,
    api::{
        error::ApiError,
        identity::{self, Doorman, Identity, Proof},
        time::Time,
    },
};

pub(crate) mod certificate;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod end;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod oidc;
pub(crate) mod passkey_begin;
pub(crate) mod passkey_finish;
pub(crate) mod proof;
pub(crate) mod proof_begin;
pub(crate) mod proof_finish;
pub(crate) mod providers;

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The account's name.
    name: String,
    /// When the session ends if nothing more is asked; null for the local administrator.
    #[schema(required)]
    expires_at: Option<Time>,
    /// How they showed who they are: `socket`, `password`, `token:ID` and so on.
    how: String,
    /// They have to set up a second factor before they may do anything of it.
    factor_needed: bool,
    /// Somebody else gave them their password: they have to choose one before they may do anything of it.
    password_needed: bool,
    /// What they may do, by permission.
    grants: Vec<Grant>,
    /// The account for emergencies is in use: whoever looks must see it.
    alert: bool,
}

/// A permission that somebody has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Grant {
    permission: &'static str,
    /// For every host; otherwise for those of some groups.
    everywhere: bool,
}

impl From<Identity> for Session {
    fn from(identity: Identity) -> Self {
        let grants = identity.grants.iter().map(|(permission, scope)| Grant {
            permission: permission.code(),
            everywhere: *scope == Scope::All,
        });
        Self {
            grants: grants.collect(),
            how: identity.how.describe(),
            alert: identity.break_glass,
            factor_needed: identity.needed.factor,
            password_needed: identity.needed.own_password,
            name: identity.name,
            expires_at: identity.expires_at.map(Time),
        }
    }
}

/// The answer with which a browser gets this cookie: who is signed in by it.
///
/// # Errors
/// The database's.
pub(crate) async fn shown(
    doorman: &Doorman,
    jar: CookieJar,
    secret: String,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let identity = doorman.identify(&Proof::Session(hash), false).await?;
    Ok((jar.add(identity::cookie(secret)), Json(identity.into())))
}
