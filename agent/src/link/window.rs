//! What of a session is sent and not acknowledged. Pure accounting.

use std::collections::VecDeque;

use shared::wire::{Body, Record};

/// What is under way in one session.
#[derive(Debug)]
pub(super) struct Window {
    limit: u64,
    bytes: u64,
    sent: VecDeque<(u64, u64)>,
    last: u64,
    /// The kind of a snapshot of which parts are sent, and not yet the last one.
    snapshot: Option<String>,
}

impl Window {
    /// A session in which everything up to `last` is known to be committed.
    pub(super) fn new(last: u64, limit: u64) -> Self {
        Self {
            limit,
            bytes: 0,
            sent: VecDeque::new(),
            last,
            snapshot: None,
        }
    }

    /// Whether more may be sent. Within a snapshot always: the collector acknowledges none of its
    /// parts before it has the last, so waiting for that would be waiting for ever.
    pub(super) fn is_open(&self) -> bool {
        self.bytes < self.limit || self.snapshot.is_some()
    }

    /// Whether parts of a snapshot are sent, and not yet the last one.
    pub(super) fn is_within_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// The last sequence number sent or known to be committed.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Notes a record that is about to be sent. `false`: it must not be, because it breaks into a
    /// snapshot whose other parts were folded away; the session has to begin anew.
    #[must_use]
    pub(super) fn push(&mut self, record: &Record, bytes: usize) -> bool {
        let part = match &record.body {
            Body::Snapshot(part) => Some(part),
            _ => None,
        };
        if let Some(kind) = &self.snapshot {
            let follows = record.seq == self.last + 1;
            if !follows || part.is_none_or(|part| part.kind != *kind) {
                return false;
            }
        }
        self.snapshot = part.filter(|part| !part.last).map(|part| part.kind.clone());
        self.bytes += bytes as u64;
        self.sent.push_back((record.seq, bytes as u64));
        self.last = record.seq;
        true
    }

    /// Notes an acknowledgement. `false`: it names what was never sent.
    #[must_use]
    pub(super) fn acknowledge(&mut self, seq: u64) -> bool {
        while let Some((_, bytes)) = self.sent.pop_front_if(|(sent, _)| *sent <= seq) {
            self.bytes -= bytes;
        }
        seq <= self.last
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        digest::Digest,
        wire::{Freshness, Snapshot},
    };

    use super::*;

    fn part(seq: u64, kind: &str, last: bool) -> Record {
        let body = Body::Snapshot(Snapshot {
            kind: kind.into(),
            rows: Vec::new(),
            last,
            digest: Digest::default(),
        });
        Record { seq, at: 0, body }
    }

    fn other(seq: u64) -> Record {
        let body = Body::Freshness(Freshness {
            kind: "os".into(),
            stale: None,
        });
        Record { seq, at: 0, body }
    }

    #[test]
    fn closes_at_its_limit_and_opens_with_an_acknowledgement() {
        let mut window = Window::new(4, 100);
        assert!(window.push(&other(5), 60) && window.is_open());
        assert!(window.push(&other(6), 60) && !window.is_open());
        assert!(window.acknowledge(5) && window.is_open());
        assert!(window.acknowledge(6));
        assert_eq!((window.bytes, window.last()), (0, 6));
    }

    #[test]
    fn stays_open_within_a_snapshot_of_any_size() {
        let mut window = Window::new(0, 100);
        assert!(window.push(&part(1, "package", false), 1000) && window.is_open());
        assert!(window.push(&part(2, "package", false), 1000) && window.is_open());
        assert!(window.push(&part(3, "package", true), 1000) && !window.is_open());
    }

    #[test]
    fn nothing_breaks_into_a_snapshot() {
        for intruder in [other(2), part(2, "user", true), part(3, "package", true)] {
            let mut window = Window::new(0, 100);
            assert!(window.push(&part(1, "package", false), 1));
            assert!(!window.push(&intruder, 1), "{intruder:?}");
        }
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_is_noticed() {
        let mut window = Window::new(7, 100);
        assert!(window.acknowledge(7));
        assert!(!window.acknowledge(8));
    }
}
