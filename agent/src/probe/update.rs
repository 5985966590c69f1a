//! Updates that are available, by what the package managers have already fetched, and what waits for
//! a restart. Nothing is fetched, and no package manager is run.
//!
//! Rows of four sorts, told apart by their keys, since no package's name begins with `@`:
//!
//! - `name:architecture` of dpkg, `name.architecture` of rpm: an installed package of which a newer
//!   version would be taken. No row: none is known of.
//! - `@source …`: each source of that knowledge, when it was published and when it was last asked.
//!   "No updates" is worth as much as these rows are young.
//! - `@reboot`: whether the machine waits for a restart.
//! - `@restart …`: a program that still runs code which has been replaced on disk.
//!
//! Dependencies are not solved: an update that the manager would hold back because of another
//! package is told nevertheless, as `apt list --upgradable` does. Packages that replace others
//! under a new name are not told.

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake},
};

/// What apt has fetched.
pub mod apt;

/// Patterns of names.
pub mod glob;

/// Compressed files.
pub mod packed;

/// What waits for a restart.
pub mod restart;

/// What dnf and zypper have fetched.
pub mod rpm;

/// Reads kind `update`.
#[derive(Debug, Clone, Copy)]
pub struct Updates;

const KIND: &str = "update";

/// How often it is read without an event: a restart of a program makes none.
const EVERY: std::time::Duration = std::time::Duration::from_secs(6 * 3600);

/// One package with a newer version: the value of its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Update {
    /// Who would install it: `apt`, `dnf`, `zypper`.
    manager: &'static str,
    name: String,
    /// Of the installed package.
    architecture: String,
    installed: String,
    /// The version that would be taken.
    available: String,
    /// Where that is from: `Debian/bookworm-security` of apt, the repository's name otherwise.
    origin: Option<String>,
    /// Whether this version, or one between it and the installed one, mends a vulnerability, as
    /// its source says.
    security: bool,
    /// Identifiers of what the versions from the installed one on mend, as the source calls them.
    /// apt's sources name none. Sorted; at most 64.
    advisories: Vec<String>,
    /// Whether the administrator ruled it out: held, locked.
    held: bool,
    /// Of Ubuntu's gradual updates, how many machines of a hundred are offered it by now. Whether
    /// this one is among them is not known. `None` where all are.
    phased_percent: Option<u8>,
}

impl Update {
    fn fact(&self) -> Result<Fact, Stale> {
        let mark = if self.manager == "apt" { ':' } else { '.' };
        let key = format!("{}{mark}{}", self.name, self.architecture);
        probe::fact(KIND, &key, self)
    }
}

/// One source of what is known: the value of a row `@source …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Source {
    manager: &'static str,
    /// The repository's name; of apt, its address as the names of the lists spell it.
    source: String,
    origin: Option<String>,
    suite: Option<String>,
    /// When what is known was published, seconds since the Unix epoch. `None` where it does not
    /// say.
    published_at: Option<i64>,
    /// Until when it may be believed. `None` where it does not say.
    valid_until: Option<i64>,
    /// When it was last asked for what is new, as far as files tell. `None`: never, so that nothing
    /// is known of what it has.
    checked_at: Option<i64>,
}

impl Source {
    fn fact(&self) -> Result<Fact, Stale> {
        probe::fact(KIND, &format!("@source {}", self.source), self)
    }
}

/// What one package manager's files say.
#[derive(Debug, Default)]
struct Known {
    updates: Vec<Update>,
    sources: Vec<Source>,
}

impl Probe for Updates {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/var/lib/dpkg/status",
            "/var/lib/dpkg/status.d/*",
            "/var/lib/dpkg/updates/*",
            "/var/lib/dpkg/arch",
            "/var/lib/apt/lists/*_Packages*",
            "/var/lib/apt/lists/*Release",
            "/var/lib/apt/lists/partial (its time only)",
            "/var/lib/apt/periodic/*stamp (their times only)",
            "/etc/apt/preferences",
            "/etc/apt/preferences.d/*",
            "/etc/apt/apt.conf (APT::Default-Release only)",
            "/etc/apt/apt.conf.d/* (APT::Default-Release only)",
            "/etc/kernel/postinst.d/unattended-upgrades (whether it is there)",
            "/etc/kernel/postinst.d/update-notifier (whether it is there)",
            "/usr/lib/sysimage/rpm/rpmdb.sqlite",
            "/usr/lib/sysimage/rpm/Packages.db",
            "/usr/lib/sysimage/rpm/Packages",
            "/usr/lib/sysimage/rpm/.rpm.lock",
            "/var/lib/rpm/rpmdb.sqlite",
            "/var/lib/rpm/Packages.db",
            "/var/lib/rpm/Packages",
            "/var/lib/rpm/.rpm.lock",
            "/etc/dnf/dnf.conf (what is excluded)",
            "/etc/yum.conf (what is excluded)",
            "/etc/yum.repos.d/*.repo (names and switches)",
            "/etc/zypp/repos.d/*.repo (names and switches)",
            "/etc/distro.repos.d/*.repo (names and switches)",
            "/etc/dnf/plugins/versionlock.list",
            "/etc/zypp/locks",
            "/etc/zypp/needreboot",
            "/var/cache/dnf",
            "/var/cache/dnf/*/repodata/*",
            "/var/cache/libdnf5/*/repodata/*",
            "/var/cache/zypp/raw/*/repodata/*",
            "/run/reboot-required",
            "/run/reboot-required.pkgs",
            "/run/reboot-needed",
            "/proc/stat",
            "/proc/*/comm",
            "/proc/*/maps (names of replaced libraries)",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let mut wakes: Vec<_> = [
            "/var/lib/apt/lists",
            "/var/lib/dpkg/status",
            "/etc/apt/preferences",
            "/etc/apt/preferences.d",
            "/var/lib/rpm",
            "/usr/lib/sysimage/rpm",
            "/etc/yum.repos.d",
            "/etc/zypp/repos.d",
            "/etc/dnf/plugins/versionlock.list",
            "/etc/zypp/locks",
            "/run/reboot-required",
            "/run/reboot-needed",
        ]
        .map(Wake::path)
        .into();
        wakes.extend(rpm::cache::folders(host).into_iter().map(Wake::Path));
        wakes.push(Wake::Every(EVERY));
        wakes
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let (apt, rpm) = (apt::read(host)?, rpm::read(host)?);
        if apt.is_none() && rpm.is_none() {
            return Err(probe::unavailable(
                "no database of dpkg or rpm on this host: updates are read of apt, dnf and zypper",
            ));
        }
        let mut facts = Vec::new();
        for known in [apt, rpm].into_iter().flatten() {
            for update in &known.updates {
                facts.push(update.fact()?);
            }
            for source in &known.sources {
                facts.push(source.fact()?);
            }
        }
        restart::read(host, &mut facts)?;
        Ok(facts)
    }
}

#[cfg(test)]
mod tests;
