//! How a bundle comes to the fleet: ring by ring, and only as long as it does well. Pure.
//!
//! A ring is left when enough of its hosts have taken the bundle and it has stood there for a while.
//! When hosts refuse it, go back, or can decide less than before, the rollout halts by itself. What
//! hosts report is what counts, and never what they were offered.

/// Which hosts come when, and what is too much.
mod plan;

/// How a host stands, and the hosts of a ring together.
mod tally;

/// Whether a ring does well.
mod gate;

/// What is to be done next.
mod step;

/// What an administrator does.
mod command;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    id::HostId,
    wire::{ContentHash, OfferStage, Trial},
};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::{
    command::{Command, Refusal},
    gate::{Alarm, Gate},
    plan::{Gates, MAX_RINGS, Members, Plan, PlanError, Ring},
    step::{Action, Offer, step},
    tally::{Stage, Tally, stage},
};

/// What hosts are to have: a bundle by its serial and its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    pub serial: u64,
    pub manifest: ContentHash,
}

/// Where a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The first ring tries it, and it comes in force nowhere.
    WhatIf,
    Running,
    /// Somebody wants to look first: nothing is offered to anybody new.
    Paused,
    /// It went wrong or somebody stopped it: nobody is offered it any more.
    Halted,
    /// Every ring has it.
    Completed,
    /// Those who were offered it are offered what was before.
    RollingBack,
    RolledBack,
}

/// A rollout, as far as it decides what is next.
#[derive(Debug, Clone)]
pub struct Rollout {
    pub bundle: Bundle,
    pub plan: Plan,
    pub state: State,
    /// Names its offers: another after each time that it begins anew.
    pub order: Uuid,
    /// The last ring that is open.
    pub ring: usize,
    /// Since when enough of that ring have it.
    pub settled_at: Option<DateTime<Utc>>,
    /// The same content as before under a higher serial, once it is rolled back.
    pub back: Option<Bundle>,
}

/// What is known of a host. Those that are revoked are not among them.
#[derive(Debug, Clone)]
pub struct Host {
    pub host_no: i32,
    pub id: HostId,
    /// Those of its groups that the plan names.
    pub groups: Vec<Uuid>,
    /// Whether it was heard of since the last ring was opened, and has said what content it has:
    /// agents from protocol 5 on do.
    pub heard: bool,
    pub offered: Option<Offer>,
    pub in_force: Option<Bundle>,
    pub outcome: Option<Outcome>,
}

/// What a host says that came of an offer.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub order: Uuid,
    pub stage: OfferStage,
    pub trial: Option<Trial>,
}

impl State {
    /// Whether no other may begin while one stands so.
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Self::WhatIf | Self::Running | Self::Paused | Self::RollingBack
        )
    }
}
