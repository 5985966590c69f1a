use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::RolloutPath,
        rollout::Rollout,
    },
    rollout::{Host, Tally},
    store::{
        self,
        read::snapshot,
        rollout::{Kept, observe},
    },
};

/// A rollout, with how its hosts stand now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutDetail {
    #[serde(flatten)]
    rollout: Rollout,
    rings: Vec<RingProgress>,
}

/// How the hosts of a ring stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RingProgress {
    name: String,
    /// Whether its hosts are offered the bundle, or were.
    open: bool,
    /// What is too much there now, for people; null while it does well.
    #[schema(required)]
    alarm: Option<String>,
    #[serde(flatten)]
    tally: Tally,
}

/// Show one rollout, and how far it has come in each ring.
#[utoipa::path(get, path = "/api/v1/rollouts/{id}", tag = "content", params(("id" = Uuid, Path)),
    responses((status = 200, body = RolloutDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`")))]
pub(crate) async fn get_rollout(
    _: Identity,
    RolloutPath(id): RolloutPath,
    State(db): State<PgPool>,
) -> Result<Json<RolloutDetail>, ApiError> {
    let mut tx = snapshot(&db).await?;
    let found = store::rollout::find(&mut tx, id).await?;
    let kept = found.ok_or_else(|| ApiError::RolloutNotFound(id.to_string()))?;
    let hosts = observe::hosts(&mut tx, &kept).await?;
    let rings = progress(&kept, &hosts);
    let rollout = kept.into();
    Ok(Json(RolloutDetail { rollout, rings }))
}

fn progress(kept: &Kept, hosts: &[Host]) -> Vec<RingProgress> {
    let rollout = &kept.rollout;
    let rings = rollout.plan.rings.iter().enumerate();
    let rings = rings.map(|(number, ring)| {
        let of = |host: &&Host| rollout.plan.ring_of(host) == number;
        let tally = Tally::of(rollout, hosts.iter().filter(of));
        let open = number <= rollout.ring;
        let alarm = rollout.plan.gates.judge(&tally).filter(|_| open);
        RingProgress {
            name: ring.name.clone(),
            open,
            alarm: alarm.map(|alarm| alarm.detail),
            tally,
        }
    });
    rings.collect()
}
