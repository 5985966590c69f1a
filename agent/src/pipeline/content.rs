//! Takes bundles, one after the other: those that the collector has offered and the link has fetched, and
//! what somebody on this host asks for. A bundle that is in force stays so when the rules have shown
//! that it is of use.

use std::{path::PathBuf, sync::Arc, time::Duration};

use shared::{
    rule::result::KIND,
    wire::{Offer, Trial},
};
use tokio::{sync::watch, task::spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    bundle::{Bundles, Ground, Refused, ask},
    comply::trial::{self, Limits, Verdicts},
    host::Host,
    journal::Journal,
    probe::Wake,
    rule::sets::Wanted,
    state::StateDir,
    watch::Watch,
};

/// What the watch of questions is called.
const ASKED: &str = "asked";

/// What takes bundles.
pub(super) struct Taker {
    pub(super) bundles: Bundles,
    pub(super) state: StateDir,
    pub(super) host: Host,
    pub(super) journal: Arc<Journal>,
    pub(super) wanted: watch::Receiver<Arc<Wanted>>,
    pub(super) limits: Limits,
    pub(super) came: watch::Receiver<Option<Came>>,
}

/// What came of deciding rules, as the journal has it by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Came {
    /// The folder that they are in.
    pub(super) content: PathBuf,
    /// Processor time of deciding every one that does not walk.
    pub(super) cpu: Duration,
    /// Whether those that walk are still to be decided.
    pub(super) is_to_walk: bool,
}

impl Taker {
    pub(super) async fn run(self, token: CancellationToken) {
        let bundles = self.bundles.clone();
        token.run_until_cancelled(self.take()).await;
        // Where it fails, the next process takes this one for killed.
        let _ = spawn_blocking(move || bundles.leave()).await;
    }

    async fn take(mut self) {
        let mut ready = self.bundles.ready();
        // What was complete before anybody listened.
        ready.mark_changed();
        let mut asked = Watch::of_paths(&Host::live(self.host.clock().clone()));
        match ask::open(&self.state) {
            Ok(folder) => drop(asked.arm(ASKED, &[Wake::Path(folder)])),
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "nobody can ask for bundles"
                );
            }
        }
        // What was asked before.
        self.answer().await;
        loop {
            tokio::select! {
                Ok(()) = ready.changed() => {
                    let offer = ready.borrow_and_update().clone();
                    if let Some(offer) = offer {
                        self.try_on(offer).await;
                    }
                }
                _ = asked.woken() => self.answer().await,
                Ok(()) = self.came.changed() => self.look().await,
            }
        }
    }

    /// Takes a bundle that is complete. What becomes of it is said by who keeps it.
    async fn try_on(&self, offer: Offer) {
        let (bundles, ground) = (self.bundles.clone(), self.ground().await);
        let taken = spawn_blocking(move || drop(bundles.take(&offer, &ground))).await;
        if taken.is_err() {
            warn!("taking a bundle has met a defect");
        }
    }

    /// Does what is asked on this host.
    async fn answer(&self) {
        let state = self.state.clone();
        let asked = spawn_blocking(move || ask::asked(&state)).await;
        for asked in asked.unwrap_or_default() {
            let (bundles, ground) = (self.bundles.clone(), self.ground().await);
            let answered = spawn_blocking(move || asked.answer(&bundles, &ground)).await;
            if answered.is_err() {
                warn!("taking a bundle has met a defect");
            }
        }
    }

    /// Whether a bundle that is new in force does what its trial has promised.
    async fn look(&mut self) {
        let came = self.came.borrow_and_update().clone();
        let (Some(came), Some(fledgling)) = (came, self.bundles.fledgling()) else {
            return;
        };
        if came.content != *self.bundles.content().borrow() {
            return;
        }
        let known = self.known().await;
        let trial = Trial {
            results: known.len() as u32,
            errors: trial::errors(&known),
            errors_before: fledgling.errors_before,
            cpu_ms: u32::try_from(came.cpu.as_millis()).unwrap_or(u32::MAX),
            ..Trial::default()
        };
        let (bundles, limits) = (self.bundles.clone(), self.limits);
        let judged = spawn_blocking(move || match trial::judge(&trial, &limits) {
            Ok(()) if came.is_to_walk => {}
            Ok(()) => bundles.prove(),
            Err((why, words)) => bundles.give_back(&Refused::new(why, words)),
        });
        if judged.await.is_err() {
            warn!("judging a bundle has met a defect");
        }
    }

    async fn ground(&self) -> Ground {
        let wanted = self.wanted.borrow().clone();
        Ground {
            host: self.host.clone(),
            wanted,
            known: self.known().await,
            limits: self.limits,
        }
    }

    /// What came of the rules by now.
    async fn known(&self) -> Verdicts {
        let rows = self.journal.off_thread(|journal| journal.rows(KIND)).await;
        // A journal that cannot be read is told of by who writes it.
        trial::verdicts(rows.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
