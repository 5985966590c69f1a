//! From a bundle that is here to one that is in force: put together, verified once more, tried, switched
//! to, and switched back from when it does otherwise than in its trial.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use shared::{
    bundle::{Engine, Hash, Known, Newest},
    trust::Root,
    wire::{ContentRefusal, Offer, OfferStage, Trial},
};
use tracing::{info, warn};

use super::{
    Bundles, Refused, State,
    last::Last,
    staging,
    store::NEXT,
    tree::{self, FILES},
};
use crate::{
    comply::trial::{self, Limits, Verdicts},
    host::Host,
    rule::sets::Wanted,
};

/// What a bundle is tried on.
#[derive(Debug, Clone)]
pub struct Ground {
    pub host: Host,
    pub wanted: Arc<Wanted>,
    /// What came of the content in force; empty: it is decided first.
    pub known: Verdicts,
    pub limits: Limits,
}

/// A bundle in force that has not decided every rule yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fledgling {
    pub serial: u64,
    /// Results that were an error with what was in force before, or the most there can be.
    pub errors_before: u32,
}

impl Bundles {
    /// Takes a bundle that is complete: tries it on `ground`, and unless it was to be tried only, puts it
    /// in force. What becomes of it is said, and returned as far as it came.
    ///
    /// # Errors
    /// Why it was refused; what was in force is.
    pub fn take(&self, offer: &Offer, ground: &Ground) -> Result<(OfferStage, Trial), Refused> {
        let taken = self.try_take(offer, ground);
        taken.inspect_err(|refused| self.refused(offer, refused))
    }

    fn try_take(&self, offer: &Offer, ground: &Ground) -> Result<(OfferStage, Trial), Refused> {
        let folder = self.assemble(offer)?;
        self.lock().tell_of(offer, Last::begin);
        let trial = self.try_out(&folder, ground)?;
        let told = trial.clone();
        self.lock()
            .tell_of(offer, |last| last.outcome.trial = Some(told));
        trial::judge(&trial, &ground.limits).map_err(|(why, words)| Refused::new(why, words))?;
        if offer.trial {
            let mut state = self.lock();
            state.tell_of(offer, |last| last.come_to(OfferStage::Tried));
            self.tell(&state);
            return Ok((OfferStage::Tried, trial));
        }
        // Where nobody had walked for what was before, more errors than before say nothing.
        let is_known = !ground.known.is_empty();
        let errors_before = if is_known {
            trial.errors_before
        } else {
            u32::MAX
        };
        self.activate(offer, errors_before)?;
        Ok((OfferStage::InForce, trial))
    }

    fn try_out(&self, folder: &Path, ground: &Ground) -> Result<Trial, Refused> {
        let Ground {
            host,
            wanted,
            known,
            limits,
        } = ground;
        let decided;
        let known = if known.is_empty() {
            let content = self.0.content.borrow().clone();
            decided = trial::verdicts_of(host, &content, wanted);
            &decided
        } else {
            known
        };
        let tried = trial::trial(host, folder, wanted, known, limits);
        tried.map_err(|stale| Refused::new(ContentRefusal::Malformed, stale.detail))
    }

    /// The bundle in force, while it has to show that it is of use.
    pub fn fledgling(&self) -> Option<Fledgling> {
        let state = self.lock();
        let (now, _) = state.opened.as_ref().ok()?.store.in_force()?;
        now.errors_before.map(|errors_before| Fledgling {
            serial: now.serial,
            errors_before,
        })
    }

    /// It is: from now on it stays.
    pub fn prove(&self) {
        let mut state = self.lock();
        if let Ok(opened) = state.opened()
            && let Err(error) = opened.store.prove()
        {
            // The agent's next start counts against it, and nothing else.
            warn!(error = &error as &dyn std::error::Error, "content on disk");
        }
    }

    /// It is not: what was in force before it comes back.
    pub fn give_back(&self, why: &Refused) {
        let now = self.0.clock.now();
        let mut state = self.lock();
        let Ok(opened) = state.opened() else { return };
        let Some((in_force, kept)) = opened.store.in_force() else {
            return;
        };
        let (serial, manifest) = (in_force.serial, kept.manifest.0);
        warn!(bundle = serial, %why, "the content before a bundle comes back");
        if let Err(error) = opened.store.back(now) {
            warn!(error = &error as &dyn std::error::Error, "content on disk");
        }
        let State { last, opened } = &mut *state;
        let is_of_it = |last: &&mut Last| last.outcome.manifest == manifest;
        if let (Some(last), Ok(opened)) = (last.as_mut().filter(is_of_it), opened) {
            last.give_back(why);
            last.keep(&opened.store.disk);
        }
        self.tell(&state);
    }

    /// Puts the bundle of an offer together beside the others, whole and believed.
    fn assemble(&self, offer: &Offer) -> Result<PathBuf, Refused> {
        let mut state = self.lock();
        let opened = state.opened()?;
        let disk = &opened.store.disk;
        let announced = staging::announced(disk, Hash(offer.manifest));
        let incomplete = |words: String| Refused::new(ContentRefusal::Incomplete, words);
        let Some(new) = announced.map_err(Refused::storage)? else {
            return Err(incomplete("its manifest is not here".into()));
        };
        let verified = self.verified(opened, &new.document, &new.signatures)?;
        let others = opened.store.files();
        staging::assemble(disk, &new, &verified.manifest, &others).map_err(Refused::storage)?;
        tree::read(&disk.path(NEXT)).map_err(incomplete)?;
        Ok(disk.path(NEXT).join(FILES))
    }

    /// Switches to the bundle that was put together, if it may still be taken.
    fn activate(&self, offer: &Offer, errors_before: u32) -> Result<(), Refused> {
        let now = self.0.clock.now();
        let mut state = self.lock();
        let opened = state.opened()?;
        let announced = staging::announced(&opened.store.disk, Hash(offer.manifest));
        let read = tree::read(&opened.store.disk.path(NEXT));
        let (Ok(Some(new)), Ok((next, _))) = (announced, read) else {
            let words = "it was changed while it was tried";
            return Err(Refused::new(ContentRefusal::Incomplete, words));
        };
        let verified = self.verified(opened, &new.document, &new.signatures)?;
        let store = &mut opened.store;
        store
            .activate(next, verified.newest, errors_before, now)
            .map_err(Refused::storage)?;
        if let Err(error) = staging::clear(&store.disk) {
            warn!(error = &error as &dyn std::error::Error, "content on disk");
        }
        info!(bundle = offer.serial, "a bundle is in force");
        state.tell_of(offer, |last| last.come_to(OfferStage::InForce));
        self.tell(&state);
        Ok(())
    }
}

/// What is known when a bundle comes.
pub(super) fn known<'a>(root: &'a Root, newest: Option<&'a Newest>) -> Result<Known<'a>, Refused> {
    let engine = Engine::here().map_err(|words| Refused::new(ContentRefusal::Agent, words))?;
    Ok(Known {
        root,
        newest,
        engine,
    })
}
