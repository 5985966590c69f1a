//! The chain over results within one session: what was sent of it, and the seals under it. Pure but
//! for the signature.

use std::collections::VecDeque;

use shared::{
    chain::{Link, Signing, Stand},
    id::Epoch,
    wire::{Opening, Record, SEALS_SINCE, Seal},
};

/// The chain as far as this session has told it.
#[derive(Debug)]
pub(super) struct Told {
    signing: Signing,
    epoch: Epoch,
    /// Whether the collector knows of seals.
    seals: bool,
    stand: Stand,
    /// Where it stood with each link that is sent and not acknowledged.
    under_way: VecDeque<Stand>,
    /// Whether a link was told since the last seal.
    due: bool,
}

impl Told {
    /// A session that goes on from `stand`, under this version of the protocol.
    pub(super) fn new(signing: Signing, epoch: Epoch, stand: Stand, protocol: u16) -> Self {
        Self {
            signing,
            epoch,
            seals: protocol >= SEALS_SINCE,
            stand,
            under_way: VecDeque::new(),
            due: false,
        }
    }

    /// What the session begins with.
    pub(super) fn open(&self, opening: Opening) -> Result<Option<Seal>, rustls::Error> {
        let seal = || self.signing.seal(self.stand, Some(opening));
        self.seals.then(seal).transpose()
    }

    /// Notes a record that is about to be sent.
    pub(super) fn push(&mut self, record: &Record) {
        if let Some(link) = Link::of(self.epoch, record) {
            self.stand = self.stand.with(&link);
            self.under_way.push_back(self.stand);
            self.due = true;
        }
    }

    /// Notes an acknowledgement: where the collector's chain stands, if that is news.
    pub(super) fn acknowledge(&mut self, seq: u64) -> Option<Stand> {
        let mut reached = None;
        while let Some(stand) = self.under_way.pop_front_if(|stand| stand.seq <= seq) {
            reached = Some(stand);
        }
        reached
    }

    /// The seal under what was told since the last one, if anything was.
    pub(super) fn seal(&mut self) -> Result<Option<Seal>, rustls::Error> {
        let due = std::mem::take(&mut self.due) && self.seals;
        due.then(|| self.signing.seal(self.stand, None)).transpose()
    }
}
