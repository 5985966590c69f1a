//! One change of the journal: everything between the beginning and the commit of one transaction.
//! It decides what is sent for what was seen.

use std::collections::BTreeSet;

use redb::WriteTransaction;
use shared::{
    chain::{Link, Stand},
    digest::Digest,
    fact::RowHash,
    wire::{Body, Delta, Freshness, Gap, Row, RowChange, Snapshot, Stale},
};

use super::{
    JournalError,
    chain::Chain,
    head::Head,
    kind::Kinds,
    outbox::Outbox,
    rows::Rows,
    store::{HEAD, KINDS, OUTBOX, ROWS},
};
use crate::diff::{self, Change as RowDiff};

/// Most bytes of rows in one record. A quarter of a frame: a part of a snapshot is encoded,
/// compressed and held in memory as a whole.
const PART_BYTES: usize = 256 * 1024;
/// What a row costs beside its texts: their lengths and a tag.
const ROW_OVERHEAD: usize = 16;

/// One change of the journal.
pub(super) struct Change<'t> {
    pub(super) outbox: Outbox<'t>,
    chain: Chain,
    rows: Rows<'t>,
    kinds: Kinds<'t>,
    heads: redb::Table<'t, &'static str, &'static [u8]>,
}

impl<'t> Change<'t> {
    pub(super) fn begin(writing: &'t WriteTransaction) -> Result<Self, JournalError> {
        let heads = writing.open_table(HEAD).map_err(JournalError::write)?;
        let records = writing.open_table(OUTBOX).map_err(JournalError::write)?;
        let head = Head::load(&heads)?;
        Ok(Self {
            chain: Chain::load(&heads)?,
            outbox: Outbox { head, records },
            rows: Rows(writing.open_table(ROWS).map_err(JournalError::write)?),
            kinds: Kinds(writing.open_table(KINDS).map_err(JournalError::write)?),
            heads,
        })
    }

    /// Writes the head and where the chain stands. The caller commits.
    pub(super) fn end(mut self) -> Result<Head, JournalError> {
        if Chain::load(&self.heads)? != self.chain {
            self.chain.save(&mut self.heads)?;
        }
        self.outbox.head.save(&mut self.heads)?;
        Ok(self.outbox.head)
    }

    /// The rows of `kind` are now `seen`, whose digest is `digest`.
    pub(super) fn rows_seen(
        &mut self,
        name: &str,
        at: i64,
        seen: &[(&str, &str)],
        digest: Digest,
    ) -> Result<(), JournalError> {
        let stored = self.rows.of(name)?.map(|row| row.map(|r| (r.key, r.value)));
        let changes = diff::changes(stored, seen.iter().copied())?;
        self.rows_changed(name, at, changes, digest)
    }

    /// These rows of `kind` are now as in `seen`, those in `gone` are no more, and the others are as
    /// they were.
    pub(super) fn rows_amended(
        &mut self,
        name: &str,
        at: i64,
        seen: &[(&str, &str)],
        gone: &[&str],
    ) -> Result<(), JournalError> {
        let mut digest = self.kinds.get(name)?.digest;
        let mut changes = Vec::new();
        let seen = seen.iter().map(|(key, value)| (*key, Some(*value)));
        for (key, after) in seen.chain(gone.iter().map(|key| (*key, None))) {
            let before = self.rows.value(name, key)?;
            if before.as_deref() == after {
                continue;
            }
            if let Some(before) = &before {
                digest = digest.without(&RowHash::of(name, key, before));
            }
            if let Some(after) = after {
                digest = digest.with(&RowHash::of(name, key, after));
            }
            let key = key.into();
            changes.push(RowDiff { key, before, after });
        }
        if changes.is_empty() {
            return Ok(());
        }
        changes.sort_by(|one, other| one.key.cmp(&other.key));
        self.rows_changed(name, at, changes, digest)
    }

    fn rows_changed(
        &mut self,
        name: &str,
        at: i64,
        changes: Vec<RowDiff<'_>>,
        digest: Digest,
    ) -> Result<(), JournalError> {
        let mut kind = self.kinds.get(name)?;
        self.rows.apply(name, &changes)?;
        for change in &changes {
            kind.rows += u64::from(change.before.is_none());
            kind.rows = kind.rows.saturating_sub(u64::from(change.after.is_none()));
        }
        kind.digest = digest;
        kind.changed_at = Some(at);
        self.kinds.put(name, &kind)?;
        if kind.snapshot_seq == 0 || size(&changes) > PART_BYTES {
            return self.snapshot(name, at);
        }
        let changes = changes
            .into_iter()
            .map(|change| RowChange {
                key: change.key.into(),
                value: change.after.map(str::to_owned),
            })
            .collect();
        kind.seq = self.outbox.append(
            at,
            Body::Delta(Delta {
                kind: name.into(),
                changes,
                digest,
            }),
        )?;
        self.kinds.put(name, &kind)
    }

    /// The kind can be read, or cannot.
    pub(super) fn freshness_seen(
        &mut self,
        name: &str,
        at: i64,
        stale: Option<&Stale>,
    ) -> Result<(), JournalError> {
        let mut kind = self.kinds.get(name)?;
        kind.freshness = Some((at, stale.cloned()));
        kind.seq = self.outbox.append(at, freshness(name, stale))?;
        self.kinds.put(name, &kind)
    }

    /// Sends the rows of the kind whole, in parts that follow each other directly.
    pub(super) fn snapshot(&mut self, name: &str, at: i64) -> Result<(), JournalError> {
        let mut kind = self.kinds.get(name)?;
        let part = |rows, last| {
            Body::Snapshot(Snapshot {
                kind: name.into(),
                rows,
                last,
                digest: kind.digest,
            })
        };
        let mut rows: Vec<Row> = Vec::new();
        let mut bytes = 0;
        for row in self.rows.of(name)? {
            let row = row?;
            let more = row.key.len() + row.value.len() + ROW_OVERHEAD;
            if bytes + more > PART_BYTES && !rows.is_empty() {
                self.outbox
                    .append(at, part(std::mem::take(&mut rows), false))?;
                bytes = 0;
            }
            bytes += more;
            rows.push(row);
        }
        kind.seq = self.outbox.append(at, part(rows, true))?;
        kind.snapshot_seq = kind.seq;
        self.kinds.put(name, &kind)
    }

    /// Sends the kind whole, unless a snapshot of it is under way already.
    pub(super) fn refresh(&mut self, name: &str, at: i64) -> Result<(), JournalError> {
        let kind = self.kinds.get(name)?;
        if kind.changed_at.is_some() && kind.snapshot_seq <= self.outbox.head.acked_seq {
            self.snapshot(name, at)?;
        }
        Ok(())
    }

    /// Sends every kind whole, as of `at`.
    pub(super) fn send_all(&mut self, at: i64) -> Result<(), JournalError> {
        for name in self.kinds.names()? {
            self.send_whole(&name, Some(at))?;
        }
        Ok(())
    }

    /// The collector has everything up to and including `seq`, and `stand` is where the chain
    /// stands with it, if that is news. The session that sent it says so: what is here may have been
    /// folded meanwhile.
    pub(super) fn committed(&mut self, seq: u64, stand: Option<Stand>) -> Result<(), JournalError> {
        self.chain.lost = self.chain.lost.filter(|lost| *lost > seq);
        if let Some(stand) = stand {
            self.chain.reached(stand);
        }
        self.outbox.drop_through(seq)
    }

    /// The collector has everything up to and including `seq`, which an earlier session sent without
    /// hearing of it.
    pub(super) fn caught_up(&mut self, seq: u64) -> Result<(), JournalError> {
        let whole = self.chain.resumes(seq);
        let (epoch, chain) = (self.outbox.head.epoch, &mut self.chain);
        self.outbox.drain_through(seq, |record| {
            if let Some(link) = Link::of(epoch, &record).filter(|_| whole) {
                chain.reached(chain.stand.with(&link));
            }
        })
    }

    /// Begins a new epoch: what waited is dropped, and every kind is sent whole. The chain goes on
    /// from the last link that the collector is known to have.
    pub(super) fn new_epoch(&mut self, at: i64) -> Result<(), JournalError> {
        self.outbox.drop_through(u64::MAX)?;
        self.outbox.head = Head::begin();
        self.chain.lost = None;
        self.send_all(at)
    }

    /// Above the bound, replaces all that waits by the mark of a gap and the kinds concerned as
    /// they are now.
    pub(super) fn fold_above(&mut self, bound: u64) -> Result<(), JournalError> {
        let head = &self.outbox.head;
        if head.pending_bytes <= bound.max(head.folded_bytes.saturating_mul(2)) {
            return Ok(());
        }
        let mut gap = Gap {
            from: i64::MAX,
            to: i64::MIN,
            records: 0,
        };
        let mut kinds = BTreeSet::new();
        let chain = &mut self.chain;
        self.outbox.drain_through(u64::MAX, |record| {
            chain.fold(&record);
            match record.body {
                Body::Gap(earlier) => {
                    widen(&mut gap, earlier.from, earlier.to, earlier.records);
                }
                Body::Delta(Delta { kind, .. })
                | Body::Snapshot(Snapshot { kind, .. })
                | Body::Freshness(Freshness { kind, .. }) => {
                    widen(&mut gap, record.at, record.at, 1);
                    kinds.insert(kind);
                }
            }
        })?;
        self.outbox.append(gap.to, Body::Gap(gap))?;
        for name in kinds {
            self.send_whole(&name, None)?;
        }
        self.outbox.head.folded_bytes = self.outbox.head.pending_bytes;
        Ok(())
    }

    /// Sends rows and freshness of one kind as of `at`; `None`: as of when they last changed.
    fn send_whole(&mut self, name: &str, at: Option<i64>) -> Result<(), JournalError> {
        let kind = self.kinds.get(name)?;
        if let Some(changed_at) = kind.changed_at {
            self.snapshot(name, at.unwrap_or(changed_at))?;
        }
        if let Some((since, stale)) = kind.freshness {
            let mut kind = self.kinds.get(name)?;
            kind.seq = self
                .outbox
                .append(at.unwrap_or(since), freshness(name, stale.as_ref()))?;
            self.kinds.put(name, &kind)?;
        }
        Ok(())
    }
}

fn freshness(name: &str, stale: Option<&Stale>) -> Body {
    Body::Freshness(Freshness {
        kind: name.into(),
        stale: stale.cloned(),
    })
}

fn widen(gap: &mut Gap, from: i64, to: i64, records: u64) {
    gap.from = gap.from.min(from);
    gap.to = gap.to.max(to);
    gap.records += records;
}

fn size(changes: &[RowDiff<'_>]) -> usize {
    changes
        .iter()
        .map(|c| c.key.len() + c.after.map_or(0, str::len) + ROW_OVERHEAD)
        .sum()
}
