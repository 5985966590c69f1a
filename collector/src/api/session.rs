//! Signing in and out.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::Scope,
    api::{identity::Identity, time::Time},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;

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
    /// What they may do, by permission.
    grants: Vec<Grant>,
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
            name: identity.name,
            expires_at: identity.expires_at.map(Time),
        }
    }
}
