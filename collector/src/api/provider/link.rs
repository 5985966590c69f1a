//! Which people of a provider are which accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{api::time::Time, store};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;

/// A person of a provider who is an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    id: Uuid,
    /// What the provider calls the person, in the claim `sub`.
    subject: String,
    /// The account's name.
    account: String,
    created_at: Time,
    created_by: String,
    /// When the person last signed in; null if they never did.
    #[schema(required)]
    used_at: Option<Time>,
}

/// A link to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// What the provider calls the person, in the claim `sub`.
    #[schema(min_length = 1, max_length = 255)]
    subject: String,
    /// The account's name.
    account: String,
}

impl From<store::provider::link::Link> for Link {
    fn from(row: store::provider::link::Link) -> Self {
        Self {
            id: row.id,
            subject: row.subject,
            account: row.account,
            created_at: row.created_at.into(),
            created_by: row.created_by,
            used_at: row.used_at.map(Time),
        }
    }
}
