//! dpkg's database: `/var/lib/dpkg/status`, and in `updates/` what a running or broken-off dpkg has
//! not merged into it yet. Rows are those of `dpkg-query -W`: all that dpkg knows and that is not
//! `not-installed`.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read as _},
    os::unix::fs::MetadataExt as _,
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

/// A machine with every package of Debian installed would have a third of it.
const MAX_STATUS: u64 = 256 << 20;

/// One update is the stanza of one package.
const MAX_UPDATE: u64 = 1 << 20;

/// How often reading is begun again because dpkg changed the database meanwhile.
const TRIES: usize = 5;

/// Appends a fact for each package; `false` where there is no database.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<bool, Stale> {
    let begun = facts.len();
    for _ in 0..TRIES {
        facts.truncate(begun);
        let Some(before) = state(host)? else {
            return Ok(false);
        };
        let read = pass(host, &before, facts);
        if state(host)?.as_ref() == Some(&before) {
            return read.map(|()| true);
        }
    }
    facts.truncate(begun);
    Err(Stale {
        reason: StaleReason::TimedOut,
        detail: format!("{STATUS} changed during each of {TRIES} attempts to read it"),
    })
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

fn pass(host: &Host, state: &State, facts: &mut Vec<Fact>) -> Result<(), Stale> {
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
    stanza::each(BufReader::new(file), |stanza| {
        match newer.remove(&stanza.key()) {
            Some(update) => push(&update, facts),
            None => push(stanza, facts),
        }
    })
    .map_err(stale)?;
    newer
        .values()
        .try_for_each(|update| push(update, facts))
        .map_err(stale)
}

fn push(stanza: &Stanza, facts: &mut Vec<Fact>) -> Result<(), StanzaError> {
    let mut words = stanza.status.split_ascii_whitespace();
    let (want, error, status) = (words.next(), words.next(), words.next());
    // dpkg takes a stanza without a status for a package that is only known.
    let status = status.unwrap_or("not-installed");
    if status == "not-installed" {
        return Ok(());
    }
    let (source, source_version) = stanza.source();
    let package = Package {
        manager: "dpkg",
        name: &stanza.package,
        version: said(&stanza.version),
        architecture: said(&stanza.architecture),
        source: Some(source),
        source_version: said(source_version),
        vendor: None,
        want,
        status,
        reinstall_required: error.is_some_and(|flag| flag.contains("reinst")),
        installed_bytes: stanza
            .installed_size
            .parse::<u64>()
            .ok()
            .and_then(|kib| kib.checked_mul(1024)),
        installed_at: None,
    };
    facts.push(probe::fact(KIND, &stanza.key(), &package).map_err(StanzaError::Fact)?);
    Ok(())
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
        StanzaError::Fact(stale) => return stale,
        StanzaError::Read(_) => StaleReason::Failed,
        StanzaError::Nameless { .. } | StanzaError::LongLine { .. } => StaleReason::Malformed,
    };
    Stale {
        reason,
        detail: format!("{STATUS}: {error}"),
    }
}
