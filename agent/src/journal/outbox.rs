//! The records that wait until the collector has committed them, in the order of their sequence
//! numbers.

use std::ops::RangeInclusive;

use redb::{ReadableTable, Table};
use shared::wire::{self, Body, Record};

use super::{JournalError, head::Head};

/// The outbox, while it is being changed.
pub(super) struct Outbox<'t> {
    pub(super) head: Head,
    pub(super) records: Table<'t, u64, &'static [u8]>,
}

impl Outbox<'_> {
    /// Adds a record and returns its sequence number. `at`: microseconds, the host's clock.
    pub(super) fn append(&mut self, at: i64, body: Body) -> Result<u64, JournalError> {
        let seq = self.head.last_seq + 1;
        let bytes = wire::encode(&Record { seq, at, body }).map_err(JournalError::Encode)?;
        self.records
            .insert(seq, bytes.as_slice())
            .map_err(JournalError::write)?;
        self.head.last_seq = seq;
        self.head.pending_bytes += bytes.len() as u64;
        Ok(seq)
    }

    /// Drops every record up to and including `seq`.
    pub(super) fn drop_through(&mut self, seq: u64) -> Result<(), JournalError> {
        self.take(0..=seq, |_| Ok(()))
    }

    /// Hands every record up to and including `seq` to `look` and drops it.
    pub(super) fn drain_through(
        &mut self,
        seq: u64,
        mut look: impl FnMut(Record),
    ) -> Result<(), JournalError> {
        self.take(0..=seq, |bytes| {
            wire::decode(bytes)
                .map(&mut look)
                .map_err(JournalError::Decode)
        })
    }

    fn take(
        &mut self,
        range: RangeInclusive<u64>,
        mut look: impl FnMut(&[u8]) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut bytes = 0;
        let taken = self
            .records
            .extract_from_if(range, |_, _| true)
            .map_err(JournalError::write)?;
        for row in taken {
            let (_, record) = row.map_err(JournalError::write)?;
            bytes += record.value().len() as u64;
            look(record.value())?;
        }
        let head = &mut self.head;
        head.pending_bytes = head.pending_bytes.saturating_sub(bytes);
        head.folded_bytes = head.folded_bytes.min(head.pending_bytes);
        Ok(())
    }
}

/// A record, and the bytes it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub record: Record,
    /// Its length in the outbox, which is its length on the wire before compression.
    pub bytes: usize,
}

/// Records that follow `after`, as many as fit in `max_bytes`, and at least one if there is one.
pub(super) fn pending(
    table: &impl ReadableTable<u64, &'static [u8]>,
    after: u64,
    max_bytes: usize,
) -> Result<Vec<Pending>, JournalError> {
    let mut found = Vec::new();
    let mut total = 0;
    for row in table
        .range(after.saturating_add(1)..)
        .map_err(JournalError::read)?
    {
        let (_, row) = row.map_err(JournalError::read)?;
        let bytes = row.value().len();
        total += bytes;
        if total > max_bytes && !found.is_empty() {
            break;
        }
        let record = wire::decode(row.value()).map_err(JournalError::Decode)?;
        found.push(Pending { record, bytes });
    }
    Ok(found)
}
