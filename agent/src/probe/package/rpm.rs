//! rpm's database in its SQLite form. Rows are those of `rpm -qa`, the `gpg-pubkey` rows (keys that
//! rpm trusts) among them; the key is what `rpm -qa` prints, with the epoch where there is one,
//! because several versions of one package can be installed.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use super::{KIND, Package};
use crate::{host::Host, probe};

/// The parser of rpm's headers.
pub mod header;

use header::Header;

/// Where distributions keep it, the newer place first. Often one is a symlink to the other.
const FOLDERS: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

/// The forms that are not read, by the file that gives each away.
const OTHER_FORMS: [(&str, &str); 2] = [("Packages.db", "ndb"), ("Packages", "Berkeley DB")];

/// How long a transaction of rpm may hold the database.
const BUSY: Duration = Duration::from_secs(5);

/// How often reading is begun again because rpm changed the database meanwhile.
const TRIES: usize = 5;

/// The largest header that is read. rpm's own bound is 256 MiB; the largest real ones, of packages
/// with a hundred thousand files, are a tenth of this.
const MAX_HEADER: i64 = 64 << 20;

/// Why the database could not be read.
#[derive(Debug, thiserror::Error)]
enum RpmError {
    #[error("cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("cannot be found again: {0}")]
    Metadata(#[source] io::Error),
    #[error("package {number}: {source}")]
    Header {
        number: i64,
        source: header::HeaderError,
    },
    #[error("package {0} has a header of more than {MAX_HEADER} bytes")]
    HeaderSize(i64),
    #[error("{}", .0.detail)]
    Fact(Stale),
}

/// Appends a fact for each package; `false` where there is no database.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<bool, Stale> {
    for folder in FOLDERS {
        let path = format!("{folder}/rpmdb.sqlite");
        match host.open(&path) {
            Ok(_) => {
                let found = host.resolve(&path)?;
                return database(&found, facts)
                    .map(|()| true)
                    .map_err(|error| stale(&path, error));
            }
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error.into()),
        }
    }
    for folder in FOLDERS {
        for (name, form) in OTHER_FORMS {
            if host.open(format!("{folder}/{name}")).is_ok() {
                return Err(probe::unavailable(format!(
                    "{folder}/{name}: the rpm database is in {form} form, which is not read yet"
                )));
            }
        }
    }
    Ok(false)
}

fn database(path: &Path, facts: &mut Vec<Fact>) -> Result<(), RpmError> {
    let begun = facts.len();
    for _ in 0..TRIES {
        facts.truncate(begun);
        let before = State::of(path).map_err(RpmError::Metadata)?;
        if before.pending {
            return packages(&open(path, "mode=ro")?, facts);
        }
        let read = open(path, "immutable=1").map_err(RpmError::from);
        let read = read.and_then(|connection| packages(&connection, facts));
        if State::of(path).map_err(RpmError::Metadata)? == before {
            return read;
        }
    }
    facts.truncate(begun);
    packages(&open(path, "mode=ro")?, facts)
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

fn packages(connection: &Connection, facts: &mut Vec<Fact>) -> Result<(), RpmError> {
    let sql = "SELECT hnum, CASE WHEN length(blob) <= ?1 THEN blob END FROM Packages ORDER BY hnum";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([MAX_HEADER])?;
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let blob = row
            .get_ref(1)?
            .as_blob_or_null()
            .map_err(rusqlite::Error::from)?;
        let blob = blob.ok_or(RpmError::HeaderSize(number))?;
        let header = header::parse(blob).map_err(|source| RpmError::Header { number, source })?;
        facts.push(fact(&header).map_err(RpmError::Fact)?);
    }
    Ok(())
}

fn fact(header: &Header<'_>) -> Result<Fact, Stale> {
    let version = match header.epoch {
        Some(epoch) => format!("{epoch}:{}-{}", header.version, header.release),
        None => format!("{}-{}", header.version, header.release),
    };
    let key = match &header.architecture {
        Some(architecture) => format!("{}-{version}.{architecture}", header.name),
        None => format!("{}-{version}", header.name),
    };
    let package = Package {
        manager: "rpm",
        name: &header.name,
        version: Some(&version),
        architecture: header.architecture.as_deref(),
        source: header.source_rpm.as_deref(),
        source_version: None,
        vendor: header.vendor.as_deref(),
        want: None,
        status: "installed",
        reinstall_required: false,
        installed_bytes: header.size,
        installed_at: header.installed_at,
    };
    probe::fact(KIND, &key, &package)
}

fn stale(path: &str, error: RpmError) -> Stale {
    let reason = match &error {
        RpmError::Fact(_) | RpmError::Metadata(_) => StaleReason::Failed,
        RpmError::Header { .. } => StaleReason::Malformed,
        RpmError::HeaderSize(_) => StaleReason::TooLarge,
        RpmError::Sqlite(error) => match error.sqlite_error_code() {
            Some(ErrorCode::PermissionDenied) => StaleReason::Denied,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StaleReason::TimedOut,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
                StaleReason::Malformed
            }
            // A log is pending, and its shared memory can neither be opened nor made.
            _ => StaleReason::Failed,
        },
    };
    match error {
        RpmError::Fact(stale) => stale,
        error => Stale {
            reason,
            detail: format!("{path}: {error}"),
        },
    }
}
