//! apk's database: a stanza for each package, of lines with a letter, a colon and a value, in which
//! the package's own lines stand before those of its folders and files. (`apk-installed(5)`.)

use std::io::{self, BufRead, BufReader, Read as _};

use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

use super::{KIND, Package};
use crate::{host::Host, probe};

/// Where it is, and where releases have it that keep nothing in `/lib`. Often one is a symlink to
/// the other.
const PLACES: [&str; 2] = ["/usr/lib/apk/db/installed", "/lib/apk/db/installed"];

/// A hundred times the database of a large desktop.
const MAX_FILE: u64 = 1 << 30;

/// The longest line that is read; the longest real ones, dependencies, are some KiB.
const MAX_LINE: u64 = 1 << 20;

/// How often reading is begun again because apk replaced the database meanwhile.
const TRIES: usize = 5;

/// What a stanza says of its package; empty where it does not.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// The package that it was built from.
    pub origin: String,
    /// Bytes, in digits.
    pub installed_size: String,
    /// The tagged repository that it is pinned to.
    pub repository: String,
    /// Letters for what is broken: files, scripts.
    pub flaws: String,
}

/// Why the database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ApkError {
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("the stanza that ends in line {line} names no package")]
    Nameless { line: u64 },
    #[error("line {line} is longer than {MAX_LINE} bytes")]
    LongLine { line: u64 },
}

/// Appends a fact for each package; `false` where there is no database.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<bool, Stale> {
    let Some(entries) = collect(host)? else {
        return Ok(false);
    };
    for entry in &entries {
        facts.push(fact(entry)?);
    }
    Ok(true)
}

/// Every package; `None` where there is no database.
fn collect(host: &Host) -> Result<Option<Vec<Entry>>, Stale> {
    for place in PLACES {
        let mut tried = 0;
        while tried < TRIES {
            let file = match host.open(place) {
                Err(error) if error.is_absent() => break,
                opened => opened?,
            };
            let before = probe::stamp(&file);
            let mut entries = Vec::new();
            let read = each(BufReader::new(file.take(MAX_FILE)), |entry| {
                entries.push(entry.clone());
            });
            if probe::stamp(&host.open(place)?) == before {
                return read.map(|()| Some(entries)).map_err(|e| stale(place, &e));
            }
            tried += 1;
        }
        if tried == TRIES {
            return Err(Stale {
                reason: StaleReason::TimedOut,
                detail: format!("{place} changed during each of {TRIES} attempts to read it"),
            });
        }
    }
    Ok(None)
}

/// Calls `take` with each package of the database.
///
/// # Errors
/// [`ApkError`].
pub fn each(mut input: impl BufRead, mut take: impl FnMut(&Entry)) -> Result<(), ApkError> {
    let mut entry = Entry::default();
    let mut begun = false;
    let mut files = false;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut bounded = input.by_ref().take(MAX_LINE + 1);
        let read = bounded
            .read_until(b'\n', &mut line)
            .map_err(ApkError::Read)?;
        if read as u64 > MAX_LINE {
            return Err(ApkError::LongLine { line: number });
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            if begun {
                if entry.name.is_empty() {
                    return Err(ApkError::Nameless { line: number });
                }
                take(&entry);
                entry = Entry::default();
            }
            (begun, files) = (false, false);
            if read == 0 {
                break;
            }
            continue;
        }
        begun = true;
        // From the first folder on, letters mean other things.
        files |= text.starts_with(b"F:");
        let field = match text {
            _ if files => continue,
            [b'P', b':', ..] => &mut entry.name,
            [b'V', b':', ..] => &mut entry.version,
            [b'A', b':', ..] => &mut entry.architecture,
            [b'o', b':', ..] => &mut entry.origin,
            [b'I', b':', ..] => &mut entry.installed_size,
            [b's', b':', ..] => &mut entry.repository,
            [b'f', b':', ..] => &mut entry.flaws,
            _ => continue,
        };
        *field = String::from_utf8_lossy(&text[2..]).into_owned();
    }
    Ok(())
}

fn fact(entry: &Entry) -> Result<Fact, Stale> {
    let key = match entry.architecture.as_str() {
        "" => entry.name.clone(),
        architecture => format!("{}:{architecture}", entry.name),
    };
    let package = Package {
        manager: "apk",
        name: &entry.name,
        version: some(&entry.version),
        architecture: some(&entry.architecture),
        source: some(&entry.origin),
        source_version: None,
        vendor: None,
        module: None,
        repository: some(&entry.repository),
        want: None,
        status: "installed",
        reinstall_required: !entry.flaws.is_empty(),
        installed_bytes: entry.installed_size.parse().ok(),
        installed_at: None,
    };
    probe::fact(KIND, &key, &package)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn stale(place: &str, error: &ApkError) -> Stale {
    Stale {
        reason: match error {
            ApkError::Read(_) => StaleReason::Failed,
            ApkError::Nameless { .. } | ApkError::LongLine { .. } => StaleReason::Malformed,
        },
        detail: format!("{place}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn all(bytes: &[u8]) -> Result<Vec<Entry>, ApkError> {
        let mut entries = Vec::new();
        each(bytes, |entry| entries.push(entry.clone()))?;
        Ok(entries)
    }

    #[test]
    fn lines_of_files_are_no_fields_of_the_package() {
        let text = b"C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nI:634880\nF:lib\na:0:0:755\n\
            R:libc.musl-x86_64.so.1\nP:not a name\n\n\nP:odd\nV:1-r0\nf:fs\ns:edge\n";
        let read = all(text).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].name.as_str(), read[0].version.as_str()),
            ("musl", "1.2.5-r0")
        );
        assert_eq!(
            (read[1].flaws.as_str(), read[1].repository.as_str()),
            ("fs", "edge")
        );
    }

    #[test]
    fn a_stanza_without_a_name_and_an_endless_line_are_errors() {
        assert!(matches!(
            all(b"V:1\n\n"),
            Err(ApkError::Nameless { line: 2 })
        ));
        let long = vec![b'P'; 2 * MAX_LINE as usize];
        assert!(matches!(all(&long), Err(ApkError::LongLine { line: 1 })));
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("apk-installed", |bytes| {
            let _ = all(bytes);
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = all(&bytes);
        }

        #[test]
        fn anything_that_looks_like_stanzas_has_names(
            lines in prop::collection::vec("[PVAFof]?:?[a1]{0,3}", 0..20)
        ) {
            for entry in all(lines.join("\n").as_bytes()).into_iter().flatten() {
                prop_assert!(!entry.name.is_empty());
            }
        }
    }
}
