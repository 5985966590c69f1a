use axum::{Json, extract::State};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::{HostPath, Query},
        time::Time,
    },
    store::read::{
        self,
        metric::{Pattern, Resolution, Series, Stretch},
    },
};

/// The most points of one answer.
const MAX_POINTS: i64 = 5_000;
/// About as many points of one series as a screen shows.
const GOOD_POINTS: i64 = 500;
/// The most names that are asked for.
const MAX_NAMES: usize = 100;
/// Steps that are taken when none is asked for, seconds.
const STEPS: [i64; 8] = [60, 300, 900, 3600, 10_800, 21_600, 86_400, 604_800];

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters; `parse` reads them")]
pub(crate) struct MetricQuery {
    /// `cpu.user`; `disk.busy` for every disk, `disk.busy{device=sda}` for one; `disk.*`, `*`.
    /// Several between commas outside of braces, or the parameter again. Without any, the answer
    /// lists the names that there are.
    name: Option<String>,
    /// Inclusive; an hour before `to` when it is left out.
    #[param(value_type = Option<Time>, inline)]
    from: Option<Time>,
    /// Exclusive; now when it is left out.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// Seconds of a point, 60 to 604800; as many as a screen shows when it is left out.
    #[param(minimum = 60, maximum = 604_800)]
    step: Option<u32>,
}

/// One step of a series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricPoint {
    /// When the step began, by the host's clock.
    at: Time,
    min: f32,
    /// Of the means of the minutes in it.
    mean: f32,
    max: f32,
    /// The newest value in it; null where only five minutes or hours are left.
    #[schema(required)]
    last: Option<f32>,
}

/// A series of a host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricSeries {
    name: String,
    /// Steps in which nothing was measured are left out.
    points: Vec<MetricPoint>,
}

/// What was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostMetrics {
    from: Time,
    to: Time,
    /// Seconds of a point: at least what was asked for, and what is left of that time.
    step_s: i64,
    /// What the points are made of: `minute`, `5m` or `1h`.
    #[schema(example = "minute")]
    resolution: String,
    /// Names that the host has in this time; null when some were asked for.
    #[schema(required)]
    names: Option<Vec<String>>,
    /// By name; empty when none were asked for.
    series: Vec<MetricSeries>,
}

/// List how busy a host is, or was. What the names mean is in docs/metrics.md.
///
/// An answer has 5,000 points at the most.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/metrics", tag = "hosts",
    params(("id" = Uuid, Path), MetricQuery),
    responses((status = 200, body = HostMetrics),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`unknown_parameter`, `bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn list_host_metrics(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<HostMetrics>, ApiError> {
    let now = clock.now();
    let asked = Asked::parse(query, now)?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let keep = keeping.now(&mut tx).await?;
    let resolution = |step| Resolution::for_step(step, asked.from, now, keep);
    let step = asked.step.unwrap_or_else(|| asked.good_step(1));
    let mut stretch = Stretch {
        resolution: resolution(step),
        from: asked.from,
        to: asked.to,
    };
    let known = read::metric::names(&mut tx, host_no, stretch).await?;
    let mut answer = HostMetrics {
        from: asked.from.into(),
        to: asked.to.into(),
        step_s: step.max(stretch.resolution.seconds()),
        resolution: stretch.resolution.to_string(),
        names: None,
        series: Vec::new(),
    };
    if asked.names.is_empty() {
        answer.names = Some(known.into_iter().map(|series| series.name).collect());
        return Ok(Json(answer));
    }
    let fits = |series: &Series| asked.names.iter().any(|name| name.fits(&series.name));
    let wanted: Vec<Series> = known.into_iter().filter(fits).collect();
    let step = asked.step.unwrap_or_else(|| asked.good_step(wanted.len()));
    stretch.resolution = resolution(step);
    let step = step.max(stretch.resolution.seconds());
    asked.check(wanted.len(), step)?;
    answer.step_s = step;
    answer.resolution = stretch.resolution.to_string();
    let ids: Vec<i32> = wanted.iter().map(|series| series.id).collect();
    let mut points = read::metric::points(&mut tx, host_no, stretch, step, &ids)
        .await?
        .into_iter()
        .fold(std::collections::HashMap::new(), |mut all, point| {
            all.entry(point.series)
                .or_insert_with(Vec::new)
                .push(MetricPoint::from(point));
            all
        });
    let series = wanted.into_iter().map(|series| MetricSeries {
        points: points.remove(&series.id).unwrap_or_default(),
        name: series.name,
    });
    answer.series = series.collect();
    Ok(Json(answer))
}

impl From<read::metric::Point> for MetricPoint {
    fn from(row: read::metric::Point) -> Self {
        Self {
            at: row.at.into(),
            min: row.min,
            mean: row.mean,
            max: row.max,
            last: row.last,
        }
    }
}

/// What was asked for, checked.
struct Asked {
    names: Vec<Pattern>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Seconds.
    step: Option<i64>,
}

impl Asked {
    fn parse(query: Vec<(String, String)>, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let (mut names, mut from, mut to, mut step) = (Vec::new(), None, None, None);
        let time = |name, value: &str| match value.parse::<Time>() {
            Ok(time) => Ok(Some(time.0)),
            Err(detail) => Err(ApiError::parameter(name, detail)),
        };
        for (name, value) in query {
            match name.as_str() {
                "name" => {
                    for text in split(&value) {
                        let pattern = text.parse().map_err(|wanted| {
                            ApiError::parameter("name", format!("{text:?} is not {wanted}"))
                        })?;
                        names.push(pattern);
                    }
                }
                "from" => from = time("from", &value)?,
                "to" => to = time("to", &value)?,
                "step" => {
                    let seconds = value.parse().ok();
                    let seconds = seconds.filter(|s| (60..=604_800).contains(s));
                    step = Some(seconds.ok_or_else(|| {
                        let detail = format!("{value:?} is not 60 to 604800 seconds");
                        ApiError::parameter("step", detail)
                    })?);
                }
                _ => return Err(ApiError::UnknownParameter(name)),
            }
        }
        if names.len() > MAX_NAMES {
            let detail = format!("{} are more than {MAX_NAMES}", names.len());
            return Err(ApiError::parameter("name", detail));
        }
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to - TimeDelta::hours(1));
        if from >= to {
            return Err(ApiError::parameter("from", "it is not before `to`"));
        }
        if to - from > TimeDelta::days(3653) {
            return Err(ApiError::parameter(
                "from",
                "more than ten years before `to`",
            ));
        }
        Ok(Self {
            names,
            from,
            to,
            step,
        })
    }

    /// A step with which `series` are about as many points as a screen shows.
    fn good_step(&self, series: usize) -> i64 {
        let most = (MAX_POINTS / count(series).max(1)).clamp(1, GOOD_POINTS);
        let good = |step: &&i64| self.steps(**step) <= most;
        *STEPS.iter().find(good).unwrap_or(&STEPS[STEPS.len() - 1])
    }

    /// How many steps there are at most.
    fn steps(&self, step: i64) -> i64 {
        (self.to - self.from).num_seconds() / step + 2
    }

    fn check(&self, series: usize, step: i64) -> Result<(), ApiError> {
        let points = self.steps(step) * count(series);
        if points <= MAX_POINTS {
            return Ok(());
        }
        let detail = format!(
            "{series} series in steps of {step} s are up to {points} points; {MAX_POINTS} are the \
             most of one answer: ask for a longer step, a shorter time or fewer names"
        );
        let name = if self.step.is_some() { "step" } else { "name" };
        Err(ApiError::parameter(name, detail))
    }
}

fn count(series: usize) -> i64 {
    i64::try_from(series).unwrap_or(i64::MAX)
}

/// The names between commas; those of a name's labels are within braces.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut within = false;
    text.split(move |c| {
        within = match c {
            '{' => true,
            '}' => false,
            _ => within,
        };
        c == ',' && !within
    })
}
