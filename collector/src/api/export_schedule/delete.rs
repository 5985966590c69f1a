use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        export_schedule::{ExportSchedule, job_of},
        identity::Identity,
        input::ExportSchedulePath,
        saved_query::whose,
        trail::{Act, Trail},
    },
    store::{export_schedule as rows, job::schedule},
};

/// Have a kept query taken away no more. Files that were made stay.
#[utoipa::path(delete, path = "/api/v1/export-schedules/{id}", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is taken away no more"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`export_schedule_not_found`")))]
pub(crate) async fn delete_export_schedule(
    (identity, trail): (Identity, Trail),
    ExportSchedulePath(id): ExportSchedulePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let account = whose(&identity)?;
    let mut tx = db.begin().await?;
    let found = rows::list(&mut tx, Some(account), Some(id)).await?.pop();
    let found = found.ok_or_else(|| ApiError::ExportScheduleNotFound(id.to_string()))?;
    rows::delete(&mut tx, id).await?;
    schedule::delete(&mut tx, &job_of(id)).await?;
    let act = Act::change("export.unschedule").on("saved_query", found.query, "");
    trail
        .note(&mut tx, act.before(&ExportSchedule::from(found))?)
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
