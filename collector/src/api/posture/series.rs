use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        posture::{Together, get::Posture, group, lens, waived::Waivers},
        time::Time,
    },
    catalogue::Catalogue,
    retention::Kind,
    store::{
        posture::read::{self as posture, Of},
        read,
        waiver::overlay::Over,
    },
};

/// The most instants of one answer.
const MAX_POINTS: i64 = 400;
/// The longest step, seconds: a year.
const MAX_STEP_S: i64 = 31_536_000;
/// The time that is told when none is asked for.
const DAYS: TimeDelta = TimeDelta::days(30);
/// Instants in it when no step is asked for.
const POINTS: i64 = 60;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostureSeriesQuery {
    /// Only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only the rules of this profile, such as `cis-debian12-l1-server`, with its values.
    profile: Option<String>,
    /// Only the hosts that belonged to this group at each instant.
    group: Option<Uuid>,
    /// The first instant; 30 days before `to` when it is left out.
    #[param(value_type = Option<Time>, inline)]
    from: Option<Time>,
    /// The last instant at most; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// Seconds between two instants; a sixtieth of the time when it is left out. 400 instants are the most.
    #[param(minimum = 1, maximum = 31536000)]
    step: Option<u32>,
}

/// How hosts stood, instant by instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostureSeries {
    /// Seconds.
    step: i64,
    points: Vec<Posture>,
}

/// Say how the fleet or a group stood over time: exactly, at each instant, with the hosts that there were then.
///
/// The series begins no earlier than what is kept of hosts: of a time before that there is no point.
#[utoipa::path(get, path = "/api/v1/posture/series", tag = "posture", params(PostureSeriesQuery),
    responses((status = 200, body = PostureSeries),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`, `profile_not_found`, `group_not_found`")))]
pub(crate) async fn get_posture_series(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<PostureSeriesQuery>,
) -> Result<Json<PostureSeries>, ApiError> {
    let now = clock.now();
    let to = query.to.map_or(now, |to| to.0);
    let from = query.from.map_or_else(|| to - DAYS, |from| from.0);
    let (step, mut ats) = instants(from, to, query.step.map(i64::from))?;
    let lens = lens(query.framework, query.profile, &catalogue)?;
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let kept = keeping.from(&mut tx, Kind::Posture, now).await?;
    ats.retain(|at| *at >= kept);
    let group = group(&mut tx, query.group, within.as_deref()).await?;
    let of = Of {
        at: to,
        group,
        within: within.as_deref(),
    };
    let sums = posture::sums(&mut tx, &lens, &of, &ats).await?;
    let waivers = Waivers::load(&mut tx, Over::Together(&of, &ats)).await?;
    let points = ats.into_iter().zip(0..).zip(sums);
    let points = points.map(|((at, place), sum)| Posture {
        at: at.into(),
        together: Together::new(&sum, waivers.at(place, &lens, &catalogue)),
    });
    Ok(Json(PostureSeries {
        step,
        points: points.collect(),
    }))
}

/// The step in seconds, and each instant from `from` to `to`.
fn instants(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    step: Option<i64>,
) -> Result<(i64, Vec<DateTime<Utc>>), ApiError> {
    if from > to {
        return Err(ApiError::parameter("from", "is behind `to`"));
    }
    let seconds = (to - from).num_seconds();
    let step = step.unwrap_or((seconds / POINTS).max(1));
    if !(1..=MAX_STEP_S).contains(&step) {
        let detail = format!("is not 1 to {MAX_STEP_S} seconds");
        return Err(ApiError::parameter("step", detail));
    }
    let count = seconds / step + 1;
    if count > MAX_POINTS {
        let detail = format!("{count} instants are more than {MAX_POINTS}: take a longer step");
        return Err(ApiError::parameter("step", detail));
    }
    let at = |n| from + TimeDelta::seconds(n * step);
    Ok((step, (0..count).map(at).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn instants_go_from_the_first_to_the_last_at_most_and_are_not_too_many() {
        let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-03-01T00:00:10Z"));
        let (step, ats) = instants(from, to, Some(4)).unwrap();
        let seconds: Vec<i64> = ats.iter().map(|at| (*at - from).num_seconds()).collect();
        assert_eq!((step, seconds), (4, vec![0, 4, 8]));
        assert_eq!(instants(from, from, None).unwrap(), (1, vec![from]));
        assert!(instants(to, from, None).is_err());
        assert!(instants(from, to, Some(MAX_STEP_S)).is_ok());
        assert!(instants(from, to, Some(MAX_STEP_S + 1)).is_err());
        assert!(instants(from, at("2026-03-02T00:00:00Z"), Some(60)).is_err());
    }
}
