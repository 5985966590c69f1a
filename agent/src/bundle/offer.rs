//! What the link asks about an offer, and what it brings: roots, a manifest, files. Each is checked when it
//! comes, so that nothing is fetched for a bundle that would not be taken.

use shared::{
    bundle::{Hash, MAX_FILE, MAX_MANIFEST, Verified, verify},
    trust::Signed,
    wire::{ContentHash, ContentRefusal, Offer, OfferStage},
};
use tracing::warn;

use super::{
    Bundles, Opened, Refused, State,
    disk::{self, Disk},
    last::Last,
    staging::{self, Announced},
    take::known,
    tree::MANIFEST,
};

/// What must stay free on the disk, bytes.
const ROOM: u64 = 16 << 20;

/// What is to be done about an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consider {
    /// Nothing: it is in force or has had its answer, which [`Bundles::state`] tells.
    Have,
    /// The bundle is to be fetched: roots, manifest, files.
    Need {
        /// A manifest that is here, of which the new one may be told as a difference.
        basis: Option<ContentHash>,
    },
}

impl Bundles {
    /// The version of the root that is trusted; 0: none yet.
    pub fn newest_root(&self) -> u32 {
        let state = self.lock();
        let opened = state.opened.as_ref().ok();
        let held = opened.and_then(|opened| opened.trust.held());
        held.map_or(0, |root| root.version)
    }

    /// Takes the root that follows the newest one.
    ///
    /// # Errors
    /// [`ContentRefusal::Root`], when it does not; [`ContentRefusal::Storage`].
    pub fn add_root(&self, document: &[u8], signatures: &[u8]) -> Result<(), Refused> {
        let signed = Signed::read(document.to_vec(), signatures)?;
        let mut state = self.lock();
        let Opened { store, trust } = state.opened()?;
        trust.add(&store.disk, &signed)?;
        self.tell(&state);
        Ok(())
    }

    /// What is to be done about this offer. One that nothing is to be done about is answered.
    pub fn consider(&self, offer: &Offer) -> Consider {
        let mut state = self.lock();
        let considered = self.weigh(&mut state, offer);
        self.tell(&state);
        considered
    }

    fn weigh(&self, state: &mut State, offer: &Offer) -> Consider {
        let last = Last::of(offer, state.last.take());
        let has_answer = last.is_final() || last.outcome.stage == OfferStage::Trying;
        state.last = Some(last);
        if has_answer {
            return Consider::Have;
        }
        if let Err(refused) = self.is_wanted(state, offer) {
            state.refuse(offer, &refused);
            return Consider::Have;
        }
        let in_force = state.opened.as_ref().ok().and_then(|o| o.store.in_force());
        let basis = in_force.map(|(_, kept)| kept.manifest.0);
        let (stage, considered) = match basis {
            Some(manifest) if manifest != offer.manifest => {
                (OfferStage::Fetching, Consider::Need { basis })
            }
            None => (OfferStage::Fetching, Consider::Need { basis }),
            Some(_) if offer.trial => (OfferStage::Tried, Consider::Have),
            Some(_) => (OfferStage::InForce, Consider::Have),
        };
        state.tell_of(offer, |last| last.come_to(stage));
        considered
    }

    /// Whether whoever has a say on this host lets it be.
    fn is_wanted(&self, state: &mut State, offer: &Offer) -> Result<(), Refused> {
        let switched = |words: String| Err(Refused::new(ContentRefusal::Switched, words));
        if !self.0.policy.offers {
            return switched("this host's own settings forbid it (`content.offers`)".into());
        }
        let Opened { store, .. } = state.opened()?;
        match store.in_force() {
            Some((now, kept)) if now.chosen && kept.manifest.0 != offer.manifest => {
                let newest = store.highest().newest.as_ref();
                if newest.is_none_or(|newest| newest.serial < offer.serial) {
                    return Ok(());
                }
                switched(format!(
                    "bundle {} was put in force on this host by hand; `openwatch-agent bundle use {}` \
                     ends that, and so does a newer bundle",
                    now.serial, offer.serial
                ))
            }
            _ => Ok(()),
        }
    }

    /// Takes the manifest of an offer. Returns the files that are missing, each once, with their sizes.
    ///
    /// # Errors
    /// Why the bundle is not taken.
    pub fn manifest(
        &self,
        offer: &Offer,
        document: &[u8],
        signatures: &[u8],
    ) -> Result<Vec<(ContentHash, u64)>, Refused> {
        let mut state = self.lock();
        let opened = state.opened()?;
        let verified = self.verified(opened, document, signatures)?;
        let (hash, manifest) = (Hash::of(document), &verified.manifest);
        if (hash.0, manifest.serial) != (offer.manifest, offer.serial) {
            let words = format!(
                "bundle {} came, and is not the one offered",
                manifest.serial
            );
            return Err(Refused::new(ContentRefusal::Malformed, words));
        }
        let new = Announced {
            hash,
            document: document.to_vec(),
            signatures: signatures.to_vec(),
        };
        let store = &opened.store;
        let missing = staging::missing(&store.disk, manifest, &store.files());
        let bytes: u64 = missing.iter().map(|(_, size)| size).sum();
        room(&store.disk, bytes)?;
        staging::announce(&store.disk, &new, manifest).map_err(Refused::storage)?;
        Ok(missing
            .into_iter()
            .map(|(hash, size)| (hash.0, size))
            .collect())
    }

    /// A manifest that is here.
    pub fn basis(&self, manifest: ContentHash) -> Option<Vec<u8>> {
        let state = self.lock();
        let store = &state.opened.as_ref().ok()?.store;
        let folder = store.folder(Hash(manifest))?;
        disk::read(&folder.join(MANIFEST), MAX_MANIFEST as u64).ok()?
    }

    /// Takes a file that is missing.
    ///
    /// # Errors
    /// [`ContentRefusal::Malformed`], when it is not what its hash says; [`ContentRefusal::TooLarge`];
    /// [`ContentRefusal::Storage`].
    pub fn file(&self, hash: ContentHash, bytes: &[u8]) -> Result<(), Refused> {
        let hash = Hash(hash);
        if bytes.len() as u64 > MAX_FILE {
            let words = format!(
                "{} bytes came for a file, and no file has more than {MAX_FILE}",
                bytes.len()
            );
            return Err(Refused::new(ContentRefusal::TooLarge, words));
        }
        if Hash::of(bytes) != hash {
            let words = format!("what came for the file {hash} is another");
            return Err(Refused::new(ContentRefusal::Malformed, words));
        }
        let mut state = self.lock();
        let disk = &state.opened()?.store.disk;
        staging::keep(disk, hash, bytes).map_err(Refused::storage)
    }

    /// Everything that was missing has come: the bundle is to be tried.
    pub fn complete(&self, offer: &Offer) {
        let mut state = self.lock();
        state.tell_of(offer, |last| last.come_to(OfferStage::Trying));
        self.tell(&state);
        self.0.ready.send_replace(Some(offer.clone()));
    }

    /// The bundle is not taken.
    pub fn refused(&self, offer: &Offer, refused: &Refused) {
        let mut state = self.lock();
        state.refuse(offer, refused);
        self.tell(&state);
    }

    /// A manifest that is believed.
    pub(super) fn verified(
        &self,
        Opened { store, trust }: &Opened,
        document: &[u8],
        signatures: &[u8],
    ) -> Result<Verified, Refused> {
        let now = self.now(store);
        let signed = Signed::read(document.to_vec(), signatures)?;
        let newest = store.highest().newest.as_ref();
        let known = known(trust.root()?, newest)?;
        verify(known, &[], &signed, now).map_err(|refused| {
            let mut words = refused.to_string();
            let clock = self.0.clock.now();
            if refused.why() == ContentRefusal::Expired {
                words.push_str(&format!("; this host's clock says {clock}"));
                if clock < now {
                    words.push_str(&format!(", and it has been {now} before"));
                }
            }
            Refused::new(refused.why(), words)
        })
    }
}

impl State {
    /// Tells more of an offer. Of a bundle that was carried here by hand, no collector is told.
    pub(super) fn tell_of(&mut self, offer: &Offer, tell: impl FnOnce(&mut Last)) {
        let is_told = |last: &&mut Last| last.outcome.order == offer.order;
        if let Some(last) = self.last.as_mut().filter(is_told) {
            tell(last);
            if let Ok(opened) = &self.opened {
                last.keep(&opened.store.disk);
            }
        }
    }

    fn refuse(&mut self, offer: &Offer, refused: &Refused) {
        let (serial, why) = (offer.serial, &refused.words);
        warn!(bundle = serial, why, "a bundle is refused");
        self.tell_of(offer, |last| last.refuse(refused));
    }
}

/// Whether there is room for so many bytes.
fn room(disk: &Disk, bytes: u64) -> Result<(), Refused> {
    let free = disk.free().map_err(Refused::storage)?;
    if free >= bytes + ROOM {
        return Ok(());
    }
    let words = format!(
        "the bundle needs {} KiB and {} are free where content is kept: make room",
        (bytes + ROOM) >> 10,
        free >> 10
    );
    Err(Refused::new(ContentRefusal::Storage, words))
}
