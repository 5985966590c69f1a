use axum::{Json, extract::State};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        job::{Job, JobPath},
        trail::{Act, Trail},
    },
    store,
};

/// Have a job that was given up done again, with all its attempts before it. The answer is the job as it was.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/retry", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Job),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`job_not_found`")))]
pub(crate) async fn retry_job(
    (identity, trail): (Identity, Trail),
    JobPath(id): JobPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<Json<Job>, ApiError> {
    let mut tx = db.begin().await?;
    let job = store::job::revive(&mut tx, id, clock.now()).await?;
    let job = Job::from(job.ok_or_else(|| ApiError::JobNotFound(id.to_string()))?);
    let act = Act::change("job.retry").on("job", id, &job.queue);
    trail.note(&mut tx, act.before(&job)?).await?;
    tx.commit().await?;
    info!(job.id = %id, account.name = identity.name, "job tried again");
    Ok(Json(job))
}
