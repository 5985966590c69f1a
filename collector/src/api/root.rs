//! Roots: the documents that name who may publish bundles.

use serde::Serialize;
use shared::trust::{Part, Role, Root as Trusted};
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, time::Time},
    store,
};

pub(crate) mod add;
pub(crate) mod list;

/// A root.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Root {
    version: i32,
    created: Time,
    /// From then on nothing is taken in its name.
    expires: Time,
    /// Who may follow it with another root.
    root: RootPart,
    /// Who may publish bundles.
    publisher: RootPart,
    /// Who may say which builds of the agent are genuine; null for nobody.
    #[schema(required)]
    release: Option<RootPart>,
    /// How many keys were revoked.
    revoked: usize,
    added_at: Time,
    added_by: String,
}

/// Who takes part in something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RootPart {
    /// How many of them it takes.
    threshold: u32,
    keys: Vec<RootKey>,
}

/// A key, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RootKey {
    /// SHA-256 of the key, hexadecimal.
    key: String,
    name: String,
}

impl TryFrom<store::bundle::root::Root> for Root {
    type Error = ApiError;

    fn try_from(row: store::bundle::root::Root) -> Result<Self, ApiError> {
        // It was one when it was added.
        let trusted = Trusted::pinned(&row.document).map_err(|e| ApiError::Kept(e.into()))?;
        let part = |part: &Part| RootPart {
            threshold: part.threshold,
            keys: part
                .keys
                .iter()
                .map(|id| RootKey {
                    key: id.to_string(),
                    name: trusted
                        .keys
                        .get(id)
                        .map_or(String::new(), |key| key.name.clone()),
                })
                .collect(),
        };
        Ok(Self {
            version: row.version,
            created: trusted.created.into(),
            expires: trusted.expires.into(),
            root: part(&trusted.root),
            publisher: part(&trusted.publisher),
            release: trusted.part(Role::Release).map(part),
            revoked: trusted.revoked.len(),
            added_at: row.added_at.into(),
            added_by: row.added_by,
        })
    }
}
