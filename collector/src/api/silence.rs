//! Silences: alerts of which nobody is to hear for a while, by what they are about.

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        identity::Within,
        input::{self, printable},
        time::Time,
    },
    store::{
        self,
        silence::{Listing, Silence as Row},
    },
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;

/// Longest reason and longest key, characters.
const MAX_TEXT: usize = 500;
/// The longest silence.
const MAX_TIME: TimeDelta = TimeDelta::days(90);

/// A silence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Silence {
    id: Uuid,
    #[schema(required)]
    alert_rule: Option<Uuid>,
    #[schema(required)]
    key: Option<String>,
    #[schema(required)]
    host: Option<Uuid>,
    #[schema(required)]
    group: Option<Uuid>,
    reason: String,
    created_by: String,
    created_at: Time,
    from: Time,
    to: Time,
}

impl From<Row> for Silence {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            alert_rule: row.alert_rule,
            key: row.key,
            host: row.host,
            group: row.group,
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at.into(),
            from: row.from.into(),
            to: row.to.into(),
        }
    }
}

/// What is said of a silence. It is for the alerts that fit all that is said; one at least of `alert_rule`, `key`,
/// `host` and `group` is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceFields {
    /// Alerts of this alert rule.
    #[serde(default)]
    alert_rule: Option<Uuid>,
    /// Alerts with this key: a rule of content, or the code of an event. 1 to 500 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    key: Option<String>,
    /// Alerts about this host and nothing else.
    #[serde(default)]
    host: Option<Uuid>,
    /// Alerts about hosts of this group, and of the groups in it, and nothing else.
    #[serde(default)]
    group: Option<Uuid>,
    /// 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// Now, when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Time>)]
    from: Option<Time>,
    /// At most 90 days behind `from`.
    to: Time,
}

impl SilenceFields {
    fn check(self, by: &str, now: DateTime<Utc>) -> Result<Row, ApiError> {
        if self.alert_rule.is_none()
            && self.key.is_none()
            && self.host.is_none()
            && self.group.is_none()
        {
            let detail = "name one of alert_rule, key, host and group at least";
            return Err(ApiError::parameter("alert_rule", detail));
        }
        let key = self.key.map(|key| printable("key", &key, 1, MAX_TEXT));
        let now = now.trunc_subsecs(6);
        let from = self.from.map_or(now, |at| at.0.trunc_subsecs(6));
        let to = self.to.0.trunc_subsecs(6);
        if to <= from || to > from + MAX_TIME {
            let detail = "is not within 90 days behind `from`";
            return Err(ApiError::parameter("to", detail));
        }
        if to <= now {
            return Err(ApiError::parameter("to", "is past"));
        }
        Ok(Row {
            id: Uuid::now_v7(),
            alert_rule: self.alert_rule,
            key: key.transpose()?,
            host: self.host,
            group: self.group,
            reason: printable("reason", &self.reason, 1, MAX_TEXT)?,
            created_by: by.into(),
            created_at: now,
            from,
            to,
        })
    }
}

/// The silence of that identity, within the scope.
///
/// # Errors
/// [`ApiError::SilenceNotFound`], and the database's.
async fn find(db: &mut PgConnection, within: &Within, id: Uuid) -> Result<Row, ApiError> {
    let within = within.groups();
    let listing = Listing {
        id: Some(id),
        within: within.as_deref(),
        limit: 1,
        ..Listing::default()
    };
    let found = store::silence::list(db, listing).await?.pop();
    found.ok_or_else(|| ApiError::SilenceNotFound(id.to_string()))
}

/// The `{id}` of a silence in the path.
#[derive(Debug)]
pub(crate) struct SilencePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for SilencePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::SilenceNotFound(text))
    }
}
