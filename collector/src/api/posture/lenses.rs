use std::sync::Arc;

use axum::{Json, extract::State};
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
        posture::{group, waived::Waivers},
        time::Time,
    },
    catalogue::Catalogue,
    posture::{Lens, Waived, score, score_with},
    retention::Kind,
    store::{
        posture::read::{self as posture, Of, OfLens},
        read,
        waiver::overlay::Over,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LensQuery {
    /// Only the hosts that belonged to this group at the instant.
    group: Option<Uuid>,
    /// The instant, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// What hosts are looked at through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    All,
    Framework,
    Profile,
}

impl Sort {
    /// As the tables name it.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "framework" => Self::Framework,
            "profile" => Self::Profile,
            _ => Self::All,
        }
    }
}

/// How hosts stand together through one lens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LensPosture {
    sort: Sort,
    /// Of the framework or the profile; empty for all.
    key: String,
    /// Of all rules and of profiles; null for what has none.
    #[schema(required)]
    title: Option<String>,
    /// Percent; null where nothing passes or fails.
    #[schema(required)]
    score: Option<f64>,
    /// Percent, weighed by severity.
    #[schema(required)]
    weighted_score: Option<f64>,
    /// The score where failures that are waived at the instant are left out; null where nothing else passes or fails.
    #[schema(required)]
    score_with_waivers: Option<f64>,
    /// The same of the weighted score.
    #[schema(required)]
    weighted_score_with_waivers: Option<f64>,
    /// Hosts whose results count.
    counted: i64,
    passed: i64,
    failed: i64,
    /// Of those that fail, the ones that are waived at the instant.
    waived: i64,
}

/// How hosts stand through every lens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LensPostures {
    at: Time,
    /// All rules first, then frameworks and profiles by key; only those of which something is known.
    lenses: Vec<LensPosture>,
}

/// Say how the fleet or a group stands, or stood at an instant, for each framework and profile.
#[utoipa::path(get, path = "/api/v1/posture/lenses", tag = "posture", params(LensQuery),
    responses((status = 200, body = LensPostures),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_posture_lenses(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<LensQuery>,
) -> Result<Json<LensPostures>, ApiError> {
    let (now, within) = (clock.now(), within.groups());
    let mut tx = read::snapshot(&db).await?;
    let at = keeping.asked(&mut tx, Kind::Posture, query.at, now).await?;
    let at = at.unwrap_or(now);
    let of = Of {
        at,
        group: group(&mut tx, query.group, within.as_deref()).await?,
        within: within.as_deref(),
    };
    let rows = posture::lenses(&mut tx, &of).await?;
    let waivers = Waivers::load(&mut tx, Over::Together(&of, &[at])).await?;
    let lenses = rows.into_iter().map(|row| {
        let lens = Lens::named(&row.sort, &row.key);
        let waived = waivers.at(0, &lens, &catalogue);
        told(row, waived, &catalogue)
    });
    Ok(Json(LensPostures {
        at: at.into(),
        lenses: lenses.collect(),
    }))
}

fn told(row: OfLens, waived: Waived, catalogue: &Catalogue) -> LensPosture {
    let sort = Sort::named(&row.sort);
    let title = match sort {
        Sort::All => Some("All rules".to_owned()),
        // Frameworks have no other name than their key.
        Sort::Framework => None,
        Sort::Profile => {
            let of = catalogue.profiles.get(&row.key);
            of.map(|of| of.profile.title.clone())
        }
    };
    LensPosture {
        sort,
        title,
        score: score(row.passed, row.failed),
        weighted_score: score(row.weight_passed, row.weight_failed),
        score_with_waivers: score_with(row.passed, row.failed, waived.results),
        weighted_score_with_waivers: score_with(
            row.weight_passed,
            row.weight_failed,
            waived.weight,
        ),
        counted: row.counted,
        passed: row.passed,
        failed: row.failed,
        waived: waived.results.min(row.failed),
        key: row.key,
    }
}
