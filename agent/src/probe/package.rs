//! Installed packages, of dpkg and of rpm; a host that has both databases has the rows of both.
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
    /// Whose database names it: `dpkg` or `rpm`.
    manager: &'static str,
    name: &'a str,
    /// The version that the manager compares: `[epoch:]version-release` of rpm, what `Version`
    /// says of dpkg. `None` where dpkg knows none.
    version: Option<&'a str>,
    /// `amd64`, `x86_64`, `all`, `noarch`. `None` of rpm's `gpg-pubkey` rows.
    architecture: Option<&'a str>,
    /// What it was built from: the source package's name of dpkg, the source RPM's file name of
    /// rpm. `None` where rpm does not say.
    source: Option<&'a str>,
    /// The version of the source package. `None` of rpm, whose `source` holds it.
    source_version: Option<&'a str>,
    /// Who built it, in rpm's words. `None` of dpkg.
    vendor: Option<&'a str>,
    /// What is wanted of it, in dpkg's words: `install`, `hold`, `deinstall`, `purge`, `unknown`.
    /// `None` of rpm.
    want: Option<&'a str>,
    /// What it is, in dpkg's words: `installed`, `config-files` (removed, its configuration left),
    /// `unpacked`, … Always `installed` of rpm.
    status: &'a str,
    /// Whether dpkg wants it installed again, because an attempt broke off.
    reinstall_required: bool,
    /// Size of the installed files, bytes, as the builder counted them (dpkg: in KiB).
    installed_bytes: Option<u64>,
    /// When it was installed, seconds since the Unix epoch. `None` of dpkg, which does not record
    /// it.
    installed_at: Option<u32>,
}

impl Probe for Packages {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "/var/lib/dpkg/status",
            "/var/lib/dpkg/updates/*",
            "/usr/lib/sysimage/rpm/rpmdb.sqlite",
            "/var/lib/rpm/rpmdb.sqlite",
        ]
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        [
            "/var/lib/dpkg",
            "/var/lib/dpkg/updates",
            "/usr/lib/sysimage/rpm",
            "/var/lib/rpm",
        ]
        .map(Wake::path)
        .into()
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let mut facts = Vec::new();
        let dpkg = dpkg::read(host, &mut facts)?;
        let rpm = rpm::read(host, &mut facts)?;
        if dpkg || rpm {
            Ok(facts)
        } else {
            Err(probe::unavailable(
                "no database of dpkg or rpm on this host",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
