//! Deliveries: what was told to whom, and what they said.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{error::ApiError, input, time::Time},
    notice::{Phase, Severity},
    store::{
        self,
        delivery::{Attempt as AttemptRow, Delivery as Row},
    },
};

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod retry;

/// One notice for one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    id: Uuid,
    /// Null when no route led anywhere.
    #[schema(required)]
    channel: Option<Uuid>,
    /// What the channel was called then.
    #[schema(required)]
    channel_name: Option<String>,
    state: DeliveryState,
    /// The same however often it is sent.
    notice: Uuid,
    alert: Uuid,
    alert_type: String,
    phase: Phase,
    severity: Severity,
    title: String,
    created_at: Time,
    /// When it was taken or given up; null while it waits.
    #[schema(required)]
    ended_at: Option<Time>,
    /// How often it was tried.
    attempts: i64,
    /// What came of it the last time.
    #[schema(required)]
    last: Option<Attempt>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// It is made now, or tried again later.
    Waiting,
    Delivered,
    /// The receiver will not take it, or was away for too long.
    Dead,
    /// No route led anywhere: nobody was told.
    Unrouted,
}

impl DeliveryState {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Unrouted => "unrouted",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "delivered" => Self::Delivered,
            "dead" => Self::Dead,
            "unrouted" => Self::Unrouted,
            _ => Self::Waiting,
        }
    }
}

/// What a receiver said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attempt {
    at: Time,
    /// Of HTTP or SMTP; null when nothing was answered.
    #[schema(required)]
    status: Option<i32>,
    /// What it said, or why it said nothing: no more than 500 characters.
    answer: String,
    duration_ms: i32,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            at: row.at.into(),
            status: row.status,
            answer: row.answer,
            duration_ms: row.duration_ms,
        }
    }
}

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            channel_name: row.channel_name,
            state: DeliveryState::named(&row.state),
            notice: row.notice.id,
            alert: row.notice.alert,
            alert_type: row.notice.alert_type,
            phase: row.notice.phase,
            severity: row.notice.severity,
            title: row.notice.title,
            created_at: row.created_at.into(),
            ended_at: row.ended_at.map(Into::into),
            attempts: row.attempts,
            last: row.last.map(Into::into),
        }
    }
}

/// The delivery of that identity.
///
/// # Errors
/// [`ApiError::DeliveryNotFound`], and the database's.
async fn find(db: &mut PgConnection, id: Uuid) -> Result<Row, ApiError> {
    let found = store::delivery::find(db, id).await?;
    found.ok_or_else(|| ApiError::DeliveryNotFound(id.to_string()))
}

/// The `{id}` of a delivery in the path.
#[derive(Debug)]
pub(crate) struct DeliveryPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::DeliveryNotFound(text))
    }
}
