//! How a host stands to a rollout, and the hosts of a ring together.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::wire::{ContentRefusal, OfferStage, Trial};
use utoipa::ToSchema;

use super::{Host, Outcome, Rollout};

/// How a host stands to a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is away, or its agent takes no bundles.
    Silent,
    /// Nothing is heard yet.
    Waiting,
    Fetching,
    Trying,
    Tried,
    InForce,
    /// It came in force and went again.
    Returned,
    Refused(ContentRefusal),
    /// Its administrator takes no offers. That says nothing of the bundle.
    Declined,
}

/// The hosts of a ring, by how they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tally {
    /// All of them.
    pub hosts: u32,
    /// Away since the last ring was opened, or with an agent that takes no bundles: they are not waited
    /// for.
    pub silent: u32,
    /// Nothing is heard of the offer, or there was none yet.
    pub waiting: u32,
    pub fetching: u32,
    pub trying: u32,
    pub tried: u32,
    pub in_force: u32,
    pub returned: u32,
    pub refused: u32,
    /// Their administrators have switched offers off; they are not waited for.
    pub declined: u32,
    /// Why they refuse, with how many of them.
    pub reasons: BTreeMap<String, u32>,
    #[serde(flatten)]
    pub trials: Trials,
}

/// What the trials of a ring found, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trials {
    /// Hosts that told of one.
    pub trials: u32,
    pub results: u64,
    /// Results that are an error and were none before, less those the other way.
    pub errors_more: i64,
    /// Results that turn.
    pub turning: u64,
    /// Processor time, milliseconds.
    pub cpu_ms: u64,
}

/// How a host stands to what it is to have now: the bundle, or what it is rolled back with. What it says of
/// an offer that was made before is nothing about this one.
pub fn stage(rollout: &Rollout, host: &Host) -> Stage {
    let wanted = rollout.back.unwrap_or(rollout.bundle);
    if host.in_force.is_some_and(|has| has.serial >= wanted.serial) {
        return Stage::InForce;
    }
    match outcome(rollout, host).map(|outcome| outcome.stage) {
        None if host.heard => Stage::Waiting,
        None => Stage::Silent,
        Some(OfferStage::Fetching) => Stage::Fetching,
        Some(OfferStage::Trying) => Stage::Trying,
        Some(OfferStage::Tried) => Stage::Tried,
        Some(OfferStage::InForce) => Stage::InForce,
        Some(OfferStage::Returned) => Stage::Returned,
        Some(OfferStage::Refused(ContentRefusal::Switched)) => Stage::Declined,
        Some(OfferStage::Refused(why)) => Stage::Refused(why),
    }
}

fn outcome<'a>(rollout: &Rollout, host: &'a Host) -> Option<&'a Outcome> {
    let of = |outcome: &&Outcome| outcome.order == rollout.order;
    host.outcome.as_ref().filter(of)
}

impl Tally {
    /// Counts hosts.
    pub fn of<'a>(rollout: &Rollout, hosts: impl IntoIterator<Item = &'a Host>) -> Self {
        let mut tally = Self::default();
        for host in hosts {
            tally.count(stage(rollout, host));
            let trial = outcome(rollout, host).and_then(|outcome| outcome.trial.as_ref());
            trial
                .into_iter()
                .for_each(|trial| tally.trials.count(trial));
        }
        tally
    }

    fn count(&mut self, stage: Stage) {
        self.hosts += 1;
        let count = match stage {
            Stage::Silent => &mut self.silent,
            Stage::Waiting => &mut self.waiting,
            Stage::Fetching => &mut self.fetching,
            Stage::Trying => &mut self.trying,
            Stage::Tried => &mut self.tried,
            Stage::InForce => &mut self.in_force,
            Stage::Returned => &mut self.returned,
            Stage::Declined => &mut self.declined,
            Stage::Refused(why) => {
                *self.reasons.entry(reason(why)).or_default() += 1;
                &mut self.refused
            }
        };
        *count += 1;
    }

    /// Those whose answer is waited for.
    pub fn able(&self) -> u32 {
        self.hosts - self.silent - self.declined
    }

    /// Those whose answer has come.
    pub fn answered(&self) -> u32 {
        self.tried + self.in_force + self.returned + self.refused
    }
}

impl Trials {
    fn count(&mut self, trial: &Trial) {
        self.trials += 1;
        self.results += u64::from(trial.results);
        self.errors_more += i64::from(trial.errors) - i64::from(trial.errors_before);
        self.turning += u64::from(trial.turning);
        self.cpu_ms += u64::from(trial.cpu_ms);
    }
}

/// The name of a refusal, as it is written everywhere.
fn reason(why: ContentRefusal) -> String {
    let name = serde_json::to_value(why).ok();
    let name = name.as_ref().and_then(|name| name.as_str());
    name.unwrap_or_default().to_owned()
}
