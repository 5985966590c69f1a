//! What somebody on this host does with bundles: carries one here, or puts one in force that is kept.

use std::collections::BTreeSet;

use shared::{
    bundle::{Archive, Hash},
    trust::Root,
    wire::{ContentRefusal, Offer},
};
use tracing::info;
use uuid::Uuid;

use super::{Bundles, Opened, Refused};

/// A bundle that was carried here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is in force already.
    Was(u64),
    /// It is to be taken.
    Complete(Offer),
}

impl Bundles {
    /// Takes in a bundle that somebody has carried here, to be taken as an offer of which no collector is
    /// told.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn import(&self, archive: &Archive) -> Result<Imported, Refused> {
        let mut state = self.lock();
        let Opened { store, trust } = state.opened()?;
        for root in &archive.roots {
            let version = Root::pinned(&root.document).map_or(0, |root| root.version);
            if trust.held().is_none_or(|held| held.version < version) {
                trust.add(&store.disk, root)?;
            }
        }
        self.tell(&state);
        let opened = state.opened()?;
        let document = &archive.manifest.document;
        let manifest = Hash::of(document);
        match opened.store.in_force() {
            Some((now, kept)) if kept.manifest == manifest => return Ok(Imported::Was(now.serial)),
            _ => {}
        }
        let signatures = archive.manifest.signatures_file();
        let verified = self.verified(opened, document, &signatures)?;
        drop(state);
        let offer = Offer {
            serial: verified.manifest.serial,
            manifest: manifest.0,
            root: verified.root.version,
            trial: false,
            order: *Uuid::new_v4().as_bytes(),
        };
        let missing = self.manifest(&offer, document, &signatures)?;
        let missing: BTreeSet<_> = missing.into_iter().map(|(hash, _)| hash).collect();
        for file in archive.content.values() {
            let hash = Hash::of(file).0;
            if missing.contains(&hash) {
                self.file(hash, file)?;
            }
        }
        Ok(Imported::Complete(offer))
    }

    /// Puts a bundle in force that is kept.
    ///
    /// # Errors
    /// Which there are, if it is none of them; why it cannot be.
    pub fn choose(&self, serial: u64) -> Result<(), Refused> {
        let now = self.0.clock.now();
        let mut state = self.lock();
        let store = &mut state.opened()?.store;
        let Some(kept) = store.kept().find(|kept| kept.serial == serial).copied() else {
            let kept: Vec<_> = store.kept().map(|kept| kept.serial.to_string()).collect();
            let words = match &*kept.join(", ") {
                "" => "no bundle is kept here: `openwatch-agent bundle import FILE`".into(),
                kept => format!("bundle {serial} is not kept here; there are: {kept}"),
            };
            return Err(Refused::new(ContentRefusal::Incomplete, words));
        };
        store.choose(kept, now).map_err(Refused::storage)?;
        info!(bundle = serial, "a bundle was put in force by hand");
        self.tell(&state);
        Ok(())
    }
}
