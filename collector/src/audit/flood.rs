//! How many refusals are written down one by one. What is more is counted, so that nobody can fill the log
//! by being refused, nor hide in a crowd of their own making.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    net::IpAddr,
};

use chrono::{DateTime, TimeDelta, Utc};

/// How long what was refused is counted together.
pub const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Refusals of one source within [`WINDOW`] that are written down.
const EACH: u32 = 20;
/// Refusals of all sources within [`WINDOW`] that are written down.
const ALL: u32 = 300;
/// Sources that are told apart within [`WINDOW`]; the others are one.
const SOURCES: usize = 1000;

/// What was refused lately.
#[derive(Debug, Default)]
pub struct Flood {
    since: Option<DateTime<Utc>>,
    told: u32,
    sources: HashMap<Option<IpAddr>, Source>,
    over: Vec<Folded>,
}

#[derive(Debug, Default)]
struct Source {
    told: u32,
    folded: BTreeMap<&'static str, u64>,
}

/// What was refused to one source within a window and not written down one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// `None` for the local socket, and for all sources that were too many to be told apart.
    pub source: Option<IpAddr>,
    pub since: DateTime<Utc>,
    /// How often, by the code of the refusal.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Flood {
    /// Whether a refusal is to be written down by itself; otherwise it has been counted.
    pub fn admit(&mut self, source: Option<IpAddr>, code: &'static str, at: DateTime<Utc>) -> bool {
        self.roll(at);
        self.since.get_or_insert(at);
        let crowded = self.sources.len() >= SOURCES && !self.sources.contains_key(&source);
        let source = if crowded { None } else { source };
        let source = self.sources.entry(source).or_default();
        if source.told < EACH && self.told < ALL {
            source.told += 1;
            self.told += 1;
            return true;
        }
        *source.folded.entry(code).or_default() += 1;
        false
    }

    /// What was counted in windows that are over, and was not taken before.
    pub fn take(&mut self, at: DateTime<Utc>) -> Vec<Folded> {
        self.roll(at);
        mem::take(&mut self.over)
    }

    /// All that was counted, also in a window that is not over.
    pub fn drain(&mut self) -> Vec<Folded> {
        self.close();
        mem::take(&mut self.over)
    }

    fn roll(&mut self, at: DateTime<Utc>) {
        if self.since.is_some_and(|since| since + WINDOW <= at) {
            self.close();
        }
    }

    fn close(&mut self) {
        self.told = 0;
        let Some(since) = self.since.take() else {
            return;
        };
        let counted = self.sources.drain();
        let folded = counted.filter(|(_, counted)| !counted.folded.is_empty());
        self.over.extend(folded.map(|(source, counted)| Folded {
            source,
            since,
            refused: counted.folded,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn from(n: u32) -> Option<IpAddr> {
        Some(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn what_is_too_much_of_one_source_is_counted_by_code() {
        let mut flood = Flood::default();
        let told = (0..EACH + 5).filter(|_| flood.admit(from(1), "forbidden", NOW));
        assert_eq!(told.count() as u32, EACH);
        assert!(!flood.admit(from(1), "csrf", NOW));
        assert!(flood.admit(from(2), "forbidden", NOW), "another source");
        assert_eq!(flood.take(NOW), [], "the window is not over");
        let folded = Folded {
            source: from(1),
            since: NOW,
            refused: [("forbidden", 5), ("csrf", 1)].into(),
        };
        assert_eq!(flood.take(NOW + WINDOW), [folded]);
        assert!(flood.admit(from(1), "forbidden", NOW + WINDOW));
        assert_eq!(flood.drain(), []);
    }

    #[test]
    fn all_sources_together_are_bounded_and_none_is_forgotten() {
        let mut flood = Flood::default();
        let sources = 2 * SOURCES as u32;
        let told = (0..sources).filter(|n| flood.admit(from(*n), "forbidden", NOW));
        assert_eq!(told.count() as u32, ALL);
        assert!(flood.sources.len() <= SOURCES + 1);
        let folded = flood.drain();
        let counted: u64 = folded
            .iter()
            .map(|folded| folded.refused["forbidden"])
            .sum();
        assert_eq!(counted, u64::from(sources - ALL));
    }

    #[test]
    fn what_a_window_counted_waits_for_who_takes_it() {
        let mut flood = Flood::default();
        for _ in 0..=EACH {
            flood.admit(None, "csrf", NOW);
        }
        flood.admit(None, "csrf", NOW + WINDOW);
        assert_eq!(flood.take(NOW + WINDOW).len(), 1);
    }
}
