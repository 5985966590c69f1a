//! Where the stream stands: one row of the journal.

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};
use shared::{id::Epoch, wire};

use super::JournalError;

/// Rises when the journal's form changes; an older journal is then set aside.
const FORMAT: u32 = 2;

/// The key of the one row.
const KEY: &str = "head";

/// Where the stream stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    format: u32,
    pub(super) epoch: Epoch,
    /// The highest sequence number given out; 0 before the first.
    pub(super) last_seq: u64,
    /// The highest that the collector has committed.
    pub(super) acked_seq: u64,
    /// Bytes of the records that wait for acknowledgement.
    pub(super) pending_bytes: u64,
    /// Bytes that the last folding left. Folding again before the outbox has doubled would write
    /// the same snapshots over and over on a host whose rows alone exceed the bound.
    pub(super) folded_bytes: u64,
}

impl Head {
    /// The beginning of a new epoch.
    pub(super) fn begin() -> Self {
        Self {
            format: FORMAT,
            epoch: Epoch::random(),
            last_seq: 0,
            acked_seq: 0,
            pending_bytes: 0,
            folded_bytes: 0,
        }
    }

    pub(super) fn load(
        table: &impl ReadableTable<&'static str, &'static [u8]>,
    ) -> Result<Self, JournalError> {
        let row = table
            .get(KEY)
            .map_err(JournalError::read)?
            .ok_or(JournalError::NoHead)?;
        wire::decode(row.value()).map_err(JournalError::Decode)
    }

    pub(super) fn save(
        &self,
        table: &mut Table<'_, &'static str, &'static [u8]>,
    ) -> Result<(), JournalError> {
        let bytes = wire::encode(self).map_err(JournalError::Encode)?;
        table
            .insert(KEY, bytes.as_slice())
            .map_err(JournalError::write)?;
        Ok(())
    }

    pub(super) fn check_format(&self) -> Result<(), JournalError> {
        if self.format == FORMAT {
            Ok(())
        } else {
            Err(JournalError::Format(self.format))
        }
    }
}
