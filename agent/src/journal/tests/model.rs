//! A collector reduced to the rule by which it applies records: skip what is applied already, hold
//! the parts of a snapshot until the last, and check the digest after each.

use std::collections::BTreeMap;

use shared::{
    chain::{Link, Stand},
    digest::Digest,
    fact::RowHash,
    id::Epoch,
    wire::{Body, Record, Row},
};

use super::super::{Chain, Journal};

type Rows = BTreeMap<String, String>;

#[derive(Debug, Clone, Default)]
pub(super) struct Collector {
    epoch: Option<Epoch>,
    applied: u64,
    kinds: BTreeMap<String, Rows>,
    stale: BTreeMap<String, bool>,
    parts: Vec<Row>,
    /// Where the chain over results stands, and with the parts that wait.
    stand: Stand,
    waiting: Stand,
    /// How often the agent went on with another chain.
    pub(super) breaks: usize,
    /// Every transition of a row: kind, key, value.
    pub(super) transitions: Vec<(String, String, Option<String>)>,
}

impl Collector {
    pub(super) fn applied(&self) -> u64 {
        self.applied
    }

    pub(super) fn rows(&self, kind: &str) -> &Rows {
        &self.kinds[kind]
    }

    pub(super) fn stale(&self, kind: &str) -> bool {
        self.stale[kind]
    }

    pub(super) fn stand(&self) -> Stand {
        self.stand
    }

    /// Where the chain stands, if it has a link of this epoch.
    pub(super) fn stand_in(&self, epoch: Epoch) -> Option<Stand> {
        Some(self.stand).filter(|stand| stand.epoch == epoch)
    }

    /// The agent says what it goes on from.
    pub(super) fn open(&mut self, chain: Chain) {
        self.breaks += usize::from(chain.stand != self.stand);
        (self.stand, self.waiting) = (chain.stand, chain.stand);
    }

    /// A session begins: parts without a last one are forgotten.
    pub(super) fn greet(&mut self, epoch: Epoch) -> u64 {
        self.parts.clear();
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.applied = 0;
        }
        self.applied
    }

    /// A whole session, in which everything is acknowledged.
    pub(super) fn receive_all(&mut self, journal: &Journal) {
        let epoch = journal.position().borrow().epoch;
        let after = self.greet(epoch);
        self.open(journal.chain().unwrap());
        for pending in journal.pending(after, usize::MAX).unwrap() {
            self.receive(pending.record);
        }
        assert!(self.parts.is_empty(), "a snapshot has no end");
        let stand = self.stand_in(epoch);
        journal.acknowledge(epoch, self.applied, stand).unwrap();
    }

    pub(super) fn receive(&mut self, record: Record) {
        if record.seq <= self.applied {
            return;
        }
        if let Some(link) = self.epoch.and_then(|epoch| Link::of(epoch, &record)) {
            self.waiting = self.waiting.with(&link);
        }
        match record.body {
            Body::Snapshot(part) => {
                self.parts.extend(part.rows);
                if !part.last {
                    return;
                }
                let rows = std::mem::take(&mut self.parts);
                let rows: Rows = rows.into_iter().map(|r| (r.key, r.value)).collect();
                let old = self.kinds.insert(part.kind.clone(), rows.clone());
                self.note(&part.kind, &old.unwrap_or_default(), &rows);
                self.check(&part.kind, part.digest);
            }
            Body::Delta(delta) => {
                assert!(self.parts.is_empty(), "a snapshot was interrupted");
                let old = self.kinds[&delta.kind].clone();
                let mut rows = old.clone();
                for change in delta.changes {
                    assert_ne!(rows.get(&change.key), change.value.as_ref(), "no change");
                    match change.value {
                        Some(value) => rows.insert(change.key, value),
                        None => rows.remove(&change.key),
                    };
                }
                self.note(&delta.kind, &old, &rows);
                self.kinds.insert(delta.kind.clone(), rows);
                self.check(&delta.kind, delta.digest);
            }
            Body::Freshness(fresh) => {
                self.stale.insert(fresh.kind, fresh.stale.is_some());
            }
            Body::Gap(gap) => assert!(gap.records > 0 && gap.from <= gap.to),
        }
        self.applied = record.seq;
        self.stand = self.waiting;
    }

    fn note(&mut self, kind: &str, old: &Rows, new: &Rows) {
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.transitions.push((kind.into(), key.clone(), None));
        }
        for (key, value) in new
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(*value))
        {
            self.transitions
                .push((kind.into(), key.clone(), Some(value.clone())));
        }
    }

    fn check(&self, kind: &str, digest: Digest) {
        let hashes: Vec<_> = self.kinds[kind]
            .iter()
            .map(|(key, value)| RowHash::of(kind, key, value))
            .collect();
        assert_eq!(Digest::of(&hashes), digest, "digest of {kind}");
    }
}
