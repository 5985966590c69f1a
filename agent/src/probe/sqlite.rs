//! SQLite databases of other programs, read without a trace.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

/// How long a transaction of another program may hold the database.
const BUSY: Duration = Duration::from_secs(5);

/// How often reading is begun again because the database was changed meanwhile.
const TRIES: usize = 5;

/// Reads the database at this path, which [`crate::host::Host::resolve`] gave. What is read is
/// read from the beginning again when the database changes meanwhile.
///
/// # Errors
/// Those of `read`; [`rusqlite::Error`] when it cannot be opened, [`io::Error`] when it is gone.
pub(super) fn read<T, E>(
    path: &Path,
    mut read: impl FnMut(&Connection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<rusqlite::Error> + From<io::Error>,
{
    for _ in 0..TRIES {
        let before = State::of(path)?;
        if before.pending {
            break;
        }
        let found = open(path, "immutable=1").map_err(E::from);
        let found = found.and_then(|connection| read(&connection));
        if State::of(path)? == before {
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
