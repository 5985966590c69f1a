//! dpkg's database: `/var/lib/dpkg/status`, and in `updates/` what a running or broken-off dpkg has
//! not merged into it yet. Rows are those of `dpkg-query -W`: all that dpkg knows and that is not
//! `not-installed`.
//!
//! Images without dpkg itself ("distroless") have a folder `status.d/` in its place, a file for each
//! package, which says no status because there is only one.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use super::{KIND, Package};
use crate::{
    host::{Host, HostError},
    probe,
};

/// The parser of the status file's stanzas.
pub mod stanza;

use stanza::{Stanza, StanzaError};

const STATUS: &str = "/var/lib/dpkg/status";
const UPDATES: &str = "/var/lib/dpkg/updates";
const PIECES: &str = "/var/lib/dpkg/status.d";
const INFO: &str = "/var/lib/dpkg/info";

/// A machine with every package of Debian installed would have a third of it.
const MAX_STATUS: u64 = 256 << 20;

/// One update is the stanza of one package.
const MAX_UPDATE: u64 = 1 << 20;

/// How often reading is begun again because dpkg changed the database meanwhile.
const TRIES: usize = 5;

/// How much of the status file is read at once, bytes.
const BUFFER: usize = 64 << 10;

/// Appends a fact for each package; `false` where there is no database.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<bool, Stale> {
    let info = host.resolve(INFO).ok();
    let Some(rows) = collect(host, |stanza| fact(stanza, info.as_deref()))? else {
        return Ok(false);
    };
    facts.extend(rows);
    Ok(true)
}

/// What `make` makes of each package that is not `not-installed`; `None` where there is no database.
///
/// # Errors
/// Why not all of them could be read, or what `make` says.
pub(in crate::probe) fn collect<T>(
    host: &Host,
    make: impl Fn(&Stanza) -> Result<T, Stale>,
) -> Result<Option<Vec<T>>, Stale> {
    let mut rows = Vec::new();
    let known = pieces(host, &make, &mut rows)?;
    let begun = rows.len();
    for _ in 0..TRIES {
        rows.truncate(begun);
        let Some(before) = state(host)? else {
            return Ok(known.then_some(rows));
        };
        let read = pass(host, &before, &make, &mut rows);
        if state(host)?.as_ref() == Some(&before) {
            return read.map(|()| Some(rows));
        }
    }
    Err(Stale {
        reason: StaleReason::TimedOut,
        detail: format!("{STATUS} changed during each of {TRIES} attempts to read it"),
    })
}

/// Reads `status.d/`; `false` where there is none. Its files are parts of an image and do not
/// change while it runs.
fn pieces<T>(
    host: &Host,
    make: &impl Fn(&Stanza) -> Result<T, Stale>,
    rows: &mut Vec<T>,
) -> Result<bool, Stale> {
    let names = match host.list(PIECES) {
        Err(error) if error.is_absent() => return Ok(false),
        listed => listed?,
    };
    for name in names.iter().filter_map(|name| name.to_str()) {
        if name.ends_with(".md5sums") {
            continue;
        }
        let bytes = host.read(format!("{PIECES}/{name}"), MAX_UPDATE)?;
        stanza::each(bytes.as_slice(), |stanza| {
            let mut stanza = stanza.clone();
            if stanza.status.is_empty() {
                "install ok installed".clone_into(&mut stanza.status);
            }
            push(&stanza, make, rows)
        })
        .map_err(stale)?;
    }
    Ok(true)
}

/// What is different after any change: dpkg replaces the status file and numbers the updates.
#[derive(PartialEq)]
struct State {
    inode: u64,
    modified: (i64, i64),
    length: u64,
    updates: Vec<String>,
}

fn state(host: &Host) -> Result<Option<State>, HostError> {
    let file = match host.open(STATUS) {
        Err(error) if error.is_absent() => return Ok(None),
        opened => opened?,
    };
    let metadata = file.metadata().map_err(failed)?;
    let names = match host.list(UPDATES) {
        Err(error) if error.is_absent() => Vec::new(),
        listed => listed?,
    };
    let updates = names
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    Ok(Some(State {
        inode: metadata.ino(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        length: metadata.len(),
        updates,
    }))
}

fn failed(source: std::io::Error) -> HostError {
    HostError::Read {
        path: STATUS.into(),
        source,
    }
}

fn pass<T>(
    host: &Host,
    state: &State,
    make: &impl Fn(&Stanza) -> Result<T, Stale>,
    rows: &mut Vec<T>,
) -> Result<(), Stale> {
    // Later updates replace earlier ones, and all of them what the status file says.
    let mut newer = BTreeMap::new();
    for name in &state.updates {
        let bytes = host.read(format!("{UPDATES}/{name}"), MAX_UPDATE)?;
        stanza::each(bytes.as_slice(), |stanza| {
            newer.insert(stanza.key(), stanza.clone());
            Ok(())
        })
        .map_err(stale)?;
    }
    if state.length > MAX_STATUS {
        return Err(too_large());
    }
    let file = host.open(STATUS)?.take(MAX_STATUS);
    stanza::each(BufReader::with_capacity(BUFFER, file), |stanza| {
        if !newer.is_empty()
            && let Some(update) = newer.remove(&stanza.key())
        {
            return push(&update, make, rows);
        }
        push(stanza, make, rows)
    })
    .map_err(stale)?;
    newer
        .values()
        .try_for_each(|update| push(update, make, rows))
        .map_err(stale)
}

fn push<T>(
    stanza: &Stanza,
    make: &impl Fn(&Stanza) -> Result<T, Stale>,
    rows: &mut Vec<T>,
) -> Result<(), StanzaError> {
    // dpkg takes a stanza without a status for a package that is only known.
    if stanza.state() != "not-installed" {
        rows.push(make(stanza).map_err(StanzaError::Made)?);
    }
    Ok(())
}

fn fact(stanza: &Stanza, info: Option<&Path>) -> Result<Fact, Stale> {
    let mut words = stanza.status.split_ascii_whitespace();
    let (want, error) = (words.next(), words.next());
    let (source, source_version) = stanza.source();
    let package = Package {
        manager: "dpkg",
        name: &stanza.package,
        version: said(&stanza.version),
        architecture: said(&stanza.architecture),
        source: Some(source),
        source_version: said(source_version),
        vendor: None,
        module: None,
        repository: None,
        want,
        status: stanza.state(),
        reinstall_required: error.is_some_and(|flag| flag.contains("reinst")),
        installed_bytes: stanza
            .installed_size
            .parse::<u64>()
            .ok()
            .and_then(|kib| kib.checked_mul(1024)),
        installed_at: info.and_then(|info| listed_at(stanza, info)),
    };
    probe::fact(KIND, &stanza.key(), &package)
}

/// When dpkg wrote the list of the package's files, which it does with each unpacking. Of packages
/// that can be there for several architectures, the list's name says which.
fn listed_at(stanza: &Stanza, info: &Path) -> Option<i64> {
    let name = &stanza.package;
    if name.contains('/') || stanza.architecture.contains('/') {
        return None;
    }
    [
        format!("{name}.list"),
        format!("{name}:{}.list", stanza.architecture),
    ]
    .iter()
    .find_map(|list| fs::symlink_metadata(info.join(list)).ok())
    .map(|metadata| metadata.mtime())
}

fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn too_large() -> Stale {
    Stale {
        reason: StaleReason::TooLarge,
        detail: format!("{STATUS} is larger than {MAX_STATUS} bytes"),
    }
}

fn stale(error: StanzaError) -> Stale {
    let reason = match error {
        StanzaError::Made(stale) => return stale,
        StanzaError::Read(_) => StaleReason::Failed,
        StanzaError::Nameless { .. } | StanzaError::LongLine { .. } => StaleReason::Malformed,
    };
    Stale {
        reason,
        detail: format!("{STATUS}: {error}"),
    }
}
