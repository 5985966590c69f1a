//! What waits for a restart: the machine, and programs that still run code which is no longer on
//! disk.
//!
//! Of a program only its name (`comm`) and the names of replaced libraries of the system are told;
//! never its arguments, and never a file outside the system's folders.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use super::KIND;
use crate::{
    host::{Host, HostError},
    probe::{self, package},
};

/// Made by what wants a restart on Debian and Ubuntu, and the packages that did.
const FLAG: &str = "/run/reboot-required";
const FLAG_PACKAGES: &str = "/run/reboot-required.pkgs";

/// Made on SUSE.
const SUSE_FLAG: &str = "/run/reboot-needed";

/// The scripts that make the first flag when a kernel is installed; without them, that there is no
/// flag says nothing.
const FLAG_MAKERS: [&str; 2] = [
    "/etc/kernel/postinst.d/unattended-upgrades",
    "/etc/kernel/postinst.d/update-notifier",
];

/// Packages of rpm that only a restart brings into use: dnf's list (`needs-restarting -r`) and
/// zypper's (`/etc/zypp/needreboot`).
const NEED_REBOOT: [&str; 16] = [
    "dbus",
    "dbus-1",
    "dbus-broker",
    "dbus-daemon",
    "glibc",
    "kernel",
    "kernel-core",
    "kernel-default",
    "kernel-firmware",
    "kernel-rt",
    "linux-firmware",
    "microcode_ctl",
    "systemd",
    "ucode-amd",
    "ucode-intel",
    "udev",
];

/// Where code is that packages bring.
const SYSTEM: [&str; 5] = ["/usr/", "/lib", "/bin/", "/sbin/", "/opt/"];

/// The largest file that is read; the maps of a large program have some MiB.
const MAX_FILE: u64 = 16 << 20;

/// Most libraries that are told of one program.
const MAX_LIBRARIES: usize = 64;

/// Most programs that are told. Names are theirs to choose, and anybody can start many.
const MAX_PROGRAMS: usize = 1000;

/// Most processes that are looked at, each for some tens of microseconds.
const MAX_PROCESSES: usize = 20_000;

/// The value of `@reboot`.
#[derive(Debug, Serialize)]
struct Reboot {
    /// Whether the machine should be restarted. `None` where nothing would say so.
    required: Option<bool>,
    /// The packages that want it, as far as they are known. Sorted.
    packages: BTreeSet<String>,
}

/// The value of `@restart`: whether the rows `@restart …` are all.
#[derive(Debug, Serialize)]
struct Seen {
    /// Whether every program could be looked at. Without the right to, only the agent's own are.
    complete: bool,
}

/// The value of `@restart …`.
#[derive(Debug, Serialize)]
struct Program<'a> {
    /// File names without their folders. Sorted; at most 64.
    replaced: &'a BTreeSet<String>,
}

/// Appends the rows.
pub(super) fn read(host: &Host, facts: &mut Vec<Fact>) -> Result<(), Stale> {
    facts.push(probe::fact(KIND, "@reboot", &reboot(host)?)?);
    if host.is_live() {
        programs(host, facts)?;
    }
    Ok(())
}

fn reboot(host: &Host) -> Result<Reboot, Stale> {
    let is_there = |path: &str| match host.resolve(path) {
        Err(error) if error.is_absent() => Ok(false),
        found => found.map(|_| true),
    };
    let mut packages = BTreeSet::new();
    if is_there(FLAG)? || is_there(SUSE_FLAG)? {
        match host.read_text(FLAG_PACKAGES, MAX_FILE) {
            Err(error) if error.is_absent() => {}
            read => packages.extend(read?.lines().map(|line| line.trim().to_owned())),
        }
        packages.remove("");
        return Ok(Reboot {
            required: Some(true),
            packages,
        });
    }
    let Some(installed) = installed_at(host)? else {
        let told = is_there(FLAG_MAKERS[0])? || is_there(FLAG_MAKERS[1])?;
        return Ok(Reboot {
            required: told.then_some(false),
            packages,
        });
    };
    let Some(booted_at) = booted_at(host)? else {
        return Ok(Reboot {
            required: None,
            packages,
        });
    };
    let newer = installed.into_iter().filter(|(_, at)| *at > booted_at);
    packages.extend(newer.map(|(name, _)| name));
    Ok(Reboot {
        required: Some(!packages.is_empty()),
        packages,
    })
}

/// The packages that need a restart, with when they were installed; `None` where rpm has none.
fn installed_at(host: &Host) -> Result<Option<Vec<(String, i64)>>, Stale> {
    let mut names: BTreeSet<String> = NEED_REBOOT.map(str::to_owned).into();
    match host.read_text("/etc/zypp/needreboot", MAX_FILE) {
        Err(error) if error.is_absent() => {}
        read => names.extend(
            read?
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with('#') && !line.contains(':'))
                .map(str::to_owned),
        ),
    }
    let rows = package::rpm::collect(host, |header| {
        let at = header.installed_at.map_or(0, i64::from);
        Ok((header.name.to_string(), at))
    })?;
    Ok(rows.filter(|rows| !rows.is_empty()).map(|mut rows| {
        rows.retain(|(name, _)| names.contains(name));
        rows
    }))
}

/// Seconds since the Unix epoch; `None` of a tree that does not record it.
fn booted_at(host: &Host) -> Result<Option<i64>, Stale> {
    let text = match host.read_text("/proc/stat", MAX_FILE) {
        Err(error) if error.is_absent() => return Ok(None),
        read => read?,
    };
    let line = text.lines().find_map(|line| line.strip_prefix("btime "));
    Ok(line.and_then(|seconds| seconds.trim().parse().ok()))
}

/// Programs that run replaced code.
fn programs(host: &Host, facts: &mut Vec<Fact>) -> Result<(), Stale> {
    let mut programs = BTreeMap::<String, BTreeSet<String>>::new();
    let names = host.list("/proc")?;
    // Where processes of others are hidden, the first one is too.
    let first = names.iter().any(|name| name == "1");
    let mut complete = first && names.len() <= MAX_PROCESSES;
    for name in names.into_iter().take(MAX_PROCESSES) {
        let Some(process) = name
            .to_str()
            .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
        else {
            continue;
        };
        let maps = match host.read_text(format!("/proc/{process}/maps"), MAX_FILE) {
            Ok(maps) => maps,
            Err(error) => {
                complete &= ended(&error);
                continue;
            }
        };
        let replaced: BTreeSet<_> = maps.lines().filter_map(replaced).collect();
        if replaced.is_empty() {
            continue;
        }
        // One that ended meanwhile waits for nothing.
        let Ok(comm) = host.read_text(format!("/proc/{process}/comm"), MAX_FILE) else {
            continue;
        };
        if programs.len() == MAX_PROGRAMS {
            complete = false;
            break;
        }
        let known = programs
            .entry(comm.trim_end_matches('\n').to_owned())
            .or_default();
        known.extend(replaced.into_iter().map(str::to_owned));
        while known.len() > MAX_LIBRARIES {
            known.pop_last();
        }
    }
    facts.push(probe::fact(KIND, "@restart", &Seen { complete })?);
    for (comm, replaced) in &programs {
        let key = format!("@restart {comm}");
        facts.push(probe::fact(KIND, &key, &Program { replaced })?);
    }
    Ok(())
}

/// Whether a process could not be read because there is none any more.
fn ended(error: &HostError) -> bool {
    error.is_absent()
        || matches!(error, HostError::Read { source, .. } if source.raw_os_error() == Some(nix::libc::ESRCH))
}

/// The file name of a mapping of code that is no longer on disk; `None` of all other lines.
pub fn replaced(line: &str) -> Option<&str> {
    // Address, rights, offset, device, inode, path; only the path can hold white space.
    let mut fields = line.splitn(6, ' ');
    let rights = fields.nth(1)?;
    let path = fields.nth(3)?.trim_start().strip_suffix(" (deleted)")?;
    let code = rights.contains('x') && SYSTEM.iter().any(|folder| path.starts_with(folder));
    code.then(|| path.rsplit('/').next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead as _, BufReader},
        os::unix::process::CommandExt as _,
        process::{Command, Stdio},
    };

    use nix::{sys::signal, unistd::Pid};

    use super::*;
    use crate::probe::live;

    /// In a mount namespace of its own, where there is room in a folder of the system.
    const WAITS: &str = "mount -t tmpfs none /opt || exit 1
        cp \"$(command -v sleep)\" /opt/waits-for-it
        /opt/waits-for-it 300 &
        until grep -q waits-for-it /proc/$!/comm; do kill -0 $! || exit 1; done
        rm /opt/waits-for-it
        echo ready
        wait";

    #[test]
    fn a_program_whose_file_is_gone_waits_for_a_restart() {
        let started = Command::new("unshare")
            .args(["--mount", "sh", "-c", WAITS])
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            eprintln!("skipped: there is no unshare");
            return;
        };
        let mut said = String::new();
        let _ = BufReader::new(child.stdout.take().unwrap()).read_line(&mut said);
        let mut facts = Vec::new();
        let read = programs(&live::host(), &mut facts);
        let group = Pid::from_raw(child.id().cast_signed());
        let _ = signal::killpg(group, signal::Signal::SIGKILL);
        child.wait().unwrap();
        if said.is_empty() {
            eprintln!("skipped: no mount namespace may be made here");
            return;
        }
        read.unwrap();
        let row = facts
            .iter()
            .find(|fact| fact.key == "@restart waits-for-it");
        assert_eq!(row.unwrap().value, r#"{"replaced":["waits-for-it"]}"#);
        assert!(facts.iter().any(|fact| fact.key == "@restart"));
    }

    #[test]
    fn only_replaced_code_of_the_system_is_named() {
        let code = "7f01-7f02 r-xp 00000000 fe:01 1234                       ";
        let data = "7f01-7f02 rw-p 00000000 fe:01 1234 ";
        for (line, expected) in [
            (
                format!("{code}/usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)"),
                Some("libssl.so.3"),
            ),
            (format!("{code}/usr/sbin/sshd (deleted)"), Some("sshd")),
            (format!("{code}/usr/lib/libssl.so.3"), None),
            (format!("{data}/usr/lib/libssl.so.3 (deleted)"), None),
            (format!("{code}/home/ann/secret (deleted)"), None),
            (format!("{code}/memfd:x (deleted)"), None),
            (code.to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(replaced(&line), expected, "{line}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("proc-modules", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.lines().filter_map(replaced).for_each(drop);
        });
    }
}
