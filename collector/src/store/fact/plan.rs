//! From what is present and what was reported to what is written. Pure.
//!
//! **Time.** Intervals carry the host's clock, held to two conditions: not later than the
//! collector's (a host whose clock is ahead would otherwise hide its present from questions about
//! now), and strictly rising within the host (so that intervals never overlap, whatever an
//! administrator does to the clock). The log keeps what the host said.
//!
//! **First report.** The first rows of a kind are the beginning of what is known, not changes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    chain::{Head, Link, Stand},
    digest::Digest,
    fact::RowHash,
    id::Epoch,
    wire::{Stale, StaleReason},
};

use super::{Batch, HostSeal, Op, Outcome, Sealed, Unit};
use crate::store::dictionary::{Entry, Resolved};

/// What the database holds of the hosts in question, changed by the plan to what it will hold.
#[derive(Debug, Default)]
pub(super) struct Current {
    pub(super) streams: BTreeMap<i32, Stream>,
    pub(super) kinds: BTreeMap<(i32, i16), Kind>,
    /// By host, kind and key.
    pub(super) present: BTreeMap<(i32, i16, i64), Present>,
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) epoch: Epoch,
    pub(super) applied: u64,
    pub(super) last_at: Option<DateTime<Utc>>,
    /// Where the chain over results stands, and whether there is a seal under that.
    pub(super) stand: Stand,
    pub(super) sealed: bool,
    pub(super) touched: bool,
}

#[derive(Debug)]
pub(super) struct Kind {
    /// `None` until the kind was read once.
    pub(super) digest: Option<Digest>,
    pub(super) rows: i32,
    pub(super) reported_at: DateTime<Utc>,
    /// Reason, detail, since when.
    pub(super) stale: Option<(String, String, DateTime<Utc>)>,
    pub(super) touched: bool,
}

/// The row that a key has now.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) value_id: i64,
    pub(super) hash: RowHash,
    pub(super) from: DateTime<Utc>,
    /// Whether the database has it already.
    pub(super) stored: bool,
}

impl Present {
    pub(super) fn stored(value_id: i64, hash: RowHash, from: DateTime<Utc>) -> Self {
        Self {
            value_id,
            hash,
            from,
            stored: true,
        }
    }
}

/// What is written beside the changed [`Current`].
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Stored rows that end: host, kind, key, when.
    pub(super) ended: Vec<(i32, i16, i64, DateTime<Utc>)>,
    /// Rows that began and ended within the batches.
    pub(super) past: Vec<Past>,
    pub(super) changes: Vec<Change>,
    pub(super) gaps: Vec<Gap>,
    /// The newest `os` value of a host, canonical JSON.
    pub(super) os: BTreeMap<i32, String>,
    pub(super) links: Vec<NewLink>,
    pub(super) seals: Vec<NewSeal>,
}

/// A link, and the head before and with it.
#[derive(Debug)]
pub(super) struct NewLink {
    pub(super) host_no: i32,
    pub(super) link: Link,
    /// When what it tells begins.
    pub(super) valid_from: DateTime<Utc>,
    pub(super) previous: Head,
    pub(super) head: Head,
}

#[derive(Debug)]
pub(super) struct NewSeal {
    pub(super) host_no: i32,
    pub(super) seal: HostSeal,
    /// The head that stood here, when the host goes on with another.
    pub(super) replaces: Option<Head>,
}

#[derive(Debug)]
pub(super) struct Past {
    pub(super) row: (i32, i16, i64),
    pub(super) value_id: i64,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Change {
    pub(super) row: (i32, i16, i64),
    pub(super) before: Option<i64>,
    pub(super) after: Option<i64>,
    pub(super) occurred_at: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Gap {
    pub(super) host_no: i32,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) records: u64,
}

/// Plans the batches in their order.
pub(super) fn plan(
    current: &mut Current,
    batches: &[Batch],
    resolved: &Resolved,
    now: DateTime<Utc>,
) -> (Writes, Vec<Outcome>) {
    let mut writes = Writes::default();
    let outcomes = batches
        .iter()
        .map(|batch| {
            Planner {
                current,
                writes: &mut writes,
                resolved,
                now,
                host_no: batch.host_no,
            }
            .batch(batch)
        })
        .collect();
    (writes, outcomes)
}

struct Planner<'a> {
    current: &'a mut Current,
    writes: &'a mut Writes,
    resolved: &'a Resolved,
    now: DateTime<Utc>,
    host_no: i32,
}

impl Planner<'_> {
    fn batch(&mut self, batch: &Batch) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(stream) = self.current.streams.get(&batch.host_no) else {
            return Outcome {
                superseded: true,
                ..outcome
            };
        };
        outcome.applied = stream.applied;
        if stream.epoch != batch.epoch {
            return Outcome {
                superseded: true,
                ..outcome
            };
        }
        for unit in &batch.units {
            if unit.seq <= outcome.applied {
                outcome.repeated += 1;
                continue;
            }
            // The instant of what it changes, which the change moves on.
            let at = self.effective(unit.at);
            self.unit(unit, &mut outcome);
            self.links(&unit.links, at);
            outcome.applied = unit.seq;
        }
        outcome.seal = batch.seal.as_ref().map(|seal| self.seal(seal));
        if let Some(stream) = self.current.streams.get_mut(&batch.host_no) {
            stream.touched |= stream.applied != outcome.applied;
            stream.applied = outcome.applied;
        }
        outcome
    }

    fn unit(&mut self, unit: &Unit, outcome: &mut Outcome) {
        let host_no = self.host_no;
        match &unit.op {
            Op::Delta {
                kind,
                set,
                gone,
                digest,
            } => {
                let kind_no = self.resolved.kinds[kind];
                let set = set
                    .iter()
                    .map(|row| self.entry(row.hash))
                    .collect::<Vec<_>>();
                let gone = gone
                    .iter()
                    .map(|key| self.resolved.keys[&(kind_no, key.clone())]);
                let gone = gone.collect();
                let first = false;
                self.rows(
                    unit,
                    (kind, kind_no),
                    Rows {
                        set,
                        gone,
                        first,
                        all: false,
                    },
                    *digest,
                    outcome,
                );
            }
            Op::Replace { kind, rows, digest } => {
                let kind_no = self.resolved.kinds[kind];
                let set: Vec<_> = rows.iter().map(|row| self.entry(row.hash)).collect();
                let kept: std::collections::HashSet<i64> =
                    set.iter().map(|(entry, _)| entry.key_id).collect();
                let range = (host_no, kind_no, i64::MIN)..=(host_no, kind_no, i64::MAX);
                let present = self
                    .current
                    .present
                    .range(range)
                    .map(|(&(_, _, key), _)| key);
                let gone = present.filter(|key| !kept.contains(key)).collect();
                let known = self.current.kinds.get(&(host_no, kind_no));
                let first = known.is_none_or(|known| known.digest.is_none());
                self.rows(
                    unit,
                    (kind, kind_no),
                    Rows {
                        set,
                        gone,
                        first,
                        all: true,
                    },
                    *digest,
                    outcome,
                );
            }
            Op::Freshness { kind, stale } => self.freshness(kind, stale.as_ref(), unit.at),
            Op::Gap { from, to, records } => {
                let (from, to, records) = (*from, *to, *records);
                self.writes.gaps.push(Gap {
                    host_no,
                    from,
                    to,
                    records,
                });
            }
        }
        if let Op::Delta {
            kind, set: rows, ..
        }
        | Op::Replace { kind, rows, .. } = &unit.op
            && kind == "os"
            && let Some(row) = rows.last()
        {
            self.writes.os.insert(host_no, row.value.clone());
        }
    }

    fn links(&mut self, links: &[Link], valid_from: DateTime<Utc>) {
        let Some(stream) = self.current.streams.get_mut(&self.host_no) else {
            return;
        };
        for link in links {
            let previous = stream.stand.head;
            (stream.stand, stream.sealed) = (stream.stand.with(link), false);
            self.writes.links.push(NewLink {
                host_no: self.host_no,
                link: link.clone(),
                valid_from,
                previous,
                head: stream.stand.head,
            });
        }
    }

    /// A seal must be under the last link. One at the beginning of a session may be under another:
    /// then the host goes on from there, and that it does is kept.
    fn seal(&mut self, seal: &HostSeal) -> Sealed {
        let Some(stream) = self.current.streams.get_mut(&self.host_no) else {
            return Sealed::Unfit;
        };
        let said = Stand::of(&seal.seal);
        let fits = said == stream.stand;
        if fits && (stream.sealed || said == Stand::default()) {
            return Sealed::Known;
        }
        if !fits && seal.seal.opening.is_none() {
            return Sealed::Unfit;
        }
        let replaces = (!fits).then_some(stream.stand.head);
        (stream.stand, stream.sealed, stream.touched) = (said, true, true);
        self.writes.seals.push(NewSeal {
            host_no: self.host_no,
            seal: seal.clone(),
            replaces,
        });
        if fits { Sealed::Kept } else { Sealed::Broken }
    }

    fn entry(&self, hash: RowHash) -> (Entry, RowHash) {
        (self.resolved.rows[&hash], hash)
    }

    fn rows(
        &mut self,
        unit: &Unit,
        (name, kind): (&str, i16),
        rows: Rows,
        said: Digest,
        outcome: &mut Outcome,
    ) {
        let host_no = self.host_no;
        let at = self.effective(unit.at);
        let known = self.kind(kind, unit.at);
        let (mut digest, mut count) = (known.digest.unwrap_or_default(), known.rows);
        let mut changes = 0;
        for (entry, hash) in rows.set {
            let row = (host_no, kind, entry.key_id);
            let before = self
                .current
                .present
                .get(&row)
                .map(|present| (present.value_id, present.hash));
            if before.is_some_and(|(value_id, _)| value_id == entry.value_id) {
                continue;
            }
            if let Some((_, old)) = before {
                self.end(row, at);
                digest = digest.without(&old);
                count -= 1;
            }
            let new = Present {
                value_id: entry.value_id,
                hash,
                from: at,
                stored: false,
            };
            self.current.present.insert(row, new);
            digest = digest.with(&hash);
            count += 1;
            changes += 1;
            if !rows.first {
                let (before, after) = (before.map(|(id, _)| id), Some(entry.value_id));
                self.writes.changes.push(Change {
                    row,
                    before,
                    after,
                    occurred_at: unit.at,
                });
            }
        }
        for key_id in rows.gone {
            let row = (host_no, kind, key_id);
            let Some(old) = self.end(row, at) else {
                continue;
            };
            digest = digest.without(&old.hash);
            count -= 1;
            changes += 1;
            if !rows.first {
                let before = Some(old.value_id);
                self.writes.changes.push(Change {
                    row,
                    before,
                    after: None,
                    occurred_at: unit.at,
                });
            }
        }
        if rows.all {
            // From the rows themselves: what was kept beside them may be what was wrong.
            (digest, count) = self.sum(kind);
        }
        let known = self.kind(kind, unit.at);
        (known.digest, known.rows) = (Some(digest), count);
        if changes > 0 {
            self.stamp(at);
            outcome.changes += changes;
            add(&mut outcome.changed, name);
        }
        if digest != said {
            add(&mut outcome.differing, name);
        }
    }

    /// Digest and number of the rows of a kind that are all loaded.
    fn sum(&self, kind: i16) -> (Digest, i32) {
        let range = (self.host_no, kind, i64::MIN)..=(self.host_no, kind, i64::MAX);
        let hashes = self.current.present.range(range).map(|(_, row)| &row.hash);
        let count = i32::try_from(hashes.clone().count()).unwrap_or(i32::MAX);
        (Digest::of(hashes), count)
    }

    /// Ends the present row of a key.
    fn end(&mut self, row: (i32, i16, i64), at: DateTime<Utc>) -> Option<Present> {
        let old = self.current.present.remove(&row)?;
        if old.stored {
            self.writes.ended.push((row.0, row.1, row.2, at));
        } else {
            let past = Past {
                row,
                value_id: old.value_id,
                from: old.from,
                to: at,
            };
            self.writes.past.push(past);
        }
        Some(old)
    }

    fn freshness(&mut self, kind: &str, stale: Option<&Stale>, at: DateTime<Utc>) {
        let (number, since) = (self.resolved.kinds[kind], at.min(self.now));
        self.kind(number, at).stale =
            stale.map(|stale| (reason(stale.reason).into(), stale.detail.clone(), since));
    }

    /// The kind's state, which counts as reported at `at`.
    fn kind(&mut self, kind: i16, at: DateTime<Utc>) -> &mut Kind {
        let reported_at = at.min(self.now);
        let new = Kind {
            digest: None,
            rows: 0,
            reported_at,
            stale: None,
            touched: true,
        };
        let known = self
            .current
            .kinds
            .entry((self.host_no, kind))
            .or_insert(new);
        known.reported_at = reported_at;
        known.touched = true;
        known
    }

    /// The instant for this host's intervals; see the module.
    fn effective(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let at = at.min(self.now);
        let last = self
            .current
            .streams
            .get(&self.host_no)
            .and_then(|stream| stream.last_at);
        last.map_or(at, |last| at.max(last + TimeDelta::microseconds(1)))
    }

    fn stamp(&mut self, at: DateTime<Utc>) {
        if let Some(stream) = self.current.streams.get_mut(&self.host_no) {
            stream.last_at = Some(at);
        }
    }
}

struct Rows {
    set: Vec<(Entry, RowHash)>,
    gone: Vec<i64>,
    /// Whether the kind was never read before.
    first: bool,
    /// Whether these are all the rows of the kind.
    all: bool,
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.into());
    }
}

/// The reason as the tables and the API name it.
fn reason(reason: StaleReason) -> &'static str {
    match reason {
        StaleReason::Denied => "denied",
        StaleReason::Unavailable => "unavailable",
        StaleReason::Malformed => "malformed",
        StaleReason::TimedOut => "timed_out",
        StaleReason::TooLarge => "too_large",
        StaleReason::Failed => "failed",
    }
}

#[cfg(test)]
mod tests;
