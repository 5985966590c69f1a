use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;

use crate::{
    api::{
        Keeping,
        baseline::{Baseline, find, note},
        error::{ApiError, Problem},
        etag::Precondition,
        identity::Within,
        input::BaselinePath,
        trail::Trail,
    },
    retention::Kind,
    store,
};

/// Delete a baseline. The past that it names stays.
#[utoipa::path(delete, path = "/api/v1/baselines/{id}", tag = "baselines", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`baseline_not_found`")))]
pub(crate) async fn delete_baseline(
    (within, trail, precondition): (Within, Trail, Precondition),
    BaselinePath(id): BaselinePath,
    State(db): State<PgPool>,
    State(keep): State<Keeping>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    store::baseline::hold(&mut tx).await?;
    let found = find(&mut tx, id, within.groups().as_deref()).await?;
    let past = keep.from(&mut tx, Kind::Facts, trail.now()).await?;
    let before = Baseline::new(found, past);
    precondition.admit(&before)?;
    store::baseline::delete(&mut tx, id).await?;
    note(&mut tx, &trail, "baseline.delete", (Some(&before), None)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
