//! The chain over what a host says came of its rules, and the seals that the host sets under it.
//!
//! Each record of the kind `result` is one link. A link's head is the hash of the head before it
//! and of what the record says, so that a head stands for everything that was said until then, in
//! its order. The agent and the collector compute the same heads, each from what it has; the agent
//! signs the newest one with the key of its certificate after each batch.
//!
//! A link hashes the hashes of rows and not their values: the collector keeps those hashes anyway,
//! and whoever is shown one result need not be shown the others.

/// What is signed.
mod sign;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::sign::{Signing, verify};
use crate::{
    fact::RowHash,
    hex,
    id::Epoch,
    rule::result::KIND,
    wire::{Body, Record, Seal},
};

/// Each of these separates one use of SHA-256 from every other.
const LINK: &[u8] = b"openwatch result link v1\0";
const HEAD: &[u8] = b"openwatch result chain v1\0";
const GONE: &[u8] = b"openwatch result gone v1\0";

/// What a chain has come to. The default is that of no link.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Head(pub [u8; 32]);

impl Head {
    /// The head with one more link.
    #[must_use]
    pub fn with(self, link: LinkHash) -> Self {
        let hash = Sha256::new_with_prefix(HEAD).chain_update(self.0);
        Self(hash.chain_update(link.0).finalize().into())
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of one link by itself, whatever came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkHash(pub [u8; 32]);

/// What sort of record a link stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Sort {
    /// Some results changed.
    Delta = 1,
    /// A part of all the results; more of them follow.
    Part = 2,
    /// The last part of all the results.
    LastPart = 3,
    /// The rules can be decided.
    Fresh = 4,
    /// The rules cannot be decided at present.
    Stale = 5,
}

impl Sort {
    /// The sort with this number; `None` for any other.
    pub fn of(number: u8) -> Option<Self> {
        [
            Self::Delta,
            Self::Part,
            Self::LastPart,
            Self::Fresh,
            Self::Stale,
        ]
        .into_iter()
        .find(|sort| *sort as u8 == number)
    }
}

/// One record of results, as far as the chain is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub epoch: Epoch,
    pub seq: u64,
    /// By the host's clock, microseconds.
    pub at: i64,
    pub sort: Sort,
    /// By rule, in the record's order; `None` where there is no result any more.
    pub rows: Vec<(String, Option<RowHash>)>,
}

impl Link {
    /// The link of a record; `None` for a record that is not about results.
    pub fn of(epoch: Epoch, record: &Record) -> Option<Self> {
        let row = |key: &str, value: &str| (key.to_owned(), Some(RowHash::of(KIND, key, value)));
        let (sort, rows) = match &record.body {
            Body::Delta(delta) if delta.kind == KIND => {
                let rows = delta.changes.iter().map(|change| match &change.value {
                    Some(value) => row(&change.key, value),
                    None => (change.key.clone(), None),
                });
                (Sort::Delta, rows.collect())
            }
            Body::Snapshot(part) if part.kind == KIND => {
                let sort = if part.last {
                    Sort::LastPart
                } else {
                    Sort::Part
                };
                let rows = part.rows.iter().map(|one| row(&one.key, &one.value));
                (sort, rows.collect())
            }
            Body::Freshness(freshness) if freshness.kind == KIND => match freshness.stale {
                None => (Sort::Fresh, Vec::new()),
                Some(_) => (Sort::Stale, Vec::new()),
            },
            _ => return None,
        };
        Some(Self {
            epoch,
            seq: record.seq,
            at: record.at,
            sort,
            rows,
        })
    }

    /// One hash for each row: the row's own, or one that says that it is gone.
    pub fn leaves(&self) -> Vec<[u8; 32]> {
        let leaf = |(key, hash): &(String, Option<RowHash>)| match hash {
            Some(hash) => hash.0,
            None => Sha256::new_with_prefix(GONE)
                .chain_update(key)
                .finalize()
                .into(),
        };
        self.rows.iter().map(leaf).collect()
    }

    /// The link's hash.
    pub fn hash(&self) -> LinkHash {
        hash(self.epoch, self.seq, self.at, self.sort, &self.leaves())
    }
}

/// The hash of a link of which only the leaves are known. Every field but the last has a fixed
/// width, and the last says how much there is of it, so that no two links run together.
pub fn hash(epoch: Epoch, seq: u64, at: i64, sort: Sort, leaves: &[[u8; 32]]) -> LinkHash {
    let hash = Sha256::new_with_prefix(LINK)
        .chain_update(epoch.0.to_le_bytes())
        .chain_update(seq.to_le_bytes())
        .chain_update(at.to_le_bytes())
        .chain_update([sort as u8])
        .chain_update((leaves.len() as u64).to_le_bytes());
    let hash = leaves
        .iter()
        .fold(hash, |hash, leaf| hash.chain_update(leaf));
    LinkHash(hash.finalize().into())
}

/// Where a host's results stand: the last link, and what the chain has come to with it. The default
/// is that of a host that never had any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    pub epoch: Epoch,
    pub seq: u64,
    pub head: Head,
}

impl Stand {
    /// Where a seal says that they stand.
    pub fn of(seal: &Seal) -> Self {
        Self {
            epoch: seal.epoch,
            seq: seal.seq,
            head: Head(seal.head),
        }
    }

    /// Where they stand with one more link.
    #[must_use]
    pub fn with(self, link: &Link) -> Self {
        Self {
            epoch: link.epoch,
            seq: link.seq,
            head: self.head.with(link.hash()),
        }
    }
}

impl Default for Stand {
    fn default() -> Self {
        Self {
            epoch: Epoch(0),
            seq: 0,
            head: Head::default(),
        }
    }
}

#[cfg(test)]
mod tests;
