//! A chain held against itself and against the checkpoints of it: which records were changed, removed, moved
//! or put in. Pure; one record after the other, so that a log of any length fits.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Stream, checkpoint::Checkpoint, hash};

/// A record as it is kept.
#[derive(Debug, Clone)]
pub struct Row {
    pub seq: i64,
    pub hash: Vec<u8>,
    pub body: String,
    /// What the table's other columns say; `None` in an export, which has none.
    pub columns: Option<Columns>,
}

/// What is taken out of a record's text, to be searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    pub at: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub outcome: Option<String>,
    pub target_kind: Option<String>,
    pub target_id: Option<String>,
    pub address: Option<String>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The chain.
    pub stream: String,
    /// The first record that it may be about.
    pub first: i64,
    /// The last one.
    pub last: i64,
    pub what: What,
    /// In words.
    pub detail: String,
}

/// How something does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A record is not the one that was written in this place: it was changed or moved, or one was put in or
    /// taken out before it.
    Changed,
    /// A column says something else than the record.
    Column,
    /// Records are not there.
    Missing,
    /// A record is where none can be.
    Misplaced,
    /// The chain does not end where it is said to end.
    Head,
    /// The chain is not the one that a checkpoint saw.
    Checkpoint,
}

impl What {
    /// As the API says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Column => "column",
            Self::Missing => "missing",
            Self::Misplaced => "misplaced",
            Self::Head => "head",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Where a chain is said to end.
#[derive(Debug, Clone)]
pub enum End {
    /// Nothing says it: an export.
    Unsaid,
    /// What should say it is not there.
    Lost,
    At {
        seq: i64,
        hash: Vec<u8>,
    },
}

/// What came of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub records: u64,
    /// The newest record that a checkpoint vouches for; 0 for none.
    pub witnessed: i64,
}

/// A walk along one chain.
#[derive(Debug)]
pub struct Walk {
    stream: Stream,
    /// Of this stream, the one of the lowest record last.
    checkpoints: Vec<Checkpoint>,
    seq: i64,
    /// The hash of the record before as it is kept, and as it should be; none behind a gap.
    before: Option<[Vec<u8>; 2]>,
    records: u64,
    witnessed: i64,
    /// Up to here something that does not fit has been told.
    blamed: i64,
    /// Whether a checkpoint saw another chain: then all that follow did.
    is_other: bool,
}

impl Walk {
    /// From the first record on, to be held against those of the checkpoints that are of this chain.
    pub fn new(stream: Stream, checkpoints: &[Checkpoint]) -> Self {
        let mut checkpoints: Vec<_> = checkpoints
            .iter()
            .filter(|checkpoint| checkpoint.stream() == Some(stream))
            .cloned()
            .collect();
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.seq()));
        Self {
            stream,
            checkpoints,
            seq: 0,
            before: Some([Vec::new(), Vec::new()]),
            records: 0,
            witnessed: 0,
            blamed: 0,
            is_other: false,
        }
    }

    /// From behind a record that is known.
    pub fn behind(stream: Stream, seq: i64, hash: Vec<u8>) -> Self {
        Self {
            seq,
            before: Some([hash.clone(), hash]),
            witnessed: seq,
            blamed: seq,
            ..Self::new(stream, &[])
        }
    }

    /// The record that it has come to, and that one's hash.
    pub fn place(&self) -> (i64, &[u8]) {
        (self.seq, self.before.as_ref().map_or(&[], |[kept, _]| kept))
    }

    /// The next record, by its number.
    pub fn step(&mut self, row: &Row) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.records += 1;
        if row.seq <= self.seq {
            let detail = "is there twice, or before the first place";
            faults.push(self.fault(row.seq, row.seq, What::Misplaced, detail));
            return faults;
        }
        if row.seq > self.seq + 1 {
            let detail = "not there: removed, or given another number";
            faults.push(self.fault(self.seq + 1, row.seq - 1, What::Missing, detail));
            self.before = None;
        }
        let fits = |before: &[Vec<u8>; 2]| {
            before
                .iter()
                .any(|before| hash(before, &row.body)[..] == row.hash[..])
        };
        if self.before.as_ref().is_some_and(|before| !fits(before)) {
            let detail = "is not what was written here behind the record before it: its text or its hash \
                          was changed, it was moved, or another was put in or taken out before it";
            faults.push(self.fault(row.seq, row.seq, What::Changed, detail));
        }
        let columns = row.columns.as_ref();
        if let Some(column) = columns.and_then(|columns| columns.differ(&row.body)) {
            let detail = format!("its column {column} is not what it says itself");
            faults.push(self.fault(row.seq, row.seq, What::Column, &detail));
        }
        let should = self
            .before
            .as_ref()
            .map(|[kept, _]| hash(kept, &row.body).to_vec());
        self.before = Some([row.hash.clone(), should.unwrap_or_else(|| row.hash.clone())]);
        self.seq = row.seq;
        faults.extend(self.witness(row));
        faults
    }

    /// Holds the checkpoints up to a record against it.
    fn witness(&mut self, row: &Row) -> Vec<Fault> {
        let mut faults = Vec::new();
        while let Some(checkpoint) = self.checkpoints.pop_if(|next| next.seq() <= row.seq) {
            // What it saw is not there any more, which has been told.
            if checkpoint.seq() < row.seq {
                continue;
            }
            if checkpoint.hash()[..] == row.hash[..] {
                (self.witnessed, self.is_other) = (row.seq, false);
            } else if !self.is_other {
                self.is_other = true;
                // The one that does not fit the chain itself has been told already.
                if self.blamed <= self.witnessed {
                    let at = checkpoint.at();
                    let detail = format!(
                        "not those that the checkpoint of {at} saw: the chain was made anew from one of \
                         them on"
                    );
                    let first = self.witnessed + 1;
                    faults.push(self.fault(first, row.seq, What::Checkpoint, &detail));
                }
            }
        }
        faults
    }

    /// The last record was the last.
    pub fn end(mut self, end: &End) -> (Summary, Vec<Fault>) {
        let mut faults = Vec::new();
        let behind = self.seq + 1;
        match end {
            End::Unsaid => {}
            End::Lost => {
                let detail = "nothing says where the chain ends";
                faults.push(self.fault(behind, behind, What::Head, detail));
            }
            End::At { seq, .. } if *seq > self.seq => {
                let detail = "not there: cut off at the end";
                faults.push(self.fault(behind, *seq, What::Missing, detail));
            }
            End::At { seq, .. } if *seq < self.seq => {
                let detail = "behind the place where the chain is said to end";
                faults.push(self.fault(seq + 1, self.seq, What::Head, detail));
            }
            End::At { hash, .. } => {
                let (seq, last) = self.place();
                if last != hash && self.blamed < seq {
                    let detail = "not the one that the chain is said to end with";
                    faults.push(self.fault(seq, seq, What::Head, detail));
                }
            }
        }
        // The one of the highest record comes first.
        if let Some(seen) = self.checkpoints.first().cloned()
            && seen.seq() > self.seq
        {
            let detail = format!("not there: the checkpoint of {} saw them", seen.at());
            faults.push(self.fault(behind, seen.seq(), What::Missing, &detail));
        }
        let summary = Summary {
            records: self.records,
            witnessed: self.witnessed,
        };
        (summary, faults)
    }

    fn fault(&mut self, first: i64, last: i64, what: What, detail: &str) -> Fault {
        self.blamed = self.blamed.max(last);
        Fault {
            stream: self.stream.name().into(),
            first,
            last,
            what,
            detail: detail.into(),
        }
    }
}

/// A walk along all chains of a log, in whichever order their records come.
#[derive(Debug)]
pub struct LogWalk {
    walks: [Walk; Stream::ALL.len()],
    /// Names of chains that nobody writes.
    strangers: BTreeSet<String>,
}

impl LogWalk {
    /// To be held against these checkpoints.
    pub fn new(checkpoints: &[Checkpoint]) -> Self {
        Self {
            walks: Stream::ALL.map(|stream| Walk::new(stream, checkpoints)),
            strangers: BTreeSet::new(),
        }
    }

    /// The next record of a chain, by its number.
    pub fn step(&mut self, stream: &str, row: &Row) -> Vec<Fault> {
        let mut walks = self.walks.iter_mut();
        match walks.find(|walk| walk.stream.name() == stream) {
            Some(walk) => walk.step(row),
            None if self.strangers.insert(stream.into()) => vec![Fault {
                stream: stream.into(),
                first: row.seq,
                last: row.seq,
                what: What::Misplaced,
                detail: "is in a chain that nobody writes".into(),
            }],
            None => Vec::new(),
        }
    }

    /// The last record was the last of all.
    pub fn end(self, end: impl Fn(Stream) -> End) -> (Vec<(Stream, Summary)>, Vec<Fault>) {
        let mut faults = Vec::new();
        let walks = self.walks.into_iter().map(|walk| {
            let stream = walk.stream;
            let (summary, more) = walk.end(&end(stream));
            faults.extend(more);
            (stream, summary)
        });
        (walks.collect(), faults)
    }
}

impl Columns {
    /// The name of one that is not what the record says.
    fn differ(&self, body: &str) -> Option<&'static str> {
        let says: Value = serde_json::from_str(body).unwrap_or_default();
        let columns = [
            ("at", "/at", &self.at),
            ("actor", "/actor", &self.actor),
            ("action", "/action", &self.action),
            ("outcome", "/outcome", &self.outcome),
            ("target_kind", "/target/kind", &self.target_kind),
            ("target_id", "/target/id", &self.target_id),
            ("address", "/address", &self.address),
        ];
        let differ = |(_, place, column): &(_, &str, &Option<String>)| {
            says.pointer(place).and_then(Value::as_str) != column.as_deref()
        };
        columns.into_iter().find(differ).map(|(name, ..)| name)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            stream,
            first,
            last,
            detail,
            ..
        } = self;
        if first == last {
            write!(f, "{stream} {first}: {detail}")
        } else {
            write!(f, "{stream} {first} to {last}: {detail}")
        }
    }
}

#[cfg(test)]
mod tests;
