use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        drift::{DriftAcknowledgement, DriftStory},
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::DriftPath,
        time::Time,
    },
    drift::state::Cause,
    store::{
        drift::read::{self as drift, Change},
        read,
    },
};

/// Changes that are told.
const CHANGES: i64 = 1000;

/// What can explain a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DriftCause {
    /// A maintenance window of the host was open.
    Maintenance,
    /// A rollout brought another rule.
    Rollout,
}

/// What explains a change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftExplanation {
    cause: DriftCause,
    /// Of the window or the rollout; it may be deleted by now.
    id: Uuid,
    /// The window's reason, or which content it was, as it was called then.
    name: String,
}

/// What a host was and is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftChange {
    host: HostRef,
    /// Of the fact: of a rule with the profile of a further set of values.
    key: String,
    /// What happened, for people.
    text: String,
    /// The fact as it was; null where there was none.
    #[schema(required, value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// The fact as it is; null where there is none.
    #[schema(required, value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    /// By how many points the host's score fell within the window; negative where it rose. Of verdicts alone, 0 otherwise.
    fall: f64,
    /// Of a rule: whether its file is another than before.
    rule_changed: bool,
    /// By the host's clock.
    occurred_at: Time,
    /// By the collector's clock.
    recorded_at: Time,
    /// Null where nothing explains it.
    #[schema(required)]
    explained: Option<DriftExplanation>,
    /// Null where nobody has said anything of it.
    #[schema(required)]
    acknowledged: Option<DriftAcknowledgement>,
}

/// A story of drift with its changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeDrift {
    #[serde(flatten)]
    story: DriftStory,
    /// The newest first, at most 1000.
    about: Vec<DriftChange>,
}

/// Show one story of drift, with what each host was and is.
#[utoipa::path(get, path = "/api/v1/drift/{id}", tag = "drift", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeDrift),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`drift_not_found`")))]
pub(crate) async fn get_drift(
    within: Within,
    DriftPath(id): DriftPath,
    State(db): State<PgPool>,
) -> Result<Json<WholeDrift>, ApiError> {
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let found = drift::one(&mut tx, id, within.as_deref()).await?;
    let story = found.ok_or_else(|| ApiError::DriftNotFound(id.to_string()))?;
    let about = drift::changes(&mut tx, story.no, within.as_deref(), CHANGES).await?;
    Ok(Json(WholeDrift {
        story: story.into(),
        about: about.into_iter().map(DriftChange::from).collect(),
    }))
}

impl From<Change> for DriftChange {
    fn from(row: Change) -> Self {
        let cause = row.explained_sort.as_deref().and_then(Cause::named);
        let cause = cause.map(|cause| match cause {
            Cause::Maintenance => DriftCause::Maintenance,
            Cause::Rollout => DriftCause::Rollout,
        });
        Self {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            key: row.key,
            text: row.text,
            before: row.before,
            after: row.after,
            fall: f64::from(row.fall) / 100.0,
            rule_changed: row.rule_changed,
            occurred_at: row.occurred_at.into(),
            recorded_at: row.recorded_at.into(),
            explained: cause
                .zip(row.explained_by)
                .map(|(cause, id)| DriftExplanation {
                    cause,
                    id,
                    name: row.explained_as.unwrap_or_default(),
                }),
            acknowledged: DriftAcknowledgement::of(
                row.acknowledged_by,
                row.acknowledged_at,
                row.note,
            ),
        }
    }
}
