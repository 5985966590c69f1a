//! Enrolment tokens.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{api::time::Time, store::read};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;

/// Whether a token can still be used, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenState {
    Active,
    Expired,
    UsedUp,
    Revoked,
}

/// An enrolment token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    id: Uuid,
    name: String,
    /// The group of the hosts that enrol with it.
    group: String,
    max_uses: i32,
    uses: i32,
    created_at: Time,
    created_by: String,
    expires_at: Time,
    #[schema(required)]
    revoked_at: Option<Time>,
    state: TokenState,
}

impl Token {
    fn new(row: read::token::Token, now: DateTime<Utc>) -> Self {
        Self {
            state: state(&row, now),
            id: row.id,
            name: row.name,
            group: row.group,
            max_uses: row.max_uses,
            uses: row.uses,
            created_at: row.created_at.into(),
            created_by: row.created_by,
            expires_at: row.expires_at.into(),
            revoked_at: row.revoked_at.map(Time),
        }
    }
}

/// A token that is used up stays so when it expires: it did what it was for.
fn state(row: &read::token::Token, now: DateTime<Utc>) -> TokenState {
    if row.revoked_at.is_some() {
        TokenState::Revoked
    } else if row.uses >= row.max_uses {
        TokenState::UsedUp
    } else if row.expires_at <= now {
        TokenState::Expired
    } else {
        TokenState::Active
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_state_says_why_a_token_cannot_be_used() {
        let now = DateTime::UNIX_EPOCH;
        let row = |uses, expires_in, revoked_at| read::token::Token {
            id: Uuid::nil(),
            name: "a".into(),
            group: "default".into(),
            max_uses: 2,
            uses,
            created_at: now,
            created_by: "root".into(),
            expires_at: now + TimeDelta::seconds(expires_in),
            revoked_at,
        };
        assert_eq!(state(&row(1, 1, None), now), TokenState::Active);
        assert_eq!(state(&row(1, 0, None), now), TokenState::Expired);
        assert_eq!(state(&row(2, 0, None), now), TokenState::UsedUp);
        assert_eq!(state(&row(2, 0, Some(now)), now), TokenState::Revoked);
    }
}
