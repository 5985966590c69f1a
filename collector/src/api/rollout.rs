//! Rollouts: how bundles come to the fleet.

use serde::{Deserialize, Serialize};
use shared::bundle::Hash;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{error::ApiError, input::printable, time::Time},
    rollout::{Plan, State},
    store::rollout::Kept,
};

pub(crate) mod create;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod prediction;
pub(crate) mod steer;

/// Longest reason, characters.
const MAX_REASON: usize = 500;

/// How a bundle came, or comes, to the fleet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rollout {
    id: Uuid,
    /// Of the bundle.
    serial: u64,
    /// SHA-256 of its manifest, hexadecimal.
    manifest: String,
    state: State,
    plan: Plan,
    /// The name of the last ring that is open.
    ring: String,
    /// Since when it is.
    ring_since: Time,
    /// Since when enough of its hosts have the bundle; null while they do not.
    #[schema(required)]
    settled_at: Option<Time>,
    /// The serial of what the fleet was to have before; null for what was installed with agents.
    #[schema(required)]
    before: Option<u64>,
    /// The serial of what it is rolled back with: the content of before.
    #[schema(required)]
    back: Option<u64>,
    created_at: Time,
    created_by: String,
    /// Null while it is a trial only.
    #[schema(required)]
    started_at: Option<Time>,
}

impl From<Kept> for Rollout {
    fn from(kept: Kept) -> Self {
        let rollout = kept.rollout;
        let ring = rollout.plan.rings.get(rollout.ring);
        Self {
            id: kept.id,
            serial: rollout.bundle.serial,
            manifest: Hash(rollout.bundle.manifest).to_string(),
            state: rollout.state,
            ring: ring.map(|ring| ring.name.clone()).unwrap_or_default(),
            plan: rollout.plan,
            ring_since: kept.ring_since.into(),
            settled_at: rollout.settled_at.map(Time),
            before: kept.before.map(|before| before.serial),
            back: rollout.back.map(|back| back.serial),
            created_at: kept.created_at.into(),
            created_by: kept.created_by,
            started_at: kept.started_at.map(Time),
        }
    }
}

/// Why somebody does something to a rollout.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// For those who read its events, up to 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

impl Reason {
    fn check(&self) -> Result<String, ApiError> {
        printable("reason", &self.reason, 0, MAX_REASON)
    }
}
