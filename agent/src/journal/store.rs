//! The file under the journal: opening it, its tables, and putting a damaged one aside.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use redb::{
    Database, DatabaseError, ReadableDatabase, StorageError, TableDefinition, WriteTransaction,
};
use tracing::warn;

use super::{JournalError, head::Head};

/// One row, [`Head`]. Tables share their types where they can: each pair is 40 KiB of program.
pub(super) const HEAD: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("head");
/// Kind -> [`super::kind::Kind`].
pub(super) const KINDS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("kinds");
/// Kind and key -> canonical value; see [`super::rows`].
pub(super) const ROWS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("rows");
/// Sequence number -> [`shared::wire::Record`], encoded as on the wire.
pub(super) const OUTBOX: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("outbox");

/// The default is a gibibyte. The agent reads little and seldom, and has a budget of 12 MiB; what the
/// kernel has of the file costs nobody anything.
const CACHE_BYTES: usize = 64 << 10;

/// Where the journal lies.
pub(super) trait Place: Send + Sync {
    /// Opens the database, and makes it when there is none.
    fn open(&self) -> Result<Database, DatabaseError>;

    /// Puts the database where it is in nobody's way.
    fn set_aside(&self) -> Result<(), JournalError>;
}

/// A file.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Names the copies that were set aside.
    pub(super) clock: shared::clock::SharedClock,
}

impl Place for File {
    fn open(&self) -> Result<Database, DatabaseError> {
        Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(&self.path)
    }

    fn set_aside(&self) -> Result<(), JournalError> {
        let stamp = self.clock.now().format("%Y%m%dT%H%M%SZ");
        let aside = self.path.with_extension(format!("redb.broken-{stamp}"));
        warn!(path = %self.path.display(), aside = %aside.display(), "journal set aside");
        move_file(&self.path, &aside)
    }
}

fn move_file(from: &Path, to: &Path) -> Result<(), JournalError> {
    fs::rename(from, to).map_err(|source| JournalError::SetAside {
        path: from.into(),
        source,
    })
}

/// Opens the journal at `place`. One that is damaged, or whose form this build does not know, is
/// set aside and a new one begun: the agent never refuses to work because of its own memory, and
/// the collector gets everything afresh.
pub(super) fn open(place: &dyn Place) -> Result<Database, JournalError> {
    match place.open().map_err(JournalError::Open).and_then(prepare) {
        Err(error) if error.is_damage() => {
            warn!(
                error = &error as &dyn std::error::Error,
                "journal does not open"
            );
            place.set_aside()?;
            place.open().map_err(JournalError::Open).and_then(prepare)
        }
        opened => opened,
    }
}

/// Makes the tables and the first head, or checks that they are ours.
fn prepare(database: Database) -> Result<Database, JournalError> {
    let reading = database.begin_read().map_err(JournalError::read)?;
    match reading.open_table(HEAD) {
        Ok(table) => Head::load(&table)?.check_format()?,
        Err(redb::TableError::TableDoesNotExist(_)) => {
            let writing = begin(&database)?;
            Head::begin().save(&mut writing.open_table(HEAD).map_err(JournalError::write)?)?;
            writing.open_table(KINDS).map_err(JournalError::write)?;
            writing.open_table(ROWS).map_err(JournalError::write)?;
            writing.open_table(OUTBOX).map_err(JournalError::write)?;
            writing.commit().map_err(JournalError::write)?;
        }
        Err(error) => return Err(JournalError::read(error)),
    }
    drop(reading);
    Ok(database)
}

/// Begins a change that is durable once committed.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, JournalError> {
    let mut writing = database.begin_write().map_err(JournalError::write)?;
    // Without it, the first start after a crash walks through the whole file.
    writing.set_quick_repair(true);
    Ok(writing)
}

/// Whether the file is at fault. A full disk or a refused permission is not: what is in the file
/// is good, and is there again when the disk is.
pub(super) fn is_damage(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::RepairAborted | DatabaseError::UpgradeRequired(_) => true,
        DatabaseError::Storage(StorageError::Corrupted(_)) => true,
        DatabaseError::Storage(StorageError::Io(error)) => matches!(
            error.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
        ),
        _ => false,
    }
}
