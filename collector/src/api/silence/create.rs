use axum::{Json, extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::Body,
        silence::{Silence, SilenceFields},
        trail::{Act, Trail},
    },
    store,
};

/// Let nobody hear of alerts like this for a while. They are opened and shown as ever; what is so still when the
/// silence ends is told then.
#[utoipa::path(post, path = "/api/v1/silences", tag = "alerts", request_body = SilenceFields,
    responses((status = 201, body = Silence),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`silence_subject_not_found`")))]
pub(crate) async fn create_silence(
    (identity, within, trail): (Identity, Within, Trail),
    State(db): State<PgPool>,
    Body(new): Body<SilenceFields>,
) -> Result<(StatusCode, Json<Silence>), ApiError> {
    let row = new.check(&identity.name, trail.now())?;
    let within = within.groups();
    let mut tx = db.begin().await?;
    if !store::silence::add(&mut tx, &row, within.as_deref()).await? {
        return Err(ApiError::SilenceSubjectNotFound);
    }
    let silence = Silence::from(row);
    let act = Act::change("silence.create").on("silence", silence.id, &silence.reason);
    trail.note(&mut tx, act.after(&silence)?).await?;
    tx.commit().await?;
    info!(silence.id = %silence.id, account.name = identity.name, "silence made");
    Ok((StatusCode::CREATED, Json(silence)))
}
