//! What is done to a rollout that has begun.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        input::{Body, RolloutPath},
        rollout::{Reason, Rollout},
        trail::Trail,
    },
    conductor::Conductor,
    rollout::Command,
};

/// What a rollout is rolled back with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBack {
    /// Of a published bundle: higher than that of the rollout, with the content of what was before.
    serial: u64,
    /// For those who read its events, up to 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

async fn steer(
    conductor: &Conductor,
    trail: &Trail,
    id: Uuid,
    command: Command,
    reason: &Reason,
) -> Result<Json<Rollout>, ApiError> {
    let reason = reason.check()?;
    let kept = conductor.command(id, command, trail.author(), &reason);
    Ok(Json(kept.await?.into()))
}

/// Let a bundle that was tried come in force, ring by ring.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/start", tag = "content",
    params(("id" = Uuid, Path)), request_body = Reason,
    responses((status = 200, body = Rollout),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: it is no trial")))]
pub(crate) async fn start_rollout(
    trail: Trail,
    RolloutPath(id): RolloutPath,
    State(conductor): State<Conductor>,
    Body(reason): Body<Reason>,
) -> Result<Json<Rollout>, ApiError> {
    steer(&conductor, &trail, id, Command::Start, &reason).await
}

/// Offer the bundle to nobody new until it is resumed. What was offered stays.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/pause", tag = "content",
    params(("id" = Uuid, Path)), request_body = Reason,
    responses((status = 200, body = Rollout),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: it does not run")))]
pub(crate) async fn pause_rollout(
    trail: Trail,
    RolloutPath(id): RolloutPath,
    State(conductor): State<Conductor>,
    Body(reason): Body<Reason>,
) -> Result<Json<Rollout>, ApiError> {
    steer(&conductor, &trail, id, Command::Pause, &reason).await
}

/// Go on with a rollout that was paused, or begin its last ring anew when it was halted: hosts that
/// refused the bundle are asked again.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/resume", tag = "content",
    params(("id" = Uuid, Path)), request_body = Reason,
    responses((status = 200, body = Rollout),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: it is neither paused nor halted")))]
pub(crate) async fn resume_rollout(
    trail: Trail,
    RolloutPath(id): RolloutPath,
    State(conductor): State<Conductor>,
    Body(reason): Body<Reason>,
) -> Result<Json<Rollout>, ApiError> {
    steer(&conductor, &trail, id, Command::Resume, &reason).await
}

/// Halt a rollout or a trial: hosts that have not taken the bundle are not offered it any more.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/halt", tag = "content",
    params(("id" = Uuid, Path)), request_body = Reason,
    responses((status = 200, body = Rollout),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: it has come to its end")))]
pub(crate) async fn halt_rollout(
    trail: Trail,
    RolloutPath(id): RolloutPath,
    State(conductor): State<Conductor>,
    Body(reason): Body<Reason>,
) -> Result<Json<Rollout>, ApiError> {
    steer(&conductor, &trail, id, Command::Halt, &reason).await
}

/// Roll back: every host that was offered the bundle is offered the content of before, at once. That
/// takes a bundle that the publisher signed, because no host goes back to a lower serial.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/rollback", tag = "content",
    params(("id" = Uuid, Path)), request_body = RollBack,
    responses((status = 200, body = Rollout),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`, `bundle_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: it was not started, or the bundle is not the content of \
                           before")))]
pub(crate) async fn roll_back(
    trail: Trail,
    RolloutPath(id): RolloutPath,
    State(conductor): State<Conductor>,
    Body(asked): Body<RollBack>,
) -> Result<Json<Rollout>, ApiError> {
    let (serial, reason) = (asked.serial, asked.reason);
    let reason = Reason { reason }.check()?;
    let kept = conductor.roll_back(id, serial, trail.author(), &reason);
    Ok(Json(kept.await?.into()))
}
