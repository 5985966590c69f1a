//! Small files: what is in force, what only rises, what came of an offer.

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::bundle::{Hash, Newest};

use super::{disk::Disk, tree::Kept};

pub(super) const IN_FORCE: &str = "in-force";
pub(super) const HIGHEST: &str = "highest.json";
/// Largest of them, bytes: a trial tells some hundred turns.
pub(super) const MAX_NOTE: u64 = 1 << 20;

/// Which bundle is in force, and how it came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InForce {
    pub(super) serial: u64,
    pub(super) manifest: Hash,
    pub(super) since: DateTime<Utc>,
    /// The one before; `None`: what was installed with the agent.
    pub(super) before: Option<u64>,
    /// Whether somebody on this host put it in force.
    pub(super) chosen: bool,
    /// Results that were an error before it, or the most there can be where that is not known; `None`: it
    /// has decided every rule, and is of use.
    pub(super) errors_before: Option<u32>,
    /// How many processes have begun to.
    pub(super) begun: u32,
}

/// What only ever rises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Highest {
    /// The newest bundle that ever was in force.
    pub(super) newest: Option<Newest>,
    /// An instant that has come, whatever the clock says.
    pub(super) latest: Option<DateTime<Utc>>,
}

impl InForce {
    /// A bundle of which nothing else is to be said.
    pub(super) fn of(kept: &Kept, since: DateTime<Utc>) -> Self {
        Self {
            serial: kept.serial,
            manifest: kept.manifest,
            since,
            before: None,
            chosen: false,
            errors_before: None,
            begun: 0,
        }
    }
}

/// What a file says; `None` where there is none, or one that makes no sense.
pub(super) fn note<T: DeserializeOwned>(disk: &Disk, at: &str) -> io::Result<Option<T>> {
    let bytes = disk.read(at, MAX_NOTE)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

pub(super) fn json(note: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(note).expect("a note has no map but of texts, and no float")
}
