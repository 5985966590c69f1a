//! Installed packages, of dpkg, rpm and apk; a host that has several databases has the rows of all.
//!
//! The databases are read, never the package manager run: it would take locks and execute code.
//! A database that is there and cannot be read makes the whole kind stale, whatever the other one
//! says: "not installed" is what a rule would make of rows that are missing.

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake},
};

/// apk's database.
pub mod apk;

/// dpkg's status file.
pub mod dpkg;

/// rpm's database.
pub mod rpm;

/// Reads kind `package`.
#[derive(Debug, Clone, Copy)]
pub struct Packages;

const KIND: &str = "package";

/// The value of one fact.
#[derive(Debug, Serialize)]
struct Package<'a> {
    /// Whose database names it: `dpkg`, `rpm` or `apk`.
    manager: &'static str,
    name: &'a str,
    /// The version that the manager compares: `[epoch:]version-release` of rpm, what `Version`
    /// says of dpkg and `V` of apk. `None` where dpkg knows none.
    version: Option<&'a str>,
    /// `amd64`, `x86_64`, `all`, `noarch`. `None` of rpm's `gpg-pubkey` rows.
    architecture: Option<&'a str>,
    /// What it was built from: the source package's name of dpkg and apk, the source RPM's file
    /// name of rpm. `None` where the manager does not say.
    source: Option<&'a str>,
    /// The version of the source package. `None` of rpm, whose `source` holds it, and of apk.
    source_version: Option<&'a str>,
    /// Who built it, in rpm's words. `None` of dpkg and apk.
    vendor: Option<&'a str>,
    /// The module that it belongs to, `name:stream:version:context`. `None` but of RHEL 8 and 9.
    module: Option<&'a str>,
    /// The repository that it was installed from, where the manager records it: dnf does, and apk of
    /// packages that are pinned to one. `None` of dpkg and zypper, which do not, and of what was
    /// there before the record begins.
    repository: Option<&'a str>,
    /// What is wanted of it, in dpkg's words: `install`, `hold`, `deinstall`, `purge`, `unknown`.
    /// `None` of rpm and apk.
    want: Option<&'a str>,
    /// What it is, in dpkg's words: `installed`, `config-files` (removed, its configuration left),
    /// `unpacked`, … Always `installed` of rpm and apk.
    status: &'a str,
    /// Whether dpkg wants it installed again, because an attempt broke off; of apk, whether files
    /// or scripts of it failed.
    reinstall_required: bool,
    /// Size of the installed files, bytes, as the builder counted them (dpkg: in KiB).
    installed_bytes: Option<u64>,
    /// When it was installed or last upgraded, seconds since the Unix epoch: what rpm records, the
    /// time of dpkg's list of the package's files. `None` where nothing tells.
    installed_at: Option<i64>,
}

impl Probe for Packages {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/var/lib/dpkg/status",
            "/var/lib/dpkg/status.d/*",
            "/var/lib/dpkg/updates/*",
            "/var/lib/dpkg/info/*.list (their times only)",
            "/usr/lib/sysimage/rpm/rpmdb.sqlite",
            "/usr/lib/sysimage/rpm/Packages.db",
            "/usr/lib/sysimage/rpm/Packages",
            "/usr/lib/sysimage/rpm/.rpm.lock",
            "/var/lib/rpm/rpmdb.sqlite",
            "/var/lib/rpm/Packages.db",
            "/var/lib/rpm/Packages",
            "/var/lib/rpm/.rpm.lock",
            "/var/lib/dnf/history.sqlite (packages and their repositories, no command lines)",
            "/usr/lib/sysimage/libdnf5/nevras.toml",
            "/lib/apk/db/installed",
            "/usr/lib/apk/db/installed",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        [
            "/var/lib/dpkg",
            "/var/lib/dpkg/updates",
            "/usr/lib/sysimage/rpm",
            "/var/lib/rpm",
            "/lib/apk/db/installed",
            "/usr/lib/apk/db/installed",
        ]
        .map(Wake::path)
        .into()
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let mut facts = Vec::new();
        let dpkg = dpkg::read(host, &mut facts)?;
        let rpm = rpm::read(host, &mut facts)?;
        let apk = apk::read(host, &mut facts)?;
        if dpkg || rpm || apk {
            Ok(facts)
        } else {
            Err(probe::unavailable(
                "no database of dpkg, rpm or apk on this host",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
