use axum::extract::State;
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{
        Keeping,
        baseline::{Baseline, find},
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Within,
        input::BaselinePath,
    },
    retention::Kind,
};

/// Show one baseline.
#[utoipa::path(get, path = "/api/v1/baselines/{id}", tag = "baselines", params(("id" = Uuid, Path)),
    responses((status = 200, body = Baseline),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`baseline_not_found`")))]
pub(crate) async fn get_baseline(
    (within, precondition): (Within, Precondition),
    BaselinePath(id): BaselinePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keep): State<Keeping>,
) -> Result<Tagged<Baseline>, ApiError> {
    let mut conn = db.acquire().await?;
    let found = find(&mut conn, id, within.groups().as_deref()).await?;
    let past = keep.from(&mut conn, Kind::Facts, clock.now()).await?;
    precondition.show(Baseline::new(found, past))
}
