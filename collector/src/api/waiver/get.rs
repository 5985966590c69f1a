use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::{clock::SharedClock, rule::result};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::WaiverPath,
        posture::waived::Waivers,
        time::Time,
        waiver::Waiver,
    },
    catalogue::Catalogue,
    posture::{Lens, score, score_with},
    store::{
        posture::read::{self as posture, Of},
        read,
        waiver::{
            Scope, Waiver as Kept,
            overlay::Over,
            read::{self as waivers, Entry, Extent},
        },
    },
    waiver::State as Stands,
};

/// Results that are told.
const RESULTS: i64 = 100;

/// Something that was done to a waiver, or said of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaiverEntry {
    at: Time,
    /// `requested`, `approved`, `rejected`, `withdrawn`, `revoked`, `renewed`, `expired`, `commented`.
    what: String,
    /// Who did it; `collector` for what happened by itself.
    who: String,
    /// What was said with it; with `renewed`, the identity of the waiver that goes on with it.
    detail: String,
}

/// A result that fails now and that a waiver is for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaiverResult {
    host: HostRef,
    rule: String,
    /// Null, but for a further set of values.
    #[schema(required)]
    profile: Option<String>,
}

/// What a waiver is for now, whether it counts or not, of the hosts of one's scope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaiverExtent {
    /// Hosts that it is for, whatever came of its rules there.
    hosts: i64,
    /// Of those, the ones on which one of its rules fails.
    failing_hosts: i64,
    /// Results of its rules that fail there.
    results_total: i64,
    /// Those results, by host name and rule, at most 100.
    results: Vec<WaiverResult>,
}

/// What a waiver makes of the score of the hosts that it is for, of those of one's scope. In percent, of all rules; null where
/// nothing passes or fails.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaiverEffect {
    /// As it is, with everything that fails.
    #[schema(required)]
    score: Option<f64>,
    /// With all waivers that count now and without this one.
    #[schema(required)]
    score_without: Option<f64>,
    /// With all waivers that count now and with this one.
    #[schema(required)]
    score_with: Option<f64>,
}

/// A waiver with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeWaiver {
    #[serde(flatten)]
    waiver: Waiver,
    affects: WaiverExtent,
    effect: WaiverEffect,
    /// What was done to it, the oldest first.
    history: Vec<WaiverEntry>,
    /// What was said of it, the oldest first.
    comments: Vec<WaiverEntry>,
}

/// Show one waiver: what it is for now, what it makes of the score, what was done to it and said of it.
#[utoipa::path(get, path = "/api/v1/waivers/{id}", tag = "waivers", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeWaiver),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`")))]
pub(crate) async fn get_waiver(
    within: Within,
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
) -> Result<Json<WholeWaiver>, ApiError> {
    let (within, now) = (within.groups(), clock.now());
    let within = within.as_deref();
    let mut tx = read::snapshot(&db).await?;
    let kept = waivers::one(&mut tx, id, within).await?;
    let kept = kept.ok_or_else(|| ApiError::WaiverNotFound(id.to_string()))?;
    let extent = waivers::extent(&mut tx, &kept, within, now).await?;
    let results = waivers::affected(&mut tx, &kept, within, now, RESULTS).await?;
    let results = results.into_iter().map(|row| {
        let (rule, profile) = result::parts(&row.key);
        WaiverResult {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            rule: rule.to_owned(),
            profile: profile.map(str::to_owned),
        }
    });
    let effect = effect(&mut tx, &kept, extent, (within, now), &catalogue).await?;
    let entries = waivers::history(&mut tx, kept.no).await?;
    let (comments, mut history): (Vec<Entry>, Vec<Entry>) = entries
        .into_iter()
        .partition(|entry| entry.what == "commented");
    // Nobody does it: it follows from the clock.
    if let (Stands::Expired, Some(at)) = (kept.standing.state(now), kept.standing.expires_at) {
        history.push(Entry {
            at,
            what: Stands::Expired.name().into(),
            who: "collector".into(),
            detail: String::new(),
        });
    }
    Ok(Json(WholeWaiver {
        affects: WaiverExtent {
            hosts: extent.hosts,
            failing_hosts: extent.failing_hosts,
            results_total: extent.results,
            results: results.collect(),
        },
        effect,
        history: history.into_iter().map(WaiverEntry::from).collect(),
        comments: comments.into_iter().map(WaiverEntry::from).collect(),
        waiver: Waiver::new(kept, now),
    }))
}

async fn effect(
    conn: &mut PgConnection,
    kept: &Kept,
    extent: Extent,
    (within, now): (Option<&[i32]>, DateTime<Utc>),
    catalogue: &Catalogue,
) -> Result<WaiverEffect, ApiError> {
    let of = Of {
        at: now,
        group: kept.whom.id.filter(|_| kept.whom.scope == Scope::Group),
        within,
    };
    let hosts: Vec<i32> = kept.whom.host_no.into_iter().collect();
    let (passed, failed, waived) = if kept.whom.scope == Scope::Host {
        let (mut passed, mut failed) = (0, 0);
        for host_no in &hosts {
            let lenses = posture::of_host(&mut *conn, *host_no, now).await?;
            for all in lenses.iter().filter(|lens| lens.sort == "all") {
                passed += i64::from(all.counts.passed);
                failed += i64::from(all.counts.failed);
            }
        }
        let waivers = Waivers::load(conn, Over::Hosts(&hosts, now)).await?;
        let place = hosts.first().map_or(0, |host_no| i64::from(*host_no));
        (
            passed,
            failed,
            waivers.at(place, &Lens::All, catalogue).results,
        )
    } else {
        let sums = posture::sums(&mut *conn, &Lens::All, &of, &[now]).await?;
        let sum = sums.into_iter().next().unwrap_or_default();
        let waivers = Waivers::load(conn, Over::Together(&of, &[now])).await?;
        (
            sum.passed,
            sum.failed,
            waivers.at(0, &Lens::All, catalogue).results,
        )
    };
    let (without, with) = if kept.standing.counts(now) {
        (waived - extent.alone, waived)
    } else {
        (waived, waived + extent.alone)
    };
    Ok(WaiverEffect {
        score: score(passed, failed),
        score_without: score_with(passed, failed, without),
        score_with: score_with(passed, failed, with),
    })
}

impl From<Entry> for WaiverEntry {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at.into(),
            what: entry.what,
            who: entry.who,
            detail: entry.detail,
        }
    }
}
