use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, WaiverPath, printable},
        trail::{Act, Trail},
        waiver::{MAX_TEXT, tell},
    },
    live::Feed,
    store::{self, waiver::read},
};

/// Something that somebody has to say of a waiver.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverComment {
    /// 1 to 2000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

/// Say something of a waiver, however it stands.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/comment", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverComment,
    responses((status = 204, description = "It is in the waiver's comments"),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`")))]
pub(crate) async fn comment_waiver(
    (identity, within, trail): (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<WaiverComment>,
) -> Result<StatusCode, ApiError> {
    let text = printable("text", &said.text, 1, MAX_TEXT)?;
    let mut tx = db.begin().await?;
    let found = read::one(&mut tx, id, within.groups().as_deref()).await?;
    let found = found.ok_or_else(|| ApiError::WaiverNotFound(id.to_string()))?;
    let (no, now) = (found.no, trail.now());
    store::waiver::note(&mut tx, no, "commented", &identity.name, &text, now).await?;
    let act = Act::change("waiver.comment").on("waiver", id, &found.subject.name());
    trail
        .note(&mut tx, act.after(&json!({"text": text}))?)
        .await?;
    tx.commit().await?;
    tell(&feed, id);
    Ok(StatusCode::NO_CONTENT)
}
