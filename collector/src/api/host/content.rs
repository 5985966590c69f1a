//! Which content a host has, as its detail shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::wire::Trial;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{bundle::hex, time::Time},
    store::bundle::report,
};

/// Which content a host has, by what its agent says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostContent {
    /// Whether the agent that connected last takes bundles.
    takes_bundles: bool,
    /// The bundle in force; null for the content that was installed with the agent.
    #[schema(required)]
    in_force: Option<BundleInForce>,
    /// Serials that can come in force again without the network.
    kept: Vec<i64>,
    /// The root that it trusts; null for none.
    #[schema(required)]
    root: Option<HostRoot>,
    /// What came of the bundle that it was offered last; null before the first.
    #[schema(required)]
    offer: Option<OfferOutcome>,
    /// When it said so; null when it has not.
    #[schema(required)]
    reported_at: Option<Time>,
}

/// The bundle that is in force on a host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BundleInForce {
    serial: i64,
    /// SHA-256 of its manifest, hexadecimal.
    manifest: String,
    created: Time,
    expires: Time,
    /// When it came in force, by the host's clock.
    since: Time,
    /// Seconds since it was made.
    age_s: i64,
    /// Whether it has expired: it stays in force until a newer one comes.
    stale: bool,
}

/// The root that a host trusts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostRoot {
    version: i32,
    expires: Time,
    /// Whether it was installed on the host; otherwise a collector told it first.
    pinned: bool,
}

/// What came of an offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferOutcome {
    /// Names the offer.
    order: Uuid,
    serial: i64,
    /// SHA-256 of its manifest, hexadecimal.
    manifest: String,
    /// `fetching`, `trying`, `tried`, `in_force`, `returned` or `refused`.
    stage: String,
    /// Why it was refused, for programs; null when it was not.
    #[schema(required)]
    refusal: Option<String>,
    /// What was refused and why, or what went wrong; empty otherwise.
    detail: String,
    /// What the trial found; null when there was none.
    #[schema(required)]
    trial: Option<OfferTrial>,
}

/// What came of deciding every rule of a bundle beside the one in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferTrial {
    /// Results.
    results: u32,
    /// Of them, those that are an error.
    errors: u32,
    /// Errors with what was in force.
    errors_before: u32,
    /// Milliseconds of the processor.
    cpu_ms: u32,
    /// How many of the results that there are would be another verdict, or none any more.
    turning: u32,
    /// The first of them, and of those that there would be besides.
    turns: Vec<ResultTurn>,
}

/// A result that would be another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultTurn {
    /// The result's key.
    rule: String,
    /// Null when there is none.
    #[schema(required)]
    from: Option<String>,
    /// Null when there would be none any more.
    #[schema(required)]
    to: Option<String>,
}

impl HostContent {
    /// What was said, as it stands at `now`.
    pub(super) fn new(said: report::HostContent, now: DateTime<Utc>) -> Self {
        Self {
            takes_bundles: said.takes,
            in_force: in_force(&said, now),
            root: root(&said),
            kept: said.kept.clone(),
            reported_at: said.reported_at.map(Time),
            offer: offer(said),
        }
    }
}

fn in_force(said: &report::HostContent, now: DateTime<Utc>) -> Option<BundleInForce> {
    let (created, expires) = (said.created?, said.expires?);
    Some(BundleInForce {
        serial: said.serial?,
        manifest: hex(said.manifest.as_deref()?),
        created: created.into(),
        expires: expires.into(),
        since: said.since?.into(),
        age_s: (now - created).num_seconds(),
        stale: expires <= now,
    })
}

fn root(said: &report::HostContent) -> Option<HostRoot> {
    Some(HostRoot {
        version: said.root_version?,
        expires: said.root_expires?.into(),
        pinned: said.root_pinned?,
    })
}

fn offer(said: report::HostContent) -> Option<OfferOutcome> {
    Some(OfferOutcome {
        order: said.offer_order?,
        serial: said.offer_serial?,
        manifest: hex(said.offer_manifest.as_deref()?),
        stage: said.offer_stage?,
        refusal: said.offer_refusal,
        detail: said.offer_detail.unwrap_or_default(),
        trial: said.trial.map(|trial| trial.0.into()),
    })
}

impl From<Trial> for OfferTrial {
    fn from(trial: Trial) -> Self {
        let turns = trial.turns.into_iter().map(|turn| ResultTurn {
            rule: turn.rule,
            from: turn.from,
            to: turn.to,
        });
        Self {
            results: trial.results,
            errors: trial.errors,
            errors_before: trial.errors_before,
            cpu_ms: trial.cpu_ms,
            turning: trial.turning,
            turns: turns.collect(),
        }
    }
}
