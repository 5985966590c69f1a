//! What is installed, started and mounted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Missing, Presence};

/// Packages, by any of the names that distributions give them.
///
/// Read are the databases of dpkg, rpm or apk. Names are whole. A package that was removed and left
/// its settings is not there. Where there is no database it is an `error` and never a pass.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub names: Vec<String>,
    /// One must be, or none may be.
    pub must: Presence,
}

/// A unit of systemd, by any of the names that distributions give it.
///
/// Of several names one must be on; all must be off. Enabled is what starts without anybody asking:
/// what an administrator enabled, what a generator made, what another unit wants, whatever its file
/// is called for (a `static` unit that nobody wants is not). Of a tree the unit files decide, and
/// where only `active` is asked it is `not_assessable`; on the running machine a unit of which
/// systemd does not tell whether it runs is an `error`. A unit that is not there is neither enabled
/// nor active, unless `missing` says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Without `.service`.
    pub names: Vec<String>,
    /// Whether it is started at boot, or by others.
    pub enabled: Option<bool>,
    /// Whether it runs. Asked of the running machine alone.
    pub active: Option<bool>,
    /// Where no such unit is: by default as if it were neither enabled nor active.
    pub missing: Option<Missing>,
}

/// A mount point, in the table of mounts and in `/etc/fstab`.
///
/// An option must be in both, where the point is in both: one that only fstab has is not in force,
/// one that only the mount has is gone with the next boot. `mode` is met by `mode=1777`, `mode=1777`
/// by itself alone. Of a tree fstab decides.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    pub point: String,
    /// It must be a filesystem of its own.
    #[serde(default)]
    pub separate: bool,
    /// Options that it must have, now and in fstab.
    #[serde(default)]
    pub options: Vec<String>,
    /// Where it is none of its own: by default `fail` with `separate`, else `not_applicable`.
    pub missing: Option<Missing>,
}

/// All mount points of a sort, in the table of mounts and in `/etc/fstab`, each of which must have
/// these options in either. Each that lacks one is an offender. Of a tree fstab decides; a tree without
/// fstab has none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mounts {
    pub of: MountsOf,
    pub options: Vec<String>,
    /// Where there is none: by default `not_applicable`.
    pub missing: Option<Missing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MountsOf {
    /// Of the network: what is no filesystem of this host and not made up by its kernel.
    Remote,
    /// On devices of this host, but `/` itself.
    DevicesButRoot,
}

/// Targets: where `default.target` leads, and which targets cannot be reached.
///
/// Links are followed by their names, in the folders of systemd, the administrator's first. Where
/// there is no such link, `missing` says what that means, by default `fail`. A target is masked where
/// its first file is a link to `/dev/null`, or empty; one that was masked until the next boot alone
/// (`/run`) is not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What the host is started to: one of these, as `multi-user.target`.
    #[serde(default)]
    pub default: Vec<String>,
    /// In the place of `default`: each of these must be masked.
    #[serde(default)]
    pub masked: Vec<String>,
    /// Where there is no `default.target`.
    pub missing: Option<Missing>,
}

impl Target {
    pub(super) fn validate(&self) -> Result<(), String> {
        match (self.default.is_empty(), self.masked.is_empty()) {
            (true, true) => Err("says neither `default` nor `masked`".into()),
            (false, false) => Err("`default` and `masked` are two checks".into()),
            (true, false) if self.missing.is_some() => Err("`missing` is for `default`".into()),
            _ => Ok(()),
        }
    }
}
