use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        input::Body,
        rollout::Rollout,
        trail::Trail,
    },
    conductor::{Conductor, Draft},
    rollout::Plan,
};

/// What is to be rolled out, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRollout {
    /// Of a bundle that is published.
    serial: u64,
    mode: Mode,
    /// 2 % of the fleet for a day, 20 % for two, everybody, when it is left out.
    #[serde(default)]
    plan: Plan,
}

/// Whether it comes in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// The first ring tries it, and tells what would turn. It can be started then.
    WhatIf,
    /// It is offered to the first ring.
    Start,
}

/// Begin a rollout, or a trial of one. There is one at a time.
#[utoipa::path(post, path = "/api/v1/rollouts", tag = "content", request_body = NewRollout,
    responses((status = 201, body = Rollout),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`bundle_not_found`, `group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`rollout_refused`: another is under way, or it is too old or expired")))]
pub(crate) async fn create_rollout(
    trail: Trail,
    State(conductor): State<Conductor>,
    Body(new): Body<NewRollout>,
) -> Result<(StatusCode, Json<Rollout>), ApiError> {
    let draft = Draft {
        serial: new.serial,
        plan: new.plan,
        what_if: new.mode == Mode::WhatIf,
    };
    let kept = conductor.begin(draft, trail.author()).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}
