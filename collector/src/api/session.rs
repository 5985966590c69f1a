//! Signing in and out.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{identity::Identity, time::Time};

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
}

impl From<Identity> for Session {
    fn from(identity: Identity) -> Self {
        Self {
            name: identity.name,
            expires_at: identity.expires_at.map(Time),
        }
    }
}
