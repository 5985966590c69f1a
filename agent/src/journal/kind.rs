//! What the journal knows of one kind, beside its rows.

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};
use shared::{
    digest::Digest,
    wire::{self, Stale},
};

use super::JournalError;

/// One kind of fact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kind {
    /// Sequence number of the last record of the kind, in the present epoch; 0 before the first.
    pub(super) seq: u64,
    /// Sequence number of the last part of its last snapshot; 0 when none was sent in this epoch.
    pub(super) snapshot_seq: u64,
    /// When the rows became what they are, by the host's clock, microseconds. `None`: never read.
    pub(super) changed_at: Option<i64>,
    /// How many rows there are.
    pub(super) rows: u64,
    /// Their digest.
    pub(super) digest: Digest,
    /// Whether the last attempt to read it succeeded, and since when that is so, microseconds.
    /// `None` before the first attempt.
    pub(super) freshness: Option<(i64, Option<Stale>)>,
}

/// The kinds, while they are being changed.
pub(super) struct Kinds<'t>(pub(super) Table<'t, &'static str, &'static [u8]>);

impl Kinds<'_> {
    /// The kind; one that was never seen is empty.
    pub(super) fn get(&self, kind: &str) -> Result<Kind, JournalError> {
        find(&self.0, kind).map(Option::unwrap_or_default)
    }

    pub(super) fn put(&mut self, name: &str, kind: &Kind) -> Result<(), JournalError> {
        let bytes = wire::encode(kind).map_err(JournalError::Encode)?;
        self.0
            .insert(name, bytes.as_slice())
            .map_err(JournalError::write)?;
        Ok(())
    }

    pub(super) fn names(&self) -> Result<Vec<String>, JournalError> {
        Ok(all(&self.0)?.into_iter().map(|(name, _)| name).collect())
    }
}

/// The kind, if it was ever seen.
pub(super) fn find(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    kind: &str,
) -> Result<Option<Kind>, JournalError> {
    table
        .get(kind)
        .map_err(JournalError::read)?
        .map(|row| wire::decode(row.value()).map_err(JournalError::Decode))
        .transpose()
}

/// Every kind that was ever seen, by name.
pub(super) fn all(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Vec<(String, Kind)>, JournalError> {
    table
        .iter()
        .map_err(JournalError::read)?
        .map(|row| {
            let (name, bytes) = row.map_err(JournalError::read)?;
            let kind = wire::decode(bytes.value()).map_err(JournalError::Decode)?;
            Ok((name.value().to_owned(), kind))
        })
        .collect()
}
