use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        silence::{Silence, SilencePath, find},
        trail::{Act, Trail},
    },
    store,
};

/// End a silence. What of its alerts is so still is told within moments.
#[utoipa::path(delete, path = "/api/v1/silences/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`silence_not_found`")))]
pub(crate) async fn delete_silence(
    (identity, within, trail): (Identity, Within, Trail),
    SilencePath(id): SilencePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let silence = Silence::from(find(&mut tx, &within, id).await?);
    store::silence::delete(&mut tx, id).await?;
    let act = Act::change("silence.delete").on("silence", id, &silence.reason);
    trail.note(&mut tx, act.before(&silence)?).await?;
    tx.commit().await?;
    info!(silence.id = %id, account.name = identity.name, "silence ended");
    Ok(StatusCode::NO_CONTENT)
}
