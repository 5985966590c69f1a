//! rpm's database in its SQLite form.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use shared::wire::StaleReason;

use super::{MAX_HEADER, RpmError, TRIES};

/// How long a transaction of rpm may hold the database.
const BUSY: Duration = Duration::from_secs(5);

/// The rows of one state of the database at `path`.
pub(super) fn collect<T>(
    path: &Path,
    add: impl Fn(&mut Vec<T>, i64, &[u8]) -> Result<(), RpmError>,
) -> Result<Vec<T>, RpmError> {
    steady(path, |connection| packages(connection, &add))
}

/// What `read` finds in one state of the database at `path`.
pub(super) fn steady<T>(
    path: &Path,
    read: impl Fn(&Connection) -> Result<T, RpmError>,
) -> Result<T, RpmError> {
    for _ in 0..TRIES {
        let before = State::of(path).map_err(RpmError::Metadata)?;
        if before.pending {
            break;
        }
        let found = open(path, "immutable=1").map_err(RpmError::from);
        let found = found.and_then(|connection| read(&connection));
        if State::of(path).map_err(RpmError::Metadata)? == before {
            return found;
        }
    }
    read(&open(path, "mode=ro")?)
}

/// Whether the file alone is the whole database, and what is different after any change to it.
///
/// While nothing is pending, the file is opened as one that cannot change, and looked at again
/// afterwards: SQLite's ordinary reader would write to the shared-memory file beside it, or make
/// one, and an observer leaves no traces. Only while a log is pending, which must be read together
/// with the file, is it that ordinary reader that reads.
#[derive(PartialEq)]
struct State {
    pending: bool,
    file: (u64, i64, i64, u64),
}

impl State {
    fn of(path: &Path) -> io::Result<Self> {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            fs::metadata(PathBuf::from(name)).is_ok_and(|metadata| metadata.len() > 0)
        };
        let file = fs::metadata(path)?;
        Ok(Self {
            pending: beside("-wal") || beside("-journal"),
            file: (file.ino(), file.mtime(), file.mtime_nsec(), file.len()),
        })
    }
}

fn open(path: &Path, option: &str) -> rusqlite::Result<Connection> {
    use std::os::unix::ffi::OsStrExt as _;

    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push('?');
    uri.push_str(option);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(BUSY)?;
    // Nothing that a schema from elsewhere defines is run.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn packages<T>(
    connection: &Connection,
    add: impl Fn(&mut Vec<T>, i64, &[u8]) -> Result<(), RpmError>,
) -> Result<Vec<T>, RpmError> {
    let sql = "SELECT hnum, CASE WHEN length(blob) <= ?1 THEN blob END FROM Packages ORDER BY hnum";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([MAX_HEADER])?;
    let mut made = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let blob = row
            .get_ref(1)?
            .as_blob_or_null()
            .map_err(rusqlite::Error::from)?;
        add(&mut made, number, blob.ok_or(RpmError::HeaderSize(number))?)?;
    }
    Ok(made)
}

/// What an error of SQLite means for the kind.
pub(super) fn reason(error: &rusqlite::Error) -> StaleReason {
    match error.sqlite_error_code() {
        Some(ErrorCode::PermissionDenied) => StaleReason::Denied,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StaleReason::TimedOut,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
            StaleReason::Malformed
        }
        // A log is pending, and its shared memory can neither be opened nor made.
        _ => StaleReason::Failed,
    }
}
