//! The distribution, the kernel and the boot: one fact, key `os`.
//!
//! Nothing in it moves while the host stands still: the boot is an instant, not an uptime.

use nix::sys::utsname::uname;
use procfs::{FromReadSI as _, KernelStats, current_system_info};
use std::time::Duration;

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::{Host, HostError},
    probe::{self, Probe, Wake},
};

/// The parser of os-release.
pub mod release;

/// Reads kind `os`.
#[derive(Debug, Clone, Copy)]
pub struct Os;

/// No file read here is larger than a page or two.
const MAX_FILE: u64 = 64 * 1024;

/// The value of the fact.
#[derive(Debug, Serialize)]
struct Value {
    /// The kernel's host name; of a tree, what `/etc/hostname` would make it.
    hostname: Option<String>,
    /// `ID` of os-release: `debian`, `rhel`. As the standard says, `linux` where the file does not
    /// say; `None` where there is no file.
    id: Option<String>,
    /// `ID_LIKE`, in the file's order: the closest relative first.
    id_like: Vec<String>,
    /// `NAME`.
    name: Option<String>,
    /// `VERSION_ID`: `12`, `9.4`. `None` for rolling distributions.
    version: Option<String>,
    /// `VERSION_CODENAME`.
    codename: Option<String>,
    /// `PRETTY_NAME`.
    pretty_name: Option<String>,
    /// `/proc/sys/kernel/osrelease`: `6.1.0-18-amd64`. `None` of a tree.
    kernel: Option<String>,
    /// What `uname -m` says: `x86_64`, `aarch64`. `None` of a tree.
    architecture: Option<String>,
    /// `/proc/sys/kernel/random/boot_id`: changes with each boot. `None` of a tree.
    boot_id: Option<String>,
    /// Seconds since the Unix epoch, `btime` of `/proc/stat`. The kernel derives it once and moves
    /// it only when the clock is stepped. `None` of a tree.
    boot_time: Option<i64>,
    /// The zone's name, `Europe/Berlin`: where `/etc/localtime` leads, or else `/etc/timezone`.
    /// `None` where neither is there, which means UTC.
    timezone: Option<String>,
}

impl Probe for Os {
    fn kind(&self) -> &'static str {
        "os"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/etc/os-release",
            "/usr/lib/os-release",
            "/etc/hostname",
            "/etc/localtime",
            "/etc/timezone",
            "/proc/sys/kernel/hostname",
            "/proc/sys/kernel/osrelease",
            "/proc/sys/kernel/random/boot_id",
            "/proc/stat",
            "uname(2)",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        vec![
            Wake::path("/etc/os-release"),
            Wake::path("/etc/hostname"),
            Wake::path("/etc/localtime"),
            Wake::Every(Duration::from_secs(60)),
        ]
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let release = match text(host, "/etc/os-release")? {
            Some(text) => Some(text),
            None => text(host, "/usr/lib/os-release")?,
        };
        let has_release = release.is_some();
        let mut release = release::parse(&release.unwrap_or_default());
        let hostname = match word(host, "/proc/sys/kernel/hostname")? {
            Some(name) => Some(name),
            None => word(host, "/etc/hostname")?,
        };
        let value = Value {
            hostname,
            id: release
                .remove("ID")
                .or_else(|| has_release.then(|| "linux".into())),
            id_like: release
                .remove("ID_LIKE")
                .map(|ids| ids.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            name: release.remove("NAME"),
            version: release.remove("VERSION_ID"),
            codename: release.remove("VERSION_CODENAME"),
            pretty_name: release.remove("PRETTY_NAME"),
            kernel: word(host, "/proc/sys/kernel/osrelease")?,
            architecture: architecture(host),
            boot_id: word(host, "/proc/sys/kernel/random/boot_id")?,
            boot_time: boot_time(host)?,
            timezone: timezone(host)?,
        };
        Ok(vec![probe::fact(self.kind(), "os", &value)?])
    }
}

/// The text of a file, `None` where there is none.
fn text(host: &Host, path: &str) -> Result<Option<String>, HostError> {
    match host.read_text(path, MAX_FILE) {
        Err(error) if error.is_absent() => Ok(None),
        read => read.map(Some),
    }
}

/// The first line of a file, without white space around it; `None` where it is empty or absent.
fn word(host: &Host, path: &str) -> Result<Option<String>, HostError> {
    let text = text(host, path)?.unwrap_or_default();
    let word = text.lines().next().unwrap_or_default().trim();
    Ok((!word.is_empty()).then(|| word.to_owned()))
}

fn architecture(host: &Host) -> Option<String> {
    let name = host.is_live().then(|| uname().ok()).flatten()?;
    Some(name.machine().to_string_lossy().into_owned())
}

fn boot_time(host: &Host) -> Result<Option<i64>, HostError> {
    // One number for each interrupt line of each processor: long on large machines.
    let stat = match host.read("/proc/stat", 16 << 20) {
        Err(error) if error.is_absent() => return Ok(None),
        read => read?,
    };
    let stat = KernelStats::from_read(&stat[..], current_system_info()).ok();
    Ok(stat.and_then(|stat| stat.btime.try_into().ok()))
}

fn timezone(host: &Host) -> Result<Option<String>, HostError> {
    let linked = host.read_link("/etc/localtime").ok().and_then(|target| {
        let target = target.to_string_lossy().into_owned();
        let (_, zone) = target.split_once("zoneinfo/")?;
        Some(zone.to_owned())
    });
    match linked {
        Some(zone) => Ok(Some(zone)),
        None => word(host, "/etc/timezone"),
    }
}

#[cfg(test)]
mod tests;
