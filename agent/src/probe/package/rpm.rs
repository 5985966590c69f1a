//! rpm's database in the three forms that it has had: SQLite, NDB, and Berkeley DB. Nothing of rpm
//! has to be installed.
//!
//! Rows are those of `rpm -qa`, the `gpg-pubkey` rows (keys that rpm trusts) among them; the key is
//! what `rpm -qa` prints, with the epoch where there is one, because several versions of one package
//! can be installed.

use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use super::{KIND, Package};
use crate::{host::Host, probe};

/// The Berkeley DB form.
pub mod bdb;

/// The parser of rpm's headers.
pub mod header;

/// The NDB form.
pub mod ndb;

/// Reading the forms that are plain files, and noticing when they change meanwhile.
mod file;

/// Where packages came from.
pub mod origin;

/// Which database there is.
mod place;

/// The SQLite form.
mod sqlite;

use header::{Header, HeaderError};
use origin::Origins;
use place::Form;

/// How often reading is begun again because rpm changed the database meanwhile.
const TRIES: usize = 5;

/// The largest header that is read, bytes. rpm's own bound is 256 MiB; the largest real ones, of
/// packages with a hundred thousand files, are a tenth of this.
const MAX_HEADER: u32 = 64 << 20;

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
enum RpmError {
    #[error("cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("cannot be found again: {0}")]
    Metadata(#[from] std::io::Error),
    #[error(transparent)]
    Ndb(#[from] ndb::NdbError),
    #[error(transparent)]
    Bdb(#[from] bdb::BdbError),
    #[error("package {number}: {source}")]
    Header { number: i64, source: HeaderError },
    #[error("package {0} has a header of more than {MAX_HEADER} bytes")]
    HeaderSize(i64),
    #[error("changed during each of {TRIES} attempts to read it")]
    Unsteady,
    #[error("{}", .0.detail)]
    Made(Stale),
}

/// Appends a fact for each package; `false` where there is no database.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<bool, Stale> {
    let origins = Origins::read(host);
    let Some(rows) = collect(host, |header| fact(header, &origins))? else {
        return Ok(false);
    };
    facts.extend(rows);
    Ok(true)
}

/// What `make` makes of each package; `None` where there is no database.
///
/// # Errors
/// Why not all of them could be read, or what `make` says.
pub(in crate::probe) fn collect<T>(
    host: &Host,
    make: impl Fn(&Header<'_>) -> Result<T, Stale>,
) -> Result<Option<Vec<T>>, Stale> {
    let Some(place) = place::find(host)? else {
        return Ok(None);
    };
    let add = |rows: &mut Vec<T>, number: i64, blob: &[u8]| {
        let header = header::parse(blob).map_err(|source| RpmError::Header { number, source })?;
        rows.push(make(&header).map_err(RpmError::Made)?);
        Ok(())
    };
    let read = match place.form {
        Form::Sqlite => sqlite::collect(&host.resolve(&place.path)?, add),
        Form::Ndb | Form::Bdb => file::collect(host, &place, add)?,
    };
    read.map(Some).map_err(|error| stale(&place.path, error))
}

fn fact(header: &Header<'_>, origins: &Origins) -> Result<Fact, Stale> {
    let version = header.full_version();
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
        module: header.module.as_deref(),
        repository: origins.of(header),
        want: None,
        status: "installed",
        reinstall_required: false,
        installed_bytes: header.size,
        installed_at: header.installed_at.map(i64::from),
    };
    probe::fact(KIND, &key, &package)
}

fn stale(path: &str, error: RpmError) -> Stale {
    let reason = match &error {
        RpmError::Made(_) | RpmError::Metadata(_) => StaleReason::Failed,
        RpmError::Header { .. } => StaleReason::Malformed,
        RpmError::HeaderSize(_) => StaleReason::TooLarge,
        RpmError::Unsteady => StaleReason::TimedOut,
        RpmError::Sqlite(error) => sqlite::reason(error),
        RpmError::Ndb(error) => error.reason(),
        RpmError::Bdb(error) => error.reason(),
    };
    match error {
        RpmError::Made(stale) => stale,
        error => Stale {
            reason,
            detail: format!("{path}: {error}"),
        },
    }
}
