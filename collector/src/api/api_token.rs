//! API tokens: what programs show instead of a session. Each gives some of what its maker may.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, types::Json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Permission,
    api::{
        account::binding::BoundGroup,
        error::ApiError,
        identity::{How, Identity},
        time::Time,
    },
    store,
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod reuse;
pub(crate) mod rotate;

/// Whether a token can still be used, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApiTokenState {
    Active,
    Expired,
    Revoked,
    /// Another one took its place.
    Replaced,
}

/// An API token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiToken {
    id: Uuid,
    name: String,
    /// The account of its maker.
    account: String,
    /// What it lets one do, as far as its maker may at that moment.
    permissions: Vec<String>,
    /// For the hosts of these groups; null for all that its maker may see.
    #[schema(required)]
    groups: Option<Vec<BoundGroup>>,
    created_at: Time,
    /// How its maker had shown who they are.
    created_by: String,
    expires_at: Time,
    /// When it was last used, to the minute.
    #[schema(required)]
    used_at: Option<Time>,
    #[schema(required)]
    revoked_at: Option<Time>,
    /// The one that took its place.
    #[schema(required)]
    replaced_by: Option<Uuid>,
    state: ApiTokenState,
}

impl ApiToken {
    fn new(row: store::api_token::Token, now: DateTime<Utc>) -> Self {
        let state = match (row.replaced_by, row.revoked_at) {
            (Some(_), _) => ApiTokenState::Replaced,
            (None, Some(_)) => ApiTokenState::Revoked,
            (None, None) if row.expires_at <= now => ApiTokenState::Expired,
            (None, None) => ApiTokenState::Active,
        };
        let group = |group: store::api_token::Group| BoundGroup {
            id: group.id,
            name: group.name,
        };
        let groups = row
            .groups
            .map(|Json(groups)| groups.into_iter().map(group).collect());
        Self {
            id: row.id,
            name: row.name,
            account: row.account,
            permissions: row.permissions,
            groups,
            created_at: row.created_at.into(),
            created_by: row.created_by,
            expires_at: row.expires_at.into(),
            used_at: row.used_at.map(Time),
            revoked_at: row.revoked_at.map(Time),
            replaced_by: row.replaced_by,
            state,
        }
    }

    /// One token, of this account if one is given.
    ///
    /// # Errors
    /// [`ApiError::ApiTokenNotFound`], and the database's.
    async fn find(
        db: &mut PgConnection,
        account: Option<Uuid>,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let found = store::api_token::list(db, account, Some(id), None, 1).await?;
        let row = found.into_iter().next();
        let row = row.ok_or_else(|| ApiError::ApiTokenNotFound(id.to_string()))?;
        Ok(Self::new(row, now))
    }
}

/// A token with its text, which is shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedApiToken {
    #[serde(flatten)]
    about: ApiToken,
    /// The text. It cannot be had again.
    token: String,
}

/// The account whose tokens somebody sees and makes: their own. A token does so only if it may make some.
///
/// # Errors
/// [`ApiError::NoAccount`], [`ApiError::Forbidden`].
fn own_account(identity: &Identity) -> Result<Uuid, ApiError> {
    let makes = Permission::TokensOwn;
    if let How::Token { .. } = identity.how
        && identity.grants.scope(makes).is_none()
    {
        return Err(ApiError::Forbidden(makes));
    }
    identity.account.ok_or(ApiError::NoAccount)
}
