//! One feed over all that happens, from sources that each have their own order. Pure.
//!
//! Each source is asked for one page of its own, and what is newest of all of them is the page of the feed. A place in
//! the feed says for each source where it goes on, also among what happened at the same instant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::Code;

/// Where something is told. Of what happened at the same instant the earlier of these comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A fact of a host came, went or changed.
    Event,
    /// Something else came of a rule.
    Verdict,
    /// A story of drift began.
    Drift,
    /// Something happened to an alert.
    Alert,
    /// Somebody did something.
    Audit,
    /// A host is heard of otherwise.
    Liveness,
}

impl Source {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Event,
        Self::Verdict,
        Self::Drift,
        Self::Alert,
        Self::Audit,
        Self::Liveness,
    ];

    /// The codes of events that it tells; none where it tells no events. What events say of how hosts are heard of,
    /// liveness tells.
    pub fn codes(self) -> Vec<&'static str> {
        let codes = Code::ALL.iter().map(|(code, ..)| code.name());
        codes
            .filter(|code| match self {
                Self::Event => !is_of_rules(code) && !code.starts_with("host.") || *code == RENAMED,
                Self::Verdict => is_of_rules(code),
                Self::Drift | Self::Alert | Self::Audit | Self::Liveness => false,
            })
            .collect()
    }
}

/// The only event of the host itself that is a fact's.
const RENAMED: &str = "host.renamed";

fn is_of_rules(code: &str) -> bool {
    code.starts_with("result.")
}

/// A place in the feed: that of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub at: DateTime<Utc>,
    pub source: Source,
    /// Names the entry among those of its source and instant; the higher comes first.
    pub key: i64,
}

impl Place {
    /// What comes behind this place of a source is what has less than that: its instant, then its key.
    pub fn behind(self, source: Source) -> (DateTime<Utc>, i64) {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let key = match source.cmp(&self.source) {
            // All of that instant came before.
            Less => i64::MIN,
            Equal => self.key,
            Greater => i64::MAX,
        };
        (self.at, key)
    }

    /// By which the feed is sorted: the least comes first.
    fn order(self) -> impl Ord {
        use std::cmp::Reverse;
        (Reverse(self.at), self.source, Reverse(self.key))
    }
}

/// The newest `limit` entries of sources that were each asked for as many.
pub fn merge<T>(sources: Vec<Vec<T>>, place: impl Fn(&T) -> Place, limit: usize) -> Vec<T> {
    let mut all: Vec<T> = sources.into_iter().flatten().collect();
    all.sort_by_key(|entry| place(entry).order());
    all.truncate(limit);
    all
}

#[cfg(test)]
mod tests;
