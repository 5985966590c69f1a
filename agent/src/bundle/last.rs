//! What came of the last offer, kept over restarts: what was tried and is of no use is not tried again
//! because the agent has started anew.

use serde::{Deserialize, Serialize};
use shared::wire::{ContentRefusal, Offer, OfferOutcome, OfferStage};
use tracing::warn;

use super::{
    Refused,
    disk::Disk,
    note::{json, note},
};

const FILE: &str = "offer.json";
/// How often a trial may end with the agent: twice is no accident any more.
const TRIALS: u32 = 2;

/// What came of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) outcome: OfferOutcome,
    /// How often a trial of it has begun.
    begun: u32,
}

impl Last {
    /// An offer that was heard. What is known of it from before stays known.
    pub(super) fn of(offer: &Offer, before: Option<Self>) -> Self {
        let same = before.filter(|before| before.outcome.order == offer.order);
        same.unwrap_or_else(|| Self {
            outcome: OfferOutcome {
                order: offer.order,
                serial: offer.serial,
                manifest: offer.manifest,
                stage: OfferStage::Fetching,
                trial: None,
                detail: String::new(),
            },
            begun: 0,
        })
    }

    pub(super) fn load(disk: &Disk) -> Option<Self> {
        // One that cannot be read says as little as none.
        note(disk, FILE).ok().flatten()
    }

    /// What is left of it when the agent starts.
    pub(super) fn after_restart(mut self, disk: &Disk) -> Self {
        if self.outcome.stage == OfferStage::Trying {
            if self.begun < TRIALS {
                // It will be offered again.
                self.outcome.stage = OfferStage::Fetching;
            } else {
                let words = format!("the agent ended {TRIALS} times while it tried this bundle");
                self.refuse(&Refused::new(ContentRefusal::Budget, words));
                self.keep(disk);
            }
        }
        self
    }

    /// Whether there is an answer that another try would not change.
    pub(super) fn is_final(&self) -> bool {
        matches!(
            self.outcome.stage,
            OfferStage::Tried
                | OfferStage::Returned
                | OfferStage::Refused(ContentRefusal::Budget | ContentRefusal::Errors)
        )
    }

    /// A trial begins.
    pub(super) fn begin(&mut self) {
        self.begun += 1;
        self.outcome.stage = OfferStage::Trying;
    }

    /// It goes on, or has gone well.
    pub(super) fn come_to(&mut self, stage: OfferStage) {
        self.outcome.stage = stage;
        self.outcome.detail.clear();
    }

    /// The process is asked to stop: that says nothing against the bundle. Whether it was being tried.
    pub(super) fn leave(&mut self) -> bool {
        let is_trying = self.outcome.stage == OfferStage::Trying;
        if is_trying {
            self.begun = self.begun.saturating_sub(1);
        }
        is_trying
    }

    pub(super) fn refuse(&mut self, refused: &Refused) {
        self.outcome.stage = OfferStage::Refused(refused.why);
        self.outcome.detail.clone_from(&refused.words);
    }

    /// The bundle came in force, and does not stay so.
    pub(super) fn give_back(&mut self, why: &Refused) {
        self.outcome.stage = OfferStage::Returned;
        self.outcome.detail.clone_from(&why.words);
    }

    pub(super) fn keep(&self, disk: &Disk) {
        if let Err(error) = disk.replace(FILE, &json(self)) {
            // It will be told, and only be forgotten when the agent restarts.
            let error = &error as &dyn std::error::Error;
            warn!(error, "what came of an offer could not be kept");
        }
    }
}
