//! Probes: each reads one kind of fact, whole, and never fails the pass.
//!
//! A probe reads and decides nothing. What it could not read is said ([`Stale`]), never left out:
//! a failed read does not erase the last good rows.

use chrono::{DateTime, Utc};
use shared::{fact::Fact, wire::Stale};

use crate::host::Host;

/// Reads one kind of fact.
pub trait Probe: Send + Sync {
    /// The kind: `package`, `user`, `mount`.
    fn kind(&self) -> &'static str;

    /// Everything that [`Probe::read`] may open or ask, for the administrator who wants to know
    /// (`openwatch-agent facts --sources`).
    fn sources(&self) -> &'static [&'static str];

    /// All rows of the kind. Blocking: it reads files and asks the kernel.
    ///
    /// # Errors
    /// Why the rows could not be read; none are returned then, however many were.
    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale>;
}

/// What one probe saw in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub kind: &'static str,
    /// When the reading began, by the host's clock.
    pub at: DateTime<Utc>,
    /// The rows, sorted by key, each key once; or why they could not be read.
    pub seen: Result<Vec<Fact>, Stale>,
}

/// Every probe, in the order in which `facts` prints them.
pub fn all() -> &'static [&'static dyn Probe] {
    &[]
}

/// Reads one kind.
pub fn observe(probe: &dyn Probe, host: &Host) -> Observation {
    let at = host.clock().now();
    let seen = probe.read(host).map(|mut facts| {
        facts.sort();
        facts.dedup_by(|next, first| next.key == first.key);
        facts
    });
    Observation {
        kind: probe.kind(),
        at,
        seen,
    }
}
