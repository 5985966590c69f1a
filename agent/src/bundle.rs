//! Bundles on this host: what a publisher has signed is fetched, tried and put in force, and stays so
//! without the network; whatever happens, exactly one content is in force, and it is whole.
//!
//! Who hands a bundle over is not trusted: [`shared::bundle::verify`] asks for the publishers'
//! signatures, and [`store`] remembers the newest bundle that ever was in force. A clock that is set back
//! makes no bundle good that has expired: an instant has come once and for all when a bundle that came
//! in force was made then, or when this host's clock and the collector's agreed on it.

/// Files and folders, step by step.
mod disk;

/// A bundle as a folder.
mod tree;

/// Small files.
mod note;

/// Which bundles there are, and which is in force.
mod store;

/// Files on their way.
mod staging;

/// Whom this host trusts.
mod trust;

/// What came of the last offer.
mod last;

/// What the link asks and brings.
mod offer;

/// What somebody on this host does.
mod by_hand;

/// From a bundle that is here to one that is in force.
mod take;

/// What somebody on this host asks of the daemon.
pub mod ask;

/// How content stands, in words.
pub mod words;

use std::{
    fmt, io,
    path::{self, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use shared::{
    clock::SharedClock,
    trust::SignedError,
    wire::{ContentRefusal, ContentState, InForceBundle, Offer},
};
use tokio::sync::watch;
use tracing::{error, warn};

use self::{disk::Disk, last::Last, store::Store, trust::Trust};
use crate::state::StateDir;

pub use self::{
    by_hand::Imported,
    offer::Consider,
    take::{Fledgling, Ground},
};

/// The folder of content in the state folder.
const FOLDER: &str = "content";

/// What this host's own settings say of bundles.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Where somebody may have put the root that trust begins with.
    pub root: PathBuf,
    /// Whether what the collector offers is taken.
    pub offers: bool,
    /// The content that was installed with the agent, in force while no bundle is.
    pub installed: PathBuf,
}

/// Why a bundle is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub why: ContentRefusal,
    /// For people.
    pub words: String,
}

/// The bundles of this host. A handle: clones are of the same. What it does with files blocks.
#[derive(Debug, Clone)]
pub struct Bundles(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    policy: Policy,
    clock: SharedClock,
    state: Mutex<State>,
    said: watch::Sender<ContentState>,
    content: watch::Sender<PathBuf>,
    ready: watch::Sender<Option<Offer>>,
}

#[derive(Debug)]
struct State {
    /// Or why what is on disk cannot be relied on.
    opened: Result<Opened, String>,
    last: Option<Last>,
}

#[derive(Debug)]
struct Opened {
    store: Store,
    trust: Trust,
}

impl Bundles {
    /// What was in force is in force, if it is whole; if the folder cannot be used, what was installed
    /// with the agent is, and every offer is refused.
    pub fn open(state: &StateDir, policy: Policy, clock: SharedClock) -> Self {
        Self::on(disk_of(state), policy, clock)
    }

    fn on(disk: Disk, policy: Policy, clock: SharedClock) -> Self {
        let now = clock.now();
        let mut last = Last::load(&disk);
        let opened = Store::open(disk, now).and_then(|(mut store, found)| {
            for what in found {
                warn!(what, "content on disk");
            }
            last = last.take().map(|last| last.after_restart(&store.disk));
            let trust = Trust::open(&mut store, &policy.root)?;
            Ok(Opened { store, trust })
        });
        let opened = opened.map_err(|error| {
            let folder = FOLDER;
            error!(
                error = &error as &dyn std::error::Error,
                folder, "bundles cannot be used"
            );
            format!("the folder of content cannot be used: {error}")
        });
        if let Ok(Opened { trust, .. }) = &opened
            && let Some(why) = trust.broken()
        {
            warn!(why, "no bundle will be taken");
        }
        let state = State { opened, last };
        let shared = Shared {
            said: watch::Sender::new(state.said()),
            content: watch::Sender::new(state.content(&policy)),
            ready: watch::Sender::new(None),
            policy,
            clock,
            state: Mutex::new(state),
        };
        Self(Arc::new(shared))
    }

    /// What there is to say of content to the collector.
    pub fn state(&self) -> ContentState {
        self.0.said.borrow().clone()
    }

    /// The same, now and as it changes.
    pub fn said(&self) -> watch::Receiver<ContentState> {
        self.0.said.subscribe()
    }

    /// The folder of the content in force, now and as it changes.
    pub fn content(&self) -> watch::Receiver<PathBuf> {
        self.0.content.subscribe()
    }

    /// The offer that is complete last, to be tried.
    pub fn ready(&self) -> watch::Receiver<Option<Offer>> {
        self.0.ready.subscribe()
    }

    /// Notes what the collector's clock says. Neither clock is believed alone: one that is far ahead
    /// would make every bundle look expired for ever.
    pub fn agree(&self, collector: DateTime<Utc>) {
        let at = collector.min(self.0.clock.now());
        let mut state = self.lock();
        if let Ok(opened) = &mut state.opened
            && let Err(error) = opened.store.has_come(at)
        {
            let error = &error as &dyn std::error::Error;
            warn!(error, "the time could not be noted");
        }
    }

    /// Every rule is to be decided by the content in force: whether it is still what its manifest says,
    /// and does not end the agent each time. If not, another comes in force.
    pub fn check(&self) {
        let now = self.0.clock.now();
        let mut state = self.lock();
        let Ok(opened) = &mut state.opened else {
            return;
        };
        let checked = opened.store.check(now).and_then(|damaged| match damaged {
            Some(what) => {
                warn!(what, "content on disk");
                Ok(true)
            }
            None => opened.store.begin(),
        });
        match checked {
            Ok(true) => self.tell(&state),
            Ok(false) => {
                drop(state);
                let words = "the agent ended twice before it had decided every rule";
                self.give_back(&Refused::new(ContentRefusal::Budget, words));
            }
            Err(error) => error!(error = &error as &dyn std::error::Error, "content on disk"),
        }
    }

    /// The agent is asked to stop. A bundle that is being tried, or has not shown yet that it is of use, is
    /// not at fault.
    pub fn leave(&self) {
        let mut state = self.lock();
        let State { opened, last } = &mut *state;
        let Ok(Opened { store, .. }) = opened else {
            return;
        };
        if let Err(error) = store.leave() {
            warn!(error = &error as &dyn std::error::Error, "content on disk");
        }
        if let Some(last) = last
            && last.leave()
        {
            last.keep(&store.disk);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what has become of everything.
    fn tell(&self, state: &State) {
        let (said, content) = (state.said(), state.content(&self.0.policy));
        self.0.said.send_if_modified(|now| replace(now, said));
        self.0.content.send_if_modified(|now| replace(now, content));
    }

    /// The clock, but never before an instant that is known to have come.
    fn now(&self, store: &Store) -> DateTime<Utc> {
        let now = self.0.clock.now();
        store.highest().latest.map_or(now, |latest| latest.max(now))
    }
}

impl State {
    fn opened(&mut self) -> Result<&mut Opened, Refused> {
        let opened = self.opened.as_mut();
        opened.map_err(|why| Refused::new(ContentRefusal::Storage, &*why))
    }

    fn said(&self) -> ContentState {
        let offer = self.last.as_ref().map(|last| last.outcome.clone());
        let Ok(Opened { store, trust }) = &self.opened else {
            return ContentState {
                offer,
                ..ContentState::default()
            };
        };
        ContentState {
            in_force: store.in_force().map(|(now, kept)| InForceBundle {
                serial: kept.serial,
                manifest: kept.manifest.0,
                created: kept.created.timestamp_micros(),
                expires: kept.expires.timestamp_micros(),
                since: now.since.timestamp_micros(),
            }),
            kept: store.kept().map(|kept| kept.serial).collect(),
            root: trust.held(),
            offer,
        }
    }

    fn content(&self, policy: &Policy) -> PathBuf {
        let bundle = self.opened.as_ref().ok().and_then(|o| o.store.content());
        bundle.unwrap_or_else(|| policy.installed.clone())
    }
}

impl Refused {
    /// `words`: what is wrong and the mend, for people.
    pub fn new(why: ContentRefusal, words: impl fmt::Display) -> Self {
        Self {
            why,
            words: words.to_string(),
        }
    }

    fn storage(error: io::Error) -> Self {
        let words = format!("the folder of content cannot be written: {error}");
        Self::new(ContentRefusal::Storage, words)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refused {}

impl From<SignedError> for Refused {
    fn from(error: SignedError) -> Self {
        let why = match error {
            SignedError::TooLarge(_) | SignedError::TooMany(_) => ContentRefusal::TooLarge,
            SignedError::Malformed(_) => ContentRefusal::Malformed,
        };
        Self::new(why, error)
    }
}

/// The folder of the content in force, for who only looks: `None` where no bundle is.
///
/// # Errors
/// Why that cannot be known, or that it is damaged, in words.
pub fn in_force(state: &StateDir) -> Result<Option<PathBuf>, String> {
    store::look(&disk_of(state))
}

/// Where bundles are kept. Whoever watches it needs to know where that is from the root on.
fn disk_of(state: &StateDir) -> Disk {
    let folder = state.path().join(FOLDER);
    Disk::at(path::absolute(&folder).unwrap_or(folder))
}

fn replace<T: PartialEq>(now: &mut T, new: T) -> bool {
    let changed = *now != new;
    *now = new;
    changed
}

#[cfg(test)]
pub(crate) mod tests;
