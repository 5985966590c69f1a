//! Where the chain over results stands with the last record that the collector is known to have:
//! one row of the journal, beside the head. A journal of an older agent has none.

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};
use shared::{
    chain::Stand,
    rule::result::KIND,
    wire::{self, Body, Delta, Freshness, Opening, Record, Snapshot},
};

use super::JournalError;

/// The key of the one row.
const KEY: &str = "chain";

/// What is known of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub stand: Stand,
    /// What a session says of it when it begins.
    pub opening: Opening,
    /// The first record of results that was folded away since the last session began. The collector
    /// may have it: a session may have sent it, and not heard of its commit.
    pub(super) lost: Option<u64>,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            stand: Stand::default(),
            opening: Opening::New,
            lost: None,
        }
    }
}

impl Chain {
    pub(super) fn load(
        table: &impl ReadableTable<&'static str, &'static [u8]>,
    ) -> Result<Self, JournalError> {
        let row = table.get(KEY).map_err(JournalError::read)?;
        let known = row.map(|row| wire::decode(row.value()).map_err(JournalError::Decode));
        known.transpose().map(Option::unwrap_or_default)
    }

    pub(super) fn save(
        &self,
        table: &mut Table<'_, &'static str, &'static [u8]>,
    ) -> Result<(), JournalError> {
        let bytes = wire::encode(self).map_err(JournalError::Encode)?;
        let saved = table.insert(KEY, bytes.as_slice());
        saved.map(drop).map_err(JournalError::write)
    }

    /// The collector has everything up to `stand`.
    pub(super) fn reached(&mut self, stand: Stand) {
        self.stand = stand;
        self.opening = Opening::Continues;
    }

    /// A record is folded away.
    pub(super) fn fold(&mut self, record: &Record) {
        let (Body::Delta(Delta { kind, .. })
        | Body::Snapshot(Snapshot { kind, .. })
        | Body::Freshness(Freshness { kind, .. })) = &record.body
        else {
            return;
        };
        if kind == KIND {
            self.lost.get_or_insert(record.seq);
        }
    }

    /// The collector has everything up to and including `seq`. `false`: whether it has got a record
    /// that is no longer here cannot be told, and a new chain begins behind `seq`.
    #[must_use]
    pub(super) fn resumes(&mut self, seq: u64) -> bool {
        let broken = self.lost.take().is_some_and(|lost| lost <= seq);
        if broken {
            (self.stand, self.opening) = (Stand::default(), Opening::Folded);
        }
        !broken
    }
}
