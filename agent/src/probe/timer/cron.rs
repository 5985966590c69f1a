//! Which files cron and anacron read, on which family of distributions.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _};

use shared::wire::{Stale, StaleReason};

use super::{
    Job, Value,
    crontab::{self, Entry, Table},
};
use crate::{
    host::{Host, HostError},
    probe::{self, Wake},
};

/// cron itself refuses tables of more than a few thousand lines.
const MAX_FILE: u64 = 4 << 20;

/// Longest word of a line that is told whole, bytes: any user may write a longer one.
const MAX_TEXT: usize = 2000;

/// A host of shared accounts has a table for each.
const MAX_ROWS: usize = 100_000;

const SYSTEM: &str = "/etc/crontab";
const FRAGMENTS: &str = "/etc/cron.d";
const ANACRON: &str = "/etc/anacrontab";

/// Tables of users, by the family: Red Hat, Debian and Alpine, SUSE.
const SPOOLS: [&str; 3] = [
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/var/spool/cron/tabs",
];

/// Folders of scripts.
const SCRIPTS: [(&str, &str); 9] = [
    ("/etc/cron.hourly", "hourly"),
    ("/etc/cron.daily", "daily"),
    ("/etc/cron.weekly", "weekly"),
    ("/etc/cron.monthly", "monthly"),
    ("/etc/periodic/15min", "15min"),
    ("/etc/periodic/hourly", "hourly"),
    ("/etc/periodic/daily", "daily"),
    ("/etc/periodic/weekly", "weekly"),
    ("/etc/periodic/monthly", "monthly"),
];

/// Distributions on which a name with a dot in it is skipped.
const STRICT: [&str; 2] = ["/etc/debian_version", "/etc/alpine-release"];

/// Endings that the others skip: what editors and package managers leave behind.
const LEFT_BEHIND: [&str; 8] = [
    "~", ",", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved", ",v",
];

pub(super) fn wakes() -> Vec<Wake> {
    let files = [SYSTEM, FRAGMENTS, ANACRON].into_iter();
    let scripts = SCRIPTS.into_iter().map(|(folder, _)| folder);
    files.chain(SPOOLS).chain(scripts).map(Wake::path).collect()
}

/// What was read so far.
#[derive(Debug, Default)]
struct Rows {
    rows: BTreeMap<String, Value>,
    /// How often a line was there, by the key of the first.
    times: BTreeMap<String, u64>,
}

pub(super) fn rows(host: &Host) -> Result<BTreeMap<String, Value>, Stale> {
    let is_strict = STRICT.iter().any(|path| host.resolve(path).is_ok());
    let mut rows = Rows::default();
    table(host, SYSTEM, Table::System, &mut rows)?;
    for name in names(host, FRAGMENTS)? {
        if counts(&name, is_strict) {
            table(
                host,
                &format!("{FRAGMENTS}/{name}"),
                Table::System,
                &mut rows,
            )?;
        }
    }
    for folder in SPOOLS {
        for name in names(host, folder)? {
            // What is being edited.
            if !name.starts_with(['.', '#']) && !name.starts_with("tmp.") {
                table(
                    host,
                    &format!("{folder}/{name}"),
                    Table::User(&name),
                    &mut rows,
                )?;
            }
        }
    }
    table(host, ANACRON, Table::Anacron, &mut rows)?;
    for (folder, schedule) in SCRIPTS {
        for name in names(host, folder)? {
            let file = format!("{folder}/{name}");
            if let Some(may_run) = is_executable(host, &file)? {
                let value = Value::RunParts {
                    file: file.clone(),
                    schedule: schedule.into(),
                    runs: may_run && counts(&name, is_strict),
                };
                rows.insert(format!("run-parts:{file}"), value);
            }
        }
    }
    Ok(rows.rows)
}

fn table(host: &Host, file: &str, table: Table<'_>, rows: &mut Rows) -> Result<(), Stale> {
    let text = match host.read_text(file, MAX_FILE) {
        Err(error) if error.is_absent() => return Ok(()),
        Err(HostError::NotAFile { .. }) => return Ok(()),
        read => read?,
    };
    for entry in crontab::entries(&text, table) {
        if rows.rows.len() == MAX_ROWS {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("more than {MAX_ROWS} timers up to {file}"),
            });
        }
        let stem = match &entry.identifier {
            Some(identifier) => format!("anacron:{identifier}"),
            None => format!(
                "cron:{file} {} {}",
                entry.schedule,
                &entry.command_sha256[..12]
            ),
        };
        rows.insert(stem, value(file, entry, table == Table::Anacron));
    }
    Ok(())
}

impl Rows {
    /// Of equal lines each is run.
    fn insert(&mut self, stem: String, value: Value) {
        let times = self.times.entry(stem.clone()).or_default();
        *times += 1;
        let key = match *times {
            1 => stem,
            times => format!("{stem} {times}"),
        };
        self.rows.insert(key, value);
    }
}

fn value(file: &str, entry: Entry, is_anacron: bool) -> Value {
    let told = |text: String| probe::clipped(&text, MAX_TEXT).into_owned();
    let job = Job {
        file: file.to_owned(),
        schedule: told(entry.schedule),
        user: told(entry.user),
        program: entry.program.map(told),
        command_sha256: entry.command_sha256,
        shell: entry.environment.shell.map(told),
        path: entry.environment.path.map(told),
        mailto: entry.environment.mailto.map(told),
    };
    if is_anacron {
        Value::Anacron(job)
    } else {
        Value::Cron(job)
    }
}

/// Whether a file of this name in a folder of cron's is read or run at all.
fn counts(name: &str, is_strict: bool) -> bool {
    if is_strict {
        name.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    } else {
        let is_left = LEFT_BEHIND.iter().any(|ending| name.ends_with(ending));
        !is_left && !name.starts_with(['.', '#'])
    }
}

/// `None` of what is no file.
fn is_executable(host: &Host, file: &str) -> Result<Option<bool>, HostError> {
    let opened = match host.open(file) {
        Err(error) if error.is_absent() => return Ok(None),
        Err(HostError::NotAFile { .. }) => return Ok(None),
        opened => opened?,
    };
    let about = opened.metadata().map_err(|source| HostError::Read {
        path: file.into(),
        source,
    })?;
    Ok(Some(about.permissions().mode() & 0o111 != 0))
}

fn names(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    let names = match host.list(folder) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        listed => listed?,
    };
    let names = names.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_by_the_rule_of_the_family() {
        for (name, strict, lenient) in [
            ("logrotate", true, true),
            ("0hourly", true, true),
            ("my.script", false, true),
            ("x.rpmsave", false, false),
            ("x~", false, false),
            (".placeholder", false, false),
        ] {
            assert_eq!(
                (counts(name, true), counts(name, false)),
                (strict, lenient),
                "{name}"
            );
        }
    }
}
