use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        drift::DriftStory,
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, DriftPath, printable},
        trail::{Act, Trail},
    },
    drift::state,
    live::{Event, Feed},
    store::{
        self,
        drift::read::{self as drift, Story},
    },
};

/// The longest word, characters.
const MAX_NOTE: usize = 1000;

/// What somebody says of drift that nothing explains.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriftNote {
    /// Why it is well so, or what is done about it: 1 to 1000 printable characters.
    #[schema(min_length = 1, max_length = 1000)]
    note: String,
}

/// Why something is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriftReason {
    /// For whoever reads the audit log; at most 1000 printable characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// Say a word about drift that nothing explains, of the hosts in one's scope. What comes to the story after that is
/// unexplained again.
#[utoipa::path(post, path = "/api/v1/drift/{id}/acknowledge", tag = "drift", params(("id" = Uuid, Path)),
    request_body = DriftNote,
    responses((status = 200, body = DriftStory),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`drift_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`drift_stands_so`")))]
pub(crate) async fn acknowledge_drift(
    (identity, within, trail): (Identity, Within, Trail),
    DriftPath(id): DriftPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<DriftNote>,
) -> Result<Json<DriftStory>, ApiError> {
    let note = printable("note", &said.note, 1, MAX_NOTE)?;
    let within = within.groups();
    let mut tx = db.begin().await?;
    let before = hold(&mut tx, id, within.as_deref()).await?;
    let said = (&*identity.name, &*note);
    let done =
        store::drift::acknowledge(&mut tx, before.no, within.as_deref(), said, trail.now()).await?;
    let act = Act::change("drift.acknowledge");
    let after = finish(
        &mut tx,
        (before, done),
        within.as_deref(),
        (act, &note),
        &trail,
    )
    .await?;
    tx.commit().await?;
    feed.publish(Event::DriftChanged { drift: id });
    Ok(Json(after))
}

/// Take back what was said of a story of drift: it is unexplained again.
#[utoipa::path(post, path = "/api/v1/drift/{id}/reopen", tag = "drift", params(("id" = Uuid, Path)),
    request_body = DriftReason,
    responses((status = 200, body = DriftStory),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`drift_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`drift_stands_so`")))]
pub(crate) async fn reopen_drift(
    (within, trail): (Within, Trail),
    DriftPath(id): DriftPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<DriftReason>,
) -> Result<Json<DriftStory>, ApiError> {
    let note = printable("note", &said.note, 0, MAX_NOTE)?;
    let within = within.groups();
    let mut tx = db.begin().await?;
    let before = hold(&mut tx, id, within.as_deref()).await?;
    let done = store::drift::reopen(&mut tx, before.no, within.as_deref()).await?;
    let act = Act::change("drift.reopen");
    let after = finish(
        &mut tx,
        (before, done),
        within.as_deref(),
        (act, &note),
        &trail,
    )
    .await?;
    tx.commit().await?;
    feed.publish(Event::DriftChanged { drift: id });
    Ok(Json(after))
}

/// The story, which nobody else changes until the transaction ends.
async fn hold(
    db: &mut sqlx::PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> Result<Story, ApiError> {
    store::drift::hold(db).await?;
    let found = drift::one(db, id, within).await?;
    found.ok_or_else(|| ApiError::DriftNotFound(id.to_string()))
}

/// Writes down what was done to so many changes of a story, and says what has become of it.
async fn finish(
    db: &mut sqlx::PgConnection,
    (before, done): (Story, u64),
    within: Option<&[i32]>,
    (act, note): (Act, &str),
    trail: &Trail,
) -> Result<DriftStory, ApiError> {
    if done == 0 {
        let state = state::State::named(&before.state).unwrap_or(state::State::Unexplained);
        return Err(ApiError::DriftStandsSo(state));
    }
    store::drift::sum(db, &[before.no]).await?;
    let after = drift::one(db, before.id, within).await?;
    let after = after.ok_or_else(|| ApiError::DriftNotFound(before.id.to_string()))?;
    let said = json!({"state": after.state, "changes": done, "note": note});
    let act = act.on("drift", before.id, &before.title);
    let act = act.before(&json!({"state": before.state}))?.after(&said)?;
    trail.note(db, act).await?;
    Ok(after.into())
}
