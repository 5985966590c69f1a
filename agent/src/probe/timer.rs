//! What the host starts by the clock: the tables of cron and anacron, the folders of scripts that
//! they run, and systemd's timers. Read from files, so that a tree has them too; not told is when
//! something ran last or will run next, which moves by itself.
//!
//! Commands of cron hold passwords. Of a command only the program is told, and a SHA-256 of the
//! whole, so that a change is seen.

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake},
};

/// The parser of cron's tables.
pub mod crontab;

/// Which files cron and anacron read.
mod cron;

/// The parser of systemd's unit files.
pub mod unit;

/// Which files systemd loads timers from.
mod systemd;

/// Reads kind `timer`.
#[derive(Debug, Clone, Copy)]
pub struct Timers;

/// The value of one fact, by what runs it. The key begins with that: `cron:`, `anacron:`,
/// `run-parts:`, `systemd:`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
enum Value {
    /// A line of a table. The key ends in the file and a hash of the line, so that another line
    /// before it changes nothing.
    Cron(Job),
    /// A line of `/etc/anacrontab`; its key ends in its identifier.
    Anacron(Job),
    /// A script in a folder that is run whole: `/etc/cron.daily`.
    RunParts {
        file: String,
        /// `hourly`, `daily`, `weekly`, `monthly`, `15min`.
        schedule: String,
        /// Whether it is: its name is one that is not skipped, and it may be executed.
        runs: bool,
    },
    /// A timer of systemd. The key ends in its name.
    Systemd(systemd::Timer),
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Job {
    file: String,
    /// `*/5 * * * *`, `@reboot`; of anacron the days or `@monthly`.
    schedule: String,
    user: String,
    /// The first word of the command: where it is no plain word, `None`.
    program: Option<String>,
    /// Of the whole command, in hexadecimal.
    command_sha256: String,
    /// The program that reads the command. `None`: `/bin/sh`.
    shell: Option<String>,
    /// Where programs are looked for. `None`: cron's own idea.
    path: Option<String>,
    /// Who is sent what it prints; empty: nobody. `None`: the user.
    mailto: Option<String>,
}

impl Probe for Timers {
    fn kind(&self) -> &'static str {
        "timer"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/etc (whether it is there)",
            "/etc/crontab",
            "/etc/cron.d/*",
            "/etc/anacrontab",
            "/etc/cron.{hourly,daily,weekly,monthly}/* (names and modes)",
            "/etc/periodic/{15min,hourly,daily,weekly,monthly}/* (names and modes)",
            "/var/spool/cron/*",
            "/var/spool/cron/crontabs/*",
            "/var/spool/cron/tabs/*",
            "/etc/debian_version, /etc/alpine-release (whether they are there)",
            "/{etc,run,usr/local/lib,usr/lib,lib}/systemd/system/{*.timer,*.timer.d/*.conf,*.wants/*.timer,*.requires/*.timer}",
            "/{etc,run}/systemd/{system.control,system.attached,transient}/{*.timer,*.timer.d/*.conf,*.wants/*.timer,*.requires/*.timer}",
            "/run/systemd/{generator,generator.early,generator.late}/{*.timer,*.timer.d/*.conf,*.wants/*.timer,*.requires/*.timer}",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let mut wakes = cron::wakes();
        wakes.extend(systemd::wakes(host));
        wakes
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        match host.list("/etc") {
            Err(error) if error.is_absent() => {
                return Err(probe::unavailable("no /etc is there"));
            }
            listed => listed.map(drop)?,
        }
        let mut rows = cron::rows(host)?;
        rows.extend(systemd::rows(host)?);
        rows.iter()
            .map(|(key, value)| probe::fact(self.kind(), key, value))
            .collect()
    }
}

#[cfg(test)]
mod tests;
