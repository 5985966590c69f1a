use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        Origin,
        channel::{self, ChannelPath},
        error::{ApiError, Problem},
        identity::Identity,
        trail::{Act, Trail},
    },
    authority::Authority,
    notice::{Notice, Phase, Severity},
    notify::{Deliveries, Verdict},
};

/// What a receiver said to a test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tested {
    /// Whether it has taken the notice.
    delivered: bool,
    /// Of HTTP or SMTP; null when nothing was answered.
    #[schema(required)]
    status: Option<i32>,
    /// What it said, or why it said nothing: no more than 500 characters.
    answer: String,
    duration_ms: i32,
}

/// Send a real notice to a channel now, and tell what its receiver said.
#[utoipa::path(post, path = "/api/v1/channels/{id}/test", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Tested),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`")))]
pub(crate) async fn test_channel(
    (identity, trail): (Identity, Trail),
    ChannelPath(id): ChannelPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(origin): State<Origin>,
    State(authority): State<Authority>,
    State(deliveries): State<Arc<Deliveries>>,
) -> Result<Json<Tested>, ApiError> {
    let row = channel::find(&mut *db.acquire().await?, id).await?;
    let to = channel::open(&row, authority.vault())?;
    let notice = Notice {
        id: Uuid::now_v7(),
        alert: Uuid::now_v7(),
        alert_type: "test".into(),
        phase: Phase::Test,
        severity: Severity::Info,
        title: format!("This is how OpenWatch tells {}", row.name),
        text: format!("{} tries the channel. Nothing has happened.", identity.name),
        subjects: Vec::new(),
        groups: Vec::new(),
        occurred_at: clock.now(),
        link: origin.to_string(),
    };
    let (said, attempt) = deliveries.try_now(&to, &notice).await?;
    let tested = Tested {
        delivered: said.verdict == Verdict::Taken,
        status: attempt.status,
        answer: attempt.answer,
        duration_ms: attempt.duration_ms,
    };
    let mut tx = db.begin().await?;
    let act = Act::change("channel.test").on("channel", id, &row.name);
    trail.note(&mut tx, act.after(&tested)?).await?;
    tx.commit().await?;
    info!(
        channel.name = row.name,
        account.name = identity.name,
        "channel tried"
    );
    Ok(Json(tested))
}
