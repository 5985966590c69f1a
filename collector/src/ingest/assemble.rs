//! Checks records and puts the parts of snapshots together. Nothing that a host sends is believed:
//! order, names, sizes and the form of values are checked here, once, before anything is queued.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use shared::{
    chain::Link,
    clock::from_micros,
    digest::Digest,
    fact::{FactError, RowHash, check_key, check_kind, parse_canonical},
    id::Epoch,
    wire::{Body, Record},
};

use crate::store::{
    dictionary::{Dictionary, NewRow},
    fact::{Op, Unit},
};

/// Most rows of one kind of one host. The largest hosts known have some 20,000 packages.
const MAX_ROWS: usize = 250_000;
/// Most bytes of one snapshot in memory.
const MAX_SNAPSHOT: usize = 64 << 20;
/// Longest reason for people; the rest is cut off.
const MAX_DETAIL: usize = 2_000;

/// What a host sent that it must not send.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Malformed {
    #[error("record {seq} follows record {after}")]
    Order { seq: u64, after: u64 },
    #[error("record {seq}: its time is out of range")]
    Time { seq: u64 },
    #[error("record {seq}: {source}")]
    Fact {
        seq: u64,
        #[source]
        source: FactError,
    },
    #[error("record {seq}: key {key:?} occurs twice")]
    Twice { seq: u64, key: String },
    #[error("record {seq}: the snapshot of {kind} is not finished")]
    Unfinished { seq: u64, kind: String },
    #[error("record {seq}: the snapshot of {kind} is larger than {MAX_ROWS} rows or 64 MiB")]
    TooLarge { seq: u64, kind: String },
}

/// Checks the records of one session, in their order.
#[derive(Debug)]
pub struct Assembler {
    dictionary: Dictionary,
    epoch: Epoch,
    last_seq: u64,
    /// A snapshot whose last part has not arrived.
    open: Option<Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    kind: String,
    digest: Digest,
    /// The time of the first part, which is when the kind was read.
    at: DateTime<Utc>,
    rows: Vec<NewRow>,
    keys: HashSet<String>,
    bytes: usize,
    /// Of each part, when they are of results.
    links: Vec<Link>,
}

impl Assembler {
    pub(super) fn new(dictionary: Dictionary, epoch: Epoch) -> Self {
        Self {
            dictionary,
            epoch,
            last_seq: 0,
            open: None,
        }
    }

    /// The units that `records` complete.
    ///
    /// # Errors
    /// [`Malformed`]; the session must end, because what follows cannot be trusted either.
    pub fn accept(&mut self, records: Vec<Record>) -> Result<Vec<Unit>, Malformed> {
        let mut units = Vec::with_capacity(records.len());
        for record in records {
            units.extend(self.record(record)?);
        }
        Ok(units)
    }

    fn record(&mut self, record: Record) -> Result<Option<Unit>, Malformed> {
        let seq = record.seq;
        // Postgres has no unsigned numbers: the topmost bit is out of range too.
        if seq <= self.last_seq || i64::try_from(seq).is_err() {
            return Err(Malformed::Order {
                seq,
                after: self.last_seq,
            });
        }
        self.last_seq = seq;
        let at = instant(record.at, seq)?;
        if let (Some(open), body) = (&self.open, &record.body)
            && !matches!(body, Body::Snapshot(part) if part.kind == open.kind)
        {
            return Err(Malformed::Unfinished {
                seq,
                kind: open.kind.clone(),
            });
        }
        let link = Link::of(self.epoch, &record);
        let op = match record.body {
            Body::Delta(delta) => self.delta(seq, delta)?,
            Body::Snapshot(part) => return self.part(seq, at, part, link),
            Body::Freshness(freshness) => {
                let kind = kind(seq, freshness.kind)?;
                let stale = freshness.stale.map(|mut stale| {
                    stale.detail = stale.detail.replace('\0', "\u{fffd}");
                    stale
                        .detail
                        .truncate(stale.detail.floor_char_boundary(MAX_DETAIL));
                    stale
                });
                Op::Freshness { kind, stale }
            }
            Body::Gap(gap) => Op::Gap {
                from: instant(gap.from, seq)?,
                to: instant(gap.to, seq)?,
                records: gap.records,
            },
        };
        let links = link.into_iter().collect();
        Ok(Some(Unit { seq, at, op, links }))
    }

    fn delta(&self, seq: u64, delta: shared::wire::Delta) -> Result<Op, Malformed> {
        let kind = kind(seq, delta.kind)?;
        let (mut set, mut gone) = (Vec::new(), Vec::new());
        let mut keys = HashSet::new();
        for change in delta.changes {
            if !keys.insert(change.key.clone()) {
                return Err(Malformed::Twice {
                    seq,
                    key: change.key,
                });
            }
            match change.value {
                Some(value) => set.push(self.row(seq, &kind, change.key, value)?),
                None => {
                    check_key(&change.key).map_err(|source| Malformed::Fact { seq, source })?;
                    gone.push(change.key);
                }
            }
        }
        Ok(Op::Delta {
            kind,
            set,
            gone,
            digest: delta.digest,
        })
    }

    fn part(
        &mut self,
        seq: u64,
        at: DateTime<Utc>,
        part: shared::wire::Snapshot,
        link: Option<Link>,
    ) -> Result<Option<Unit>, Malformed> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let kind = kind(seq, part.kind)?;
                let (rows, keys, links) = Default::default();
                Snapshot {
                    kind,
                    digest: part.digest,
                    at,
                    rows,
                    keys,
                    bytes: 0,
                    links,
                }
            }
        };
        open.links.extend(link);
        for row in part.rows {
            open.bytes += row.key.len() + row.value.len();
            if open.rows.len() == MAX_ROWS || open.bytes > MAX_SNAPSHOT {
                return Err(Malformed::TooLarge {
                    seq,
                    kind: open.kind,
                });
            }
            if !open.keys.insert(row.key.clone()) {
                return Err(Malformed::Twice { seq, key: row.key });
            }
            let row = self.row(seq, &open.kind, row.key, row.value)?;
            open.rows.push(row);
        }
        if !part.last {
            self.open = Some(open);
            return Ok(None);
        }
        let Snapshot {
            kind,
            digest,
            at,
            rows,
            links,
            ..
        } = open;
        Ok(Some(Unit {
            seq,
            at,
            links,
            op: Op::Replace { kind, rows, digest },
        }))
    }

    fn row(&self, seq: u64, kind: &str, key: String, value: String) -> Result<NewRow, Malformed> {
        let hash = RowHash::of(kind, &key, &value);
        if !self.dictionary.knows(&hash) {
            let fact = |source| Malformed::Fact { seq, source };
            check_key(&key).map_err(fact)?;
            parse_canonical(&value).map_err(fact)?;
        }
        Ok(NewRow {
            hash,
            kind: kind.into(),
            key,
            value,
        })
    }
}

fn kind(seq: u64, kind: String) -> Result<String, Malformed> {
    check_kind(&kind)
        .map(|()| kind)
        .map_err(|source| Malformed::Fact { seq, source })
}

/// Years that Postgres and people can use; a host's clock may say anything.
fn instant(micros: i64, seq: u64) -> Result<DateTime<Utc>, Malformed> {
    from_micros(micros)
        .filter(|at| (0..253_402_300_800).contains(&at.timestamp()))
        .ok_or(Malformed::Time { seq })
}

#[cfg(test)]
mod tests;
