//! The sudoers files of a host: where they are, and what they include.

use std::path::Path;

use shared::wire::{Stale, StaleReason};

use super::{entry::Entry, parse};
use crate::{host::Host, probe};

/// Where sudo looks, the first that is there counts: the second is where newer SUSE ships its own.
const MAIN: [&str; 2] = ["/etc/sudoers", "/usr/etc/sudoers"];

/// What sudo-rs reads instead, where it is there; sudo itself does not.
const RUST: &str = "/etc/sudoers-rs";

/// Where sudo is, if it is installed.
const PROGRAMS: [&str; 4] = [
    "/usr/bin/sudo",
    "/bin/sudo",
    "/usr/local/bin/sudo",
    "/usr/bin/sudo-rs",
];

/// Sources of rules other than files are named here, by the line `sudoers:`.
const SWITCHES: [&str; 2] = ["/etc/nsswitch.conf", "/usr/etc/nsswitch.conf"];

/// How deep files may include files: sudo's own bound.
const MAX_DEPTH: usize = 128;

/// How many files all of it may be: two lines that include two files each, 128 deep, would never
/// end.
const MAX_FILES: usize = 2048;

/// Bytes of all files together: ten thousand rules. Taken apart, they are thirty times as many.
const MAX_TOTAL: usize = 1 << 20;

/// Everything that `facts --sources` lists.
pub const SOURCES: [&str; 10] = [
    "/etc/sudoers",
    "/usr/etc/sudoers",
    "/etc/sudoers-rs",
    "/etc/sudoers.d/*",
    "/usr/etc/sudoers.d/*",
    "what these name by @include and @includedir",
    "/etc/nsswitch.conf",
    "/usr/etc/nsswitch.conf",
    "/etc/hostname, /proc/sys/kernel/hostname",
    "whether there is /usr/bin/sudo, /bin/sudo, /usr/local/bin/sudo, /usr/bin/sudo-rs",
];

/// One policy as a program would read it: files in the order in which they are met.
#[derive(Debug, Default)]
pub struct Policy {
    /// Entries, each with the number of its file.
    pub entries: Vec<(usize, Entry)>,
    /// The files read, and the folders named: what is to be watched.
    pub files: Vec<String>,
    pub folders: Vec<String>,
    /// What could not be read because it is not there, and who named it.
    pub missing: Vec<(usize, String)>,
    bytes: usize,
}

/// All that sudo goes by on this host.
#[derive(Debug, Default)]
pub struct Sudoers {
    /// Of sudo, and of sudo-rs where it has its own.
    pub policies: Vec<Policy>,
    /// Other places that rules come from: `sss`, `ldap`. What they say is not known here.
    pub elsewhere: Vec<String>,
}

/// Reads it all. A host on which there is neither sudo nor a policy has no policies.
///
/// # Errors
/// Why it could not be read; of a file that is included as of the first.
pub fn read(host: &Host) -> Result<Sudoers, Stale> {
    let mut policies = Vec::new();
    let mut mains = Vec::new();
    for path in MAIN {
        if is_there(host, path)? {
            mains.push(path);
            break;
        }
    }
    if is_there(host, RUST)? {
        mains.push(RUST);
    }
    if mains.is_empty() {
        without_policy(host)?;
    }
    for path in mains {
        let mut policy = Policy::default();
        policy.file(host, path, &mut Vec::new())?;
        policies.push(policy);
    }
    Ok(Sudoers {
        policies,
        elsewhere: elsewhere(host)?,
    })
}

fn is_there(host: &Host, path: &str) -> Result<bool, Stale> {
    match host.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.is_absent() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// There are no rules where there is no sudo, if it can be seen that there is none.
fn without_policy(host: &Host) -> Result<(), Stale> {
    if let Some(program) = PROGRAMS.iter().find(|path| host.resolve(path).is_ok()) {
        return Err(probe::unavailable(format!(
            "{program} is there and {} is not",
            MAIN[0]
        )));
    }
    for folder in ["/etc", "/usr/bin"] {
        if host.resolve(folder).is_err() {
            return Err(probe::unavailable(format!(
                "no {}, and without {folder} it cannot be seen whether sudo is installed",
                MAIN[0]
            )));
        }
    }
    Ok(())
}

impl Policy {
    fn file(&mut self, host: &Host, path: &str, within: &mut Vec<String>) -> Result<(), Stale> {
        let text = host.read_text(path, MAX_TOTAL as u64)?;
        self.bytes += text.len();
        if self.files.len() == MAX_FILES || self.bytes > MAX_TOTAL {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("{path}: more than {MAX_FILES} files or {MAX_TOTAL} bytes in all"),
            });
        }
        let number = self.files.len();
        self.files.push(path.to_owned());
        within.push(path.to_owned());
        for entry in parse::file(&text) {
            match entry {
                Entry::Include { folder, path, line } => {
                    let mut refuse = |what| {
                        self.entries.push((number, Entry::Error { line, what }));
                    };
                    let target = target(host, &path, &within[within.len() - 1])?;
                    if within.contains(&target) {
                        refuse("an include of a file that is being read");
                    } else if within.len() > MAX_DEPTH {
                        refuse("too many levels of includes");
                    } else if folder {
                        self.folder(host, &target, within)?;
                    } else if is_there(host, &target)? {
                        self.file(host, &target, within)?;
                    } else {
                        self.entries.push((
                            number,
                            Entry::Error {
                                line,
                                what: "an include of a file that is not there",
                            },
                        ));
                        self.missing.push((number, target));
                    }
                }
                entry => self.entries.push((number, entry)),
            }
        }
        within.pop();
        Ok(())
    }

    /// A folder that is not there is no error, for sudo either.
    fn folder(&mut self, host: &Host, path: &str, within: &mut Vec<String>) -> Result<(), Stale> {
        self.folders.push(path.to_owned());
        let names = match host.list(path) {
            Err(error) if error.is_absent() => return Ok(()),
            names => names?,
        };
        for name in names {
            let Some(name) = name.to_str().filter(|name| is_read(name)) else {
                continue;
            };
            let file = format!("{}/{name}", path.trim_end_matches('/'));
            // A folder, a pipe and a link to nowhere are skipped by sudo too.
            match host.open(&file) {
                Ok(_) if within.contains(&file) => {}
                Ok(_) => self.file(host, &file, within)?,
                Err(crate::host::HostError::NotAFile { .. }) => {}
                Err(error) if error.is_absent() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Which files of a folder count: not the leftovers of editors and of package managers.
fn is_read(name: &str) -> bool {
    !name.ends_with('~') && !name.contains('.')
}

/// The path that is meant: relative to the file that names it, with `%h` for the host's name.
fn target(host: &Host, path: &str, from: &str) -> Result<String, Stale> {
    let path = if path.contains("%h") {
        path.replace("%h", &short_name(host)?)
    } else {
        path.to_owned()
    };
    if path.starts_with('/') {
        return Ok(path);
    }
    let folder = Path::new(from).parent().unwrap_or(Path::new("/"));
    Ok(folder.join(path).to_string_lossy().into_owned())
}

/// The host's name up to the first dot.
fn short_name(host: &Host) -> Result<String, Stale> {
    let name = name(host)?.unwrap_or_default();
    Ok(name.split('.').next().unwrap_or_default().to_owned())
}

/// The host's name, `None` where it is not known.
///
/// # Errors
/// Why it could not be read.
pub fn name(host: &Host) -> Result<Option<String>, Stale> {
    for path in ["/proc/sys/kernel/hostname", "/etc/hostname"] {
        match host.read_text(path, 4096) {
            Err(error) if error.is_absent() => {}
            text => return Ok(Some(text?.trim().to_owned())),
        }
    }
    Ok(None)
}

/// What the line `sudoers:` of nsswitch.conf names beside `files`.
fn elsewhere(host: &Host) -> Result<Vec<String>, Stale> {
    for path in SWITCHES {
        let text = match host.read_text(path, 1 << 20) {
            Err(error) if error.is_absent() => continue,
            text => text?,
        };
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("sudoers:"));
        let words = line
            .unwrap_or_default()
            .split('#')
            .next()
            .unwrap_or_default();
        return Ok(words
            .split_whitespace()
            .filter(|word| *word != "files" && !word.starts_with('['))
            .map(str::to_owned)
            .collect());
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_editors_are_no_policy() {
        for (name, read) in [
            ("90-cloud-init-users", true),
            ("README", true),
            ("a~b", true),
            ("a~", false),
            ("a.rpmnew", false),
            (".hidden", false),
        ] {
            assert_eq!(is_read(name), read, "{name}");
        }
    }
}
