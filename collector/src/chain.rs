//! The chain over a host's results, as the tables have it, held against itself, against the host's
//! seals, and against the results. Pure: the caller brings what the tables say, and who is trusted.

/// Whose key it is.
mod certificate;

/// The results that the links give.
mod replay;

/// Link by link, seal by seal.
mod walk;

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use shared::{
    chain::{Head, Link, Stand},
    fact::RowHash,
    id::HostId,
    wire::Seal,
};

pub use self::certificate::{HostKey, KeyError};

/// What the tables have of one host.
#[derive(Debug, Clone)]
pub struct Kept {
    pub host: HostId,
    /// In their order.
    pub links: Vec<KeptLink>,
    /// In the order in which they came.
    pub seals: Vec<KeptSeal>,
    /// Every result of the present and the past, in any order.
    pub rows: Vec<KeptRow>,
    /// Where the stream says that the chain stands.
    pub stand: Stand,
    /// Whether the results are said to be out of date.
    pub stale: bool,
    /// What ended before is no longer kept.
    pub oldest: DateTime<Utc>,
}

/// A link.
#[derive(Debug, Clone)]
pub struct KeptLink {
    pub link: Link,
    pub previous: Head,
    pub head: Head,
    /// When what it tells begins in the tables.
    pub valid_from: DateTime<Utc>,
    /// The collector's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A seal.
#[derive(Debug, Clone)]
pub struct KeptSeal {
    pub seal: Seal,
    /// The head that stood here when the host went on with another.
    pub replaces: Option<Head>,
    /// DER; `None` when it is not there.
    pub certificate: Option<CertificateDer<'static>>,
    pub received_at: DateTime<Utc>,
}

/// A result.
#[derive(Debug, Clone)]
pub struct KeptRow {
    pub rule: String,
    /// The hash under which the dictionary has it.
    pub named: RowHash,
    /// The hash of what the dictionary holds; `None` when that is nothing a host could have told.
    pub says: Option<RowHash>,
    pub valid_from: DateTime<Utc>,
    /// `None` for the present.
    pub valid_to: Option<DateTime<Utc>>,
}

/// What came of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    pub links: usize,
    /// Links that a seal stands for.
    pub sealed: usize,
    pub seals: usize,
    /// Results, present and past.
    pub rows: usize,
    /// Results of before the first link that is kept: nothing is known of who told them.
    pub untold: usize,
    /// Where a host went on with another chain than the one before.
    pub breaks: Vec<Break>,
    /// What does not fit, the first place first.
    pub faults: Vec<Fault>,
}

/// A host that went on with another chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// By the collector's clock.
    pub at: DateTime<Utc>,
    pub because: &'static str,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which link, seal or result.
    pub place: String,
    pub what: String,
}

/// Walks everything. `authority` is whom hosts' certificates must descend from.
pub fn verify(kept: &Kept, authority: &CertificateDer<'_>) -> Report {
    let mut report = Report {
        links: kept.links.len(),
        seals: kept.seals.len(),
        rows: kept.rows.len(),
        ..Report::default()
    };
    walk::walk(kept, authority, &mut report);
    replay::replay(kept, &mut report);
    report
}

impl Report {
    fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.faults.push(Fault {
            place: place.into(),
            what: what.into(),
        });
    }
}

#[cfg(test)]
pub(crate) mod tests;
