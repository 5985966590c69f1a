use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::RolloutPath,
    },
    store::{
        self,
        read::snapshot,
        rollout::prediction::{self, Turning},
    },
};

/// Most results that are told by rule.
const MOST: i64 = 1000;

/// What the hosts that tried a bundle found, and what that means for all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prediction {
    /// Hosts that tried it.
    hosts: i64,
    /// Hosts of the fleet whose agents take bundles.
    fleet: i64,
    /// Results on the hosts that tried it.
    results: i64,
    /// Of them, those that would be another verdict, there no more, or new.
    turning: i64,
    /// The same by rule, those on most hosts first; the first 1000. Of one host, 512 are told.
    rules: Vec<PredictedChange>,
}

/// A verdict that would be another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PredictedChange {
    /// The result's key.
    rule: String,
    /// Null: there is no result.
    #[schema(required)]
    from: Option<String>,
    /// Null: there would be none.
    #[schema(required)]
    to: Option<String>,
    /// Hosts that tried it and found so.
    hosts: i64,
    /// Hosts that would be on in the fleet, if the others are as these.
    in_fleet: i64,
}

/// Show which verdicts a bundle would turn, as the hosts that tried it found.
#[utoipa::path(get, path = "/api/v1/rollouts/{id}/prediction", tag = "content",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Prediction),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`")))]
pub(crate) async fn get_prediction(
    _: Identity,
    RolloutPath(id): RolloutPath,
    State(db): State<PgPool>,
) -> Result<Json<Prediction>, ApiError> {
    let mut tx = snapshot(&db).await?;
    let found = store::rollout::find(&mut tx, id).await?;
    let kept = found.ok_or_else(|| ApiError::RolloutNotFound(id.to_string()))?;
    let manifest = &kept.rollout.bundle.manifest;
    let tried = prediction::tried(&mut tx, manifest).await?;
    let turning = prediction::turning(&mut tx, manifest, MOST).await?;
    let change = |turn: Turning| PredictedChange {
        in_fleet: scaled(turn.hosts, tried.hosts, tried.fleet),
        rule: turn.rule,
        from: turn.from,
        to: turn.to,
        hosts: turn.hosts,
    };
    Ok(Json(Prediction {
        hosts: tried.hosts,
        fleet: tried.fleet,
        results: tried.results,
        turning: tried.turning,
        rules: turning.into_iter().map(change).collect(),
    }))
}

/// So many of `of` are so many of `all`, rounded.
fn scaled(count: i64, of: i64, all: i64) -> i64 {
    let of = of.max(1);
    (count * all + of / 2) / of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_few_hosts_find_is_scaled_to_all() {
        assert_eq!(scaled(3, 25, 500), 60);
        assert_eq!(scaled(1, 3, 10), 3);
        assert_eq!(scaled(2, 3, 10), 7);
        assert_eq!(scaled(0, 0, 10), 0);
    }
}
