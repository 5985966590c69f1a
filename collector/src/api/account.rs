//! Accounts: who can sign in, and which roles they have.

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        account::binding::Binding, error::ApiError, etag::Editable, identity::Identity, time::Time,
    },
    store::{self, account::Profile},
};

pub(crate) mod binding;
pub(crate) mod break_glass;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod password;
pub(crate) mod replace;

/// Longest name that people are called by, characters.
const MAX_DISPLAY_NAME: usize = 100;

/// Whether somebody can sign in to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountState {
    Active,
    /// Nobody has chosen a password yet.
    Invited,
    Disabled,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// What it signs in as.
    name: String,
    /// What its person is called.
    display_name: String,
    state: AccountState,
    /// Otherwise it is signed in to with something else only.
    has_password: bool,
    /// It is for when nobody can sign in otherwise.
    break_glass: bool,
    created_at: Time,
    created_by: String,
    #[schema(required)]
    disabled_at: Option<Time>,
    /// When somebody last signed in to it.
    #[schema(required)]
    signed_in_at: Option<Time>,
    /// Until when a link to choose a password is good; null when there is none.
    #[schema(required)]
    invited_until: Option<Time>,
    /// What it may do, and for which hosts.
    bindings: Vec<Binding>,
}

impl Editable for Account {
    const SEEN: &'static [&'static str] = &["signed_in_at"];
}

impl Account {
    fn new(profile: Profile, bindings: Vec<Binding>) -> Self {
        let state = match (profile.disabled_at, profile.invited_until) {
            (Some(_), _) => AccountState::Disabled,
            (None, Some(_)) if !profile.has_password => AccountState::Invited,
            (None, _) => AccountState::Active,
        };
        Self {
            name: profile.name,
            display_name: profile.display_name,
            state,
            has_password: profile.has_password,
            break_glass: profile.break_glass,
            created_at: profile.created_at.into(),
            created_by: profile.created_by,
            disabled_at: profile.disabled_at.map(Time),
            signed_in_at: profile.signed_in_at.map(Time),
            invited_until: profile.invited_until.map(Time),
            bindings,
        }
    }

    /// The account of that name, as it is now.
    ///
    /// # Errors
    /// [`ApiError::AccountNotFound`], and the database's.
    async fn find(db: &mut PgConnection, name: &str) -> Result<Self, ApiError> {
        let profile = store::account::profile(db, name).await?;
        let profile = profile.ok_or_else(|| ApiError::AccountNotFound(name.into()))?;
        let bindings = store::binding::of(db, &[profile.id]).await?;
        let bindings = bindings.into_iter().map(Binding::from).collect();
        Ok(Self::new(profile, bindings))
    }
}

/// The account of that name for somebody who is about to change it. Nobody else changes accounts meanwhile.
/// One that may do more than who asks is not theirs to change: whoever gave it a password could sign in to it.
///
/// # Errors
/// [`ApiError::AccountNotFound`], [`ApiError::BeyondOwnRights`], and the database's.
pub(crate) async fn subject(
    tx: &mut PgConnection,
    identity: &Identity,
    name: &str,
) -> Result<Profile, ApiError> {
    store::access::lock(tx).await?;
    let profile = store::account::profile(tx, name).await?;
    let profile = profile.ok_or_else(|| ApiError::AccountNotFound(name.into()))?;
    let theirs = store::access::grants(tx, profile.id).await?;
    match identity.grants.lacks(&theirs) {
        Some(more) => Err(ApiError::BeyondOwnRights(more)),
        None => Ok(profile),
    }
}

/// Locking, deleting or resetting one's own account is a slip, or somebody else at the keyboard.
///
/// # Errors
/// [`ApiError::OwnAccount`].
pub(crate) fn not_oneself(identity: &Identity, account: Uuid) -> Result<(), ApiError> {
    if identity.account == Some(account) {
        return Err(ApiError::OwnAccount);
    }
    Ok(())
}

/// The last administrator stays one.
///
/// # Errors
/// [`ApiError::LastAdmin`], and the database's.
pub(crate) async fn not_last_admin(
    tx: &mut PgConnection,
    account: &Profile,
) -> Result<(), ApiError> {
    if store::account::is_last_admin(tx, account.id).await? {
        return Err(ApiError::LastAdmin(account.name.clone()));
    }
    Ok(())
}
