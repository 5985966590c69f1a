//! How fresh the content of the fleet is.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{Patience, SignsContent, error::ApiError, identity::Identity, time::Time},
    store::{
        freshness::{self, Freshness},
        read::snapshot,
        rollout::standing,
    },
};

/// Why the content of a host is older than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Staleness {
    /// Its bundle has expired: it goes on with it, and nobody vouches for it any more.
    Expired,
    /// It is offered a newer one for longer than `content.behind_hours`, and has not taken it.
    Behind,
}

impl Staleness {
    /// Of what is worse, if anything is.
    pub(crate) fn of(host: &Freshness, patience: Patience, now: DateTime<Utc>) -> Option<Self> {
        let behind = |since| since < now - patience.0;
        if host.expires.is_some_and(|expires| expires <= now) {
            Some(Self::Expired)
        } else if host.behind_since.is_some_and(behind) {
            Some(Self::Behind)
        } else {
            None
        }
    }
}

/// Which content the hosts of the fleet have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetContent {
    /// The serial of the bundle that all are to have; null before the first rollout has come to its
    /// end.
    #[schema(required)]
    standing: Option<u64>,
    /// By bundle, the newest first.
    bundles: Vec<HeldBundle>,
    /// Hosts whose agents take no bundles, or have not said what they have.
    unable: i64,
    /// Why hosts refuse what they were offered last; the most frequent reason first.
    refused: Vec<RefusedBundle>,
}

/// A bundle that hosts have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldBundle {
    /// Null for what was installed with agents.
    #[schema(required)]
    serial: Option<i64>,
    #[schema(required)]
    expires: Option<Time>,
    /// Whether it has expired.
    expired: bool,
    hosts: i64,
    /// Those of them that are offered a newer one for longer than `content.behind_hours`.
    behind: i64,
}

/// A bundle that hosts refuse.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedBundle {
    serial: i64,
    /// `signatures`, `root`, `expired`, `older`, `equivocation`, `malformed`, `too_large`,
    /// `incomplete`, `agent`, `budget`, `errors`, `clock`, `storage` or `switched`.
    reason: String,
    hosts: i64,
}

/// Show which content the fleet has, and who is stale.
#[utoipa::path(get, path = "/api/v1/content", tag = "content",
    responses((status = 200, body = FleetContent)))]
pub(crate) async fn get_content(
    _: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(patience): State<Patience>,
) -> Result<Json<FleetContent>, ApiError> {
    let now = clock.now();
    let mut tx = snapshot(&db).await?;
    let standing = standing::find(&mut tx).await?;
    let held = freshness::held(&mut tx, now - patience.0).await?;
    let refused = freshness::refused(&mut tx).await?;
    let unable = freshness::unable(&mut tx).await?;
    let bundles = held.into_iter().map(|held| HeldBundle {
        serial: held.serial,
        expired: held.expires.is_some_and(|expires| expires <= now),
        expires: held.expires.map(Time),
        hosts: held.hosts,
        behind: held.behind,
    });
    let refused = refused.into_iter().map(|refused| RefusedBundle {
        serial: refused.serial,
        reason: refused.reason,
        hosts: refused.hosts,
    });
    Ok(Json(FleetContent {
        standing: standing.map(|standing| standing.bundle.serial),
        bundles: bundles.collect(),
        unable,
        refused: refused.collect(),
    }))
}

/// Who signs the content of the fleet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContentMode {
    /// Whether this collector signs the content of its folder by itself, so that whoever controls it
    /// decides what hosts are held to.
    one_machine: bool,
}

/// Show who signs the content of the fleet.
#[utoipa::path(get, path = "/api/v1/content/mode", tag = "content",
    responses((status = 200, body = ContentMode)))]
pub(crate) async fn get_content_mode(
    _: Identity,
    State(signs): State<SignsContent>,
) -> Json<ContentMode> {
    let one_machine = signs.0;
    Json(ContentMode { one_machine })
}
