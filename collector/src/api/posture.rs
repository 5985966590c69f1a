//! How hosts stand against what they are held to, now, then, and in between.

use std::sync::Arc;

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::error::ApiError,
    catalogue::Catalogue,
    posture::{Counts, Lens, Waived, score, score_with},
    store::{self, posture::read::Sum},
};

pub(crate) mod compare;
pub(crate) mod failing;
pub(crate) mod get;
pub(crate) mod host;
pub(crate) mod hosts;
pub(crate) mod lenses;
pub(crate) mod series;
pub(crate) mod waived;

/// Results by verdict. The score is `passed` of `passed` and `failed`, in percent; the others count as neither.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostureTally {
    /// Percent; null where nothing passes or fails.
    #[schema(required)]
    score: Option<f64>,
    /// The same with each result weighed by its rule's severity: critical 10, high 6, medium 3, low 1, info 0.
    #[schema(required)]
    weighted_score: Option<f64>,
    /// The score where failures that are waived at the instant are left out; null where nothing else passes or fails.
    #[schema(required)]
    score_with_waivers: Option<f64>,
    /// The same of the weighted score.
    #[schema(required)]
    weighted_score_with_waivers: Option<f64>,
    passed: i64,
    failed: i64,
    /// Of those that fail, the ones that are waived at the instant. They are in `failed` all the same.
    waived: i64,
    error: i64,
    not_assessable: i64,
    not_applicable: i64,
    manual: i64,
    /// Of those that fail.
    failed_critical: i64,
    /// Of those that fail.
    failed_high: i64,
}

impl PostureTally {
    fn new(counts: Counts, waived: Waived) -> Self {
        Self::of(
            &Sum {
                passed: counts.passed.into(),
                failed: counts.failed.into(),
                error: counts.error.into(),
                not_assessable: counts.not_assessable.into(),
                not_applicable: counts.not_applicable.into(),
                manual: counts.manual.into(),
                weight_passed: counts.weight_passed.into(),
                weight_failed: counts.weight_failed.into(),
                failed_critical: counts.failed_critical.into(),
                failed_high: counts.failed_high.into(),
                ..Sum::default()
            },
            waived,
        )
    }

    fn of(sum: &Sum, waived: Waived) -> Self {
        let (passed, failed) = (sum.passed, sum.failed);
        let (heavy_passed, heavy_failed) = (sum.weight_passed, sum.weight_failed);
        Self {
            score: score(passed, failed),
            weighted_score: score(heavy_passed, heavy_failed),
            score_with_waivers: score_with(passed, failed, waived.results),
            weighted_score_with_waivers: score_with(heavy_passed, heavy_failed, waived.weight),
            passed,
            failed,
            // What is written can be a moment behind what was told.
            waived: waived.results.min(failed),
            error: sum.error,
            not_assessable: sum.not_assessable,
            not_applicable: sum.not_applicable,
            manual: sum.manual,
            failed_critical: sum.failed_critical,
            failed_high: sum.failed_high,
        }
    }
}

/// How many hosts stand together at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Together {
    /// Those that there were.
    hosts: i64,
    /// Of those, the ones whose results count.
    counted: i64,
    /// Of those, the ones that had not been heard of for 24 hours: what they told before counts no more.
    silent: i64,
    /// Those of which nothing is known, though they were heard of.
    no_data: i64,
    /// Percent of the hosts that count.
    #[schema(required)]
    coverage: Option<f64>,
    #[serde(flatten)]
    tally: PostureTally,
}

impl Together {
    fn new(sum: &Sum, waived: Waived) -> Self {
        Self {
            hosts: sum.hosts,
            counted: sum.counted,
            silent: sum.silent,
            no_data: sum.hosts - sum.counted - sum.silent,
            coverage: score(sum.counted, sum.hosts - sum.counted),
            tally: PostureTally::of(sum, waived),
        }
    }
}

/// What hosts are looked at through, as a query says it.
///
/// # Errors
/// [`ApiError::FrameworkNotFound`], [`ApiError::ProfileNotFound`], [`ApiError::Parameter`] where both are named.
pub(super) fn lens(
    framework: Option<String>,
    profile: Option<String>,
    catalogue: &Arc<Catalogue>,
) -> Result<Lens, ApiError> {
    match (framework, profile) {
        (None, None) => Ok(Lens::All),
        (Some(_), Some(_)) => Err(ApiError::parameter(
            "profile",
            "name a framework or a profile, not both",
        )),
        (Some(key), None) if catalogue.frameworks.contains_key(&key) => Ok(Lens::Framework(key)),
        (Some(key), None) => Err(ApiError::FrameworkNotFound(key)),
        (None, Some(key)) if catalogue.profiles.contains_key(&key) => Ok(Lens::Profile(key)),
        (None, Some(key)) => Err(ApiError::ProfileNotFound(key)),
    }
}

/// The rules that are seen through a lens; `None` for all.
pub(super) fn rules(lens: &Lens, catalogue: &Catalogue) -> Option<Vec<String>> {
    match lens {
        Lens::All => None,
        Lens::Framework(key) => {
            let rules = catalogue.rules_of(key).unwrap_or_default();
            Some(rules.into_iter().map(str::to_owned).collect())
        }
        Lens::Profile(key) => {
            let held = catalogue.profiles.get(key);
            Some(held.map_or_else(Vec::new, |held| held.rules.iter().cloned().collect()))
        }
    }
}

/// A group that a query names: one of the scope.
///
/// # Errors
/// [`ApiError::GroupNotFound`].
async fn group(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    within: Option<&[i32]>,
) -> Result<Option<Uuid>, ApiError> {
    if let Some(id) = id
        && store::group::find(conn, id, within).await?.is_none()
    {
        return Err(ApiError::GroupNotFound(id.to_string()));
    }
    Ok(id)
}
