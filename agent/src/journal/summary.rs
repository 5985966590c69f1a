//! What the journal holds, for the status.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::{clock::from_micros, id::Epoch, wire::Stale};

use super::kind::Kind;

/// What the journal holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub epoch: Epoch,
    pub last_seq: u64,
    pub acked_seq: u64,
    pub pending_records: u64,
    pub pending_bytes: u64,
    pub kinds: Vec<KindSummary>,
}

/// What the journal holds of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindSummary {
    pub kind: String,
    pub rows: u64,
    /// When the rows became what they are. `None`: never read.
    pub changed_at: Option<DateTime<Utc>>,
    /// Why it cannot be read at present.
    pub stale: Option<Stale>,
}

/// What is said of one kind.
pub(super) fn of((kind, entry): (String, Kind)) -> KindSummary {
    KindSummary {
        kind,
        rows: entry.rows,
        changed_at: entry.changed_at.and_then(from_micros),
        stale: entry.freshness.and_then(|(_, stale)| stale),
    }
}
