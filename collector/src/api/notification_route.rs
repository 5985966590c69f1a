//! Routes: which notices go to which channel.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        etag::Editable,
        input::{self, printable},
        time::Time,
    },
    notice::{Severity, hours::Hours, route::Route},
    store::{self, channel::Kept},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod replace;

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// Most types of alerts that are named.
const MAX_TYPES: usize = 100;

/// A route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationRoute {
    id: Uuid,
    name: String,
    /// Whether anything goes this way.
    enabled: bool,
    channel: Uuid,
    severity: Severity,
    alert_types: Vec<String>,
    #[schema(required)]
    group: Option<Uuid>,
    #[schema(required)]
    hours: Option<Hours>,
    created_at: Time,
    created_by: String,
}

impl Editable for NotificationRoute {}

/// What is said of a route. A notice goes this way when it fits all of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteFields {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    channel: Uuid,
    /// That severity and all above it. Left out: all.
    #[serde(default = "least")]
    severity: Severity,
    /// These types of alerts. Empty, or left out: all.
    #[serde(default)]
    #[schema(max_items = 100)]
    alert_types: Vec<String>,
    /// Alerts of hosts of this group, and of the groups in it. Left out: all.
    #[serde(default)]
    group: Option<Uuid>,
    /// Left out: always.
    #[serde(default)]
    hours: Option<Hours>,
}

fn yes() -> bool {
    true
}

fn least() -> Severity {
    Severity::Info
}

impl From<Kept> for NotificationRoute {
    fn from(kept: Kept) -> Self {
        Self {
            id: kept.id,
            name: kept.name,
            enabled: kept.enabled,
            channel: kept.route.channel,
            severity: kept.route.severity,
            alert_types: kept.route.alert_types,
            group: kept.group,
            hours: kept.route.hours,
            created_at: kept.created_at.into(),
            created_by: kept.created_by,
        }
    }
}

impl RouteFields {
    /// The route, of that identity, made then by that account.
    async fn check(
        self,
        tx: &mut PgConnection,
        (id, created_at, created_by): (Uuid, Time, &str),
    ) -> Result<Kept, ApiError> {
        let name = printable("name", &self.name, 1, MAX_NAME)?;
        if self.alert_types.len() > MAX_TYPES {
            let detail = format!("are more than {MAX_TYPES}");
            return Err(ApiError::parameter("alert_types", detail));
        }
        for one in &self.alert_types {
            printable("alert_types", one, 1, MAX_NAME)?;
        }
        if let Some(hours) = &self.hours {
            let checked = hours.check();
            checked.map_err(|error| ApiError::parameter("hours", error.to_string()))?;
        }
        if store::channel::find(tx, self.channel).await?.is_none() {
            return Err(ApiError::ChannelNotFound(self.channel.to_string()));
        }
        let group = match self.group {
            Some(id) => {
                let found = store::group::find(tx, id, None).await?;
                let missing = || ApiError::GroupNotFound(id.to_string());
                Some(found.ok_or_else(missing)?.0)
            }
            None => None,
        };
        Ok(Kept {
            id,
            name,
            enabled: self.enabled,
            route: Route {
                channel: self.channel,
                severity: self.severity,
                alert_types: self.alert_types,
                group,
                hours: self.hours,
            },
            group: self.group,
            created_at: created_at.0,
            created_by: created_by.into(),
        })
    }
}

/// The route of that identity; locked, so that of two who change it one comes after the other.
///
/// # Errors
/// [`ApiError::RouteNotFound`], and the database's.
async fn find(db: &mut PgConnection, id: Uuid) -> Result<Kept, ApiError> {
    store::channel::lock_route(&mut *db, id).await?;
    let found = store::channel::routes(db, Some(id)).await?.pop();
    found.ok_or_else(|| ApiError::RouteNotFound(id.to_string()))
}

/// The `{id}` of a route in the path.
#[derive(Debug)]
pub(crate) struct RoutePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for RoutePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::RouteNotFound(text))
    }
}
