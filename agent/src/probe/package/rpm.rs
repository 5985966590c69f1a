//! rpm's database in its SQLite form. Rows are those of `rpm -qa`, the `gpg-pubkey` rows (keys that
//! rpm trusts) among them; the key is what `rpm -qa` prints, with the epoch where there is one,
//! because several versions of one package can be installed.

use std::{io, path::Path};

use rusqlite::{Connection, ErrorCode};
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use super::{KIND, Package};
use crate::{
    host::Host,
    probe::{self, sqlite},
};

/// The parser of rpm's headers.
pub mod header;

use header::Header;

/// Where distributions keep it, the newer place first. Often one is a symlink to the other.
const FOLDERS: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

/// The forms that are not read, by the file that gives each away.
const OTHER_FORMS: [(&str, &str); 2] = [("Packages.db", "ndb"), ("Packages", "Berkeley DB")];

/// The largest header that is read. rpm's own bound is 256 MiB; the largest real ones, of packages
/// with a hundred thousand files, are a tenth of this.
const MAX_HEADER: i64 = 64 << 20;

/// Why the database could not be read.
#[derive(Debug, thiserror::Error)]
enum RpmError {
    #[error("cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("cannot be found again: {0}")]
    Metadata(#[from] io::Error),
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
    sqlite::read(path, |connection| {
        facts.truncate(begun);
        packages(connection, facts)
    })
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
