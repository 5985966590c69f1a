use axum::{Json, extract::State};
use chrono::SubsecRound as _;
use sqlx::PgPool;

use crate::{
    api::{
        Keeping,
        baseline::{Baseline, find, note},
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::BaselinePath,
        trail::Trail,
    },
    retention::Kind,
    store,
};

/// Make the present the baseline: what was held on to before is let go.
#[utoipa::path(post, path = "/api/v1/baselines/{id}/promote", tag = "baselines",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Baseline),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`baseline_not_found`")))]
pub(crate) async fn promote_baseline(
    (identity, within, trail): (Identity, Within, Trail),
    BaselinePath(id): BaselinePath,
    State(db): State<PgPool>,
    State(keep): State<Keeping>,
) -> Result<Json<Baseline>, ApiError> {
    let (within, now) = (within.groups(), trail.now().trunc_subsecs(6));
    let mut tx = db.begin().await?;
    store::baseline::hold(&mut tx).await?;
    let past = keep.from(&mut tx, Kind::Facts, now).await?;
    let before = find(&mut tx, id, within.as_deref()).await?;
    store::baseline::promote(&mut tx, id, now, &identity.name).await?;
    let after = find(&mut tx, id, within.as_deref()).await?;
    let (before, after) = (Baseline::new(before, past), Baseline::new(after, past));
    let turn = (Some(&before), Some(&after));
    note(&mut tx, &trail, "baseline.promote", turn).await?;
    tx.commit().await?;
    Ok(Json(after))
}
