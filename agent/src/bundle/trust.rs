//! The root that this host trusts. One that somebody has put beside the agent is where trust begins;
//! without, the first that comes is believed. From there on a root follows only as the one before it says.
//!
//! Another file beside the agent is a new beginning: whoever may write it decides whom the host trusts,
//! and so mends what no signature can, a root whose keys are stolen.

use std::{io, path::Path};

use shared::{
    trust::{MAX_ROOT, Root, Signed},
    wire::{ContentRefusal, HeldRoot},
};

use super::{
    Refused,
    disk::{self, Disk},
    store::Store,
};

const TRUST: &str = "trust";

/// Whom this host trusts.
#[derive(Debug)]
pub(super) struct Trust {
    root: Option<Root>,
    pin: Pin,
}

/// What somebody has put beside the agent.
#[derive(Debug, PartialEq, Eq)]
enum Pin {
    Nothing,
    Root,
    /// Something that cannot be used: nothing else is believed in its place.
    Broken(String),
}

impl Trust {
    /// Reads the roots that were kept, and the one at `pinned`. Where trust begins anew, which bundles
    /// there were is forgotten.
    ///
    /// # Errors
    /// As the system has them, for what was kept.
    pub(super) fn open(store: &mut Store, pinned: &Path) -> io::Result<Self> {
        let disk = &store.disk;
        disk.make(TRUST)?;
        let mut kept = Vec::new();
        for name in disk.list(TRUST)? {
            let document = disk.read(place(&name), MAX_ROOT as u64)?;
            // A draft that a crash has left is no root.
            let root = document.and_then(|document| {
                let root = Root::pinned(&document).ok()?;
                (name == file(&root)).then_some((root, document))
            });
            kept.extend(root);
        }
        kept.sort_by_key(|(root, _)| root.version);
        let newest = kept.last().map(|(root, _)| root.clone());
        let pin = disk::read(pinned, MAX_ROOT as u64).map_err(|error| error.to_string());
        let pin = pin.and_then(|document| match document {
            None => Ok(None),
            Some(document) => match Root::pinned(&document) {
                Ok(root) => Ok(Some((root, document))),
                Err(error) => Err(error.to_string()),
            },
        });
        let (root, pin) = match pin {
            Ok(None) => (newest, Pin::Nothing),
            Ok(Some(pin)) if kept.contains(&pin) => (newest, Pin::Root),
            Ok(Some((root, document))) => {
                // In this order: what is done by halves is done again.
                store.forget()?;
                for name in store.disk.list(TRUST)? {
                    store.disk.remove(place(&name))?;
                }
                store.disk.replace(place(&file(&root)), &document)?;
                (Some(root), Pin::Root)
            }
            Err(why) => {
                let why = format!("the root in {} cannot be used: {why}", pinned.display());
                (None, Pin::Broken(why))
            }
        };
        Ok(Self { root, pin })
    }

    /// The root, if there is one to be trusted.
    pub(super) fn root(&self) -> Result<&Root, Refused> {
        match (&self.root, &self.pin) {
            (Some(root), _) => Ok(root),
            (None, Pin::Broken(why)) => Err(Refused::new(ContentRefusal::Root, why)),
            (None, _) => {
                let words = "no root is known here that says who may publish";
                Err(Refused::new(ContentRefusal::Root, words))
            }
        }
    }

    /// What the collector is told of it.
    pub(super) fn held(&self) -> Option<HeldRoot> {
        let root = self.root.as_ref()?;
        Some(HeldRoot {
            version: root.version,
            expires: root.expires.timestamp_micros(),
            pinned: self.pin == Pin::Root,
        })
    }

    /// What is wrong with the root beside the agent, if something is.
    pub(super) fn broken(&self) -> Option<&str> {
        match &self.pin {
            Pin::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// Takes the next root. One that is known already is none.
    pub(super) fn add(&mut self, disk: &Disk, next: &Signed) -> Result<(), Refused> {
        let wrong = |error: &dyn std::error::Error| Refused::new(ContentRefusal::Root, error);
        let root = match &self.root {
            Some(root) => root.followed_by(next).map_err(|error| wrong(&error))?,
            None if self.pin == Pin::Nothing => {
                Root::pinned(&next.document).map_err(|error| wrong(&error))?
            }
            None => return self.root().map(drop),
        };
        let kept = disk.replace(place(&file(&root)), &next.document);
        kept.map_err(Refused::storage)?;
        self.root = Some(root);
        Ok(())
    }
}

fn file(root: &Root) -> String {
    format!("{}.json", root.version)
}

fn place(name: &str) -> String {
    format!("{TRUST}/{name}")
}
