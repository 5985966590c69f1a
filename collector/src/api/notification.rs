//! What people are told in the console: each person their own, and of it what they may still see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Permission,
    alert::state::State,
    api::{alert::AlertState, error::ApiError, identity::Identity, rule::Severity, time::Time},
    notice::bell::What,
    store::{self, notification as rows},
};

pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod unread;

/// Something that somebody was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notification {
    id: Uuid,
    /// The alert that it is about.
    #[schema(required)]
    alert: Option<Uuid>,
    /// How that alert stands now.
    #[schema(required)]
    state: Option<AlertState>,
    /// What routes of notices call it, such as `critical_finding`.
    alert_type: String,
    /// What happened last.
    what: What,
    severity: Severity,
    title: String,
    /// How often something of it was told.
    #[schema(minimum = 1)]
    count: i32,
    /// When it was told first.
    first_at: Time,
    /// When it was told last: pass it as `until` to have it, and all before it, read.
    told_at: Time,
    /// When its person looked at what was told last; null while they have not.
    #[schema(required)]
    read_at: Option<Time>,
}

impl From<rows::Notification> for Notification {
    fn from(row: rows::Notification) -> Self {
        let state = row.state.as_deref().and_then(State::named);
        Self {
            id: row.id,
            alert: row.alert,
            state: state.map(AlertState::from),
            alert_type: row.sort,
            what: What::named(&row.what).unwrap_or(What::Grown),
            severity: store::event::severity(row.severity).into(),
            title: row.title,
            count: row.count,
            first_at: row.first_at.into(),
            told_at: row.told_at.into(),
            read_at: row.read_at.map(Time),
        }
    }
}

/// How much somebody has not looked at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct UnreadCount {
    #[schema(minimum = 0)]
    unread: i64,
}

/// Whose notifications are asked for, and of which hosts they may be: a token sees those of its person, as far as
/// its own rights go.
struct Own {
    account: Uuid,
    alerts: bool,
    within: Option<Vec<i32>>,
}

impl Own {
    /// # Errors
    /// [`ApiError::NoAccount`], [`Identity::settled`].
    fn of(identity: &Identity) -> Result<Self, ApiError> {
        identity.settled()?;
        let account = identity.account.ok_or(ApiError::NoAccount)?;
        let scope = identity.grants.scope(Permission::AlertsRead);
        Ok(Self {
            account,
            alerts: scope.is_some(),
            within: scope.and_then(crate::access::Scope::groups),
        })
    }

    fn reader(&self) -> rows::Reader<'_> {
        rows::Reader {
            account: self.account,
            alerts: self.alerts,
            within: self.within.as_deref(),
        }
    }
}
