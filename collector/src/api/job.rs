//! Jobs: what waits to be done, and what was given up.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{error::ApiError, input, time::Time},
    job::State,
    store::job::Job as Row,
};

pub(crate) mod list;
pub(crate) mod retry;

/// A job that is not done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    id: Uuid,
    /// Which sort of work it is.
    queue: String,
    /// Jobs of one lane do not hold up those of another.
    lane: String,
    state: JobState,
    /// How often it was begun.
    attempts: i32,
    /// How often it is begun at the most.
    max_attempts: i32,
    /// It is not begun before.
    due_at: Time,
    /// What came of the last attempt that came to nothing.
    #[schema(required)]
    error: Option<String>,
    created_at: Time,
    /// When it was given up.
    #[schema(required)]
    ended_at: Option<Time>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Waiting,
    Running,
    /// Given up: somebody must look.
    Dead,
}

impl From<JobState> for State {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Waiting => Self::Waiting,
            JobState::Running => Self::Running,
            JobState::Dead => Self::Dead,
        }
    }
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            queue: row.queue,
            lane: row.lane,
            state: match row.state.as_str() {
                "running" => JobState::Running,
                "dead" => JobState::Dead,
                _ => JobState::Waiting,
            },
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            due_at: row.due_at.into(),
            error: row.error,
            created_at: row.created_at.into(),
            ended_at: row.ended_at.map(Into::into),
        }
    }
}

/// The `{id}` of a job in the path.
#[derive(Debug)]
pub(crate) struct JobPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::JobNotFound(text))
    }
}
