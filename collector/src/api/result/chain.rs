use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::HostPath,
        time::Time,
    },
    authority::Authority,
    chain::{self, Break, Fault, Report},
    retention::Kind,
    store::read,
};

/// The most faults that are told.
const MOST: usize = 100;

/// Where a host went on with another chain than the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChainBreak {
    /// By the collector's clock.
    at: Time,
    because: &'static str,
}

/// Something that does not fit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChainFault {
    /// Which link, seal or result.
    place: String,
    what: String,
}

/// What came of walking the chain over a host's results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Records of results that are kept.
    links: usize,
    /// Those of them that a seal of the host stands for.
    sealed: usize,
    seals: usize,
    /// Results, present and past.
    results: usize,
    /// Results of before the first record that is kept, or told without one: nothing is known of
    /// who told them.
    untold: usize,
    /// Where the host went on with another chain than the one before, and why.
    breaks: Vec<ChainBreak>,
    /// How much does not fit.
    faults_total: usize,
    /// What does not fit, the first place first; at most 100.
    faults: Vec<ChainFault>,
}

/// Walk the chain over a host's results: every record, every seal, and whether the results that are
/// kept are those that the host told.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/chain", tag = "results",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Verification),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`")))]
pub(crate) async fn verify_results(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(authority): State<Authority>,
    State(keeping): State<Keeping>,
    State(clock): State<SharedClock>,
) -> Result<Json<Verification>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let keep = keeping.now(&mut tx).await?;
    let oldest = keep.before(Kind::Proofs, clock.now());
    let oldest = oldest.unwrap_or(DateTime::<Utc>::MIN_UTC);
    let kept = read::chain::of_host(&mut tx, id, host_no, oldest).await?;
    // Thousands of hashes, and some hundred signatures.
    let walk = move || chain::verify(&kept, &authority.certificate());
    let report = tokio::task::spawn_blocking(walk)
        .await
        .map_err(ApiError::Task)?;
    Ok(Json(report.into()))
}

impl From<Report> for Verification {
    fn from(report: Report) -> Self {
        Self {
            links: report.links,
            sealed: report.sealed,
            seals: report.seals,
            results: report.rows,
            untold: report.untold,
            breaks: report.breaks.into_iter().map(ChainBreak::from).collect(),
            faults_total: report.faults.len(),
            faults: report
                .faults
                .into_iter()
                .take(MOST)
                .map(ChainFault::from)
                .collect(),
        }
    }
}

impl From<Break> for ChainBreak {
    fn from(Break { at, because }: Break) -> Self {
        let at = at.into();
        Self { at, because }
    }
}

impl From<Fault> for ChainFault {
    fn from(Fault { place, what }: Fault) -> Self {
        Self { place, what }
    }
}
