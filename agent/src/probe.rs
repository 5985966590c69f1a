//! Probes: each reads one kind of fact, whole, and never fails the pass.
//!
//! A probe reads and decides nothing. What it could not read is said ([`Stale`]), never left out:
//! a failed read does not erase the last good rows.

use std::{borrow::Cow, fmt::Write as _, fs::File, os::unix::fs::MetadataExt as _};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::{
    fact::{Fact, FactError, MAX_KEY},
    wire::{Stale, StaleReason},
};

pub use wake::Wake;

use crate::{
    defect::{self, Work},
    host::{Host, HostError},
};

/// The distribution, the kernel, the boot.
pub mod os;

/// Processor, memory, maker.
pub mod hardware;

/// Installed packages: dpkg, rpm and apk.
pub mod package;

/// Updates that are available, and what waits for a restart.
pub mod update;

/// systemd's services.
pub mod service;

/// What is started by the clock: cron, anacron, systemd's timers.
pub mod timer;

/// Accounts of `/etc/passwd`.
pub mod user;

/// Groups of `/etc/group`.
pub mod group;

/// What sudo allows.
pub mod sudo_rule;

/// Public keys of users and of the host.
pub mod ssh_key;

/// Who was logged in last, and whose logins failed.
pub mod login;

/// Certificates of this host, and those it was told to trust.
pub mod certificate;

/// Network interfaces.
pub mod interface;

/// Addresses of the interfaces.
pub mod address;

/// Routes.
pub mod route;

/// Sockets that wait for others to speak first.
pub mod listener;

/// The packet filter in force, and what is configured to be.
pub mod firewall_rule;

/// Mounted filesystems.
pub mod mount;

/// Modules of the kernel: loaded, kept out.
pub mod kernel_module;

/// Settings of the kernel: running, configured.
pub mod sysctl;

/// Containers of docker, podman, CRI-O, containerd.
pub mod container;

/// Units as their files have them.
pub(crate) mod unit_file;

/// Where systemd loads units from.
mod unit_path;

/// What makes a kind worth another look.
mod wake;

/// The rows of a kind, as many as the agent may hold.
mod facts;

/// Folders of configuration fragments.
pub(crate) mod fragment;

/// Questions to the kernel's netlink families, and their answers.
pub mod netlink;

/// Which paths can be read without waiting.
pub(crate) mod local;

/// Wildcards of paths.
pub mod pattern;

/// The SSH server's settings.
pub mod sshd;

/// SQLite databases of other programs.
mod sqlite;

/// What the live tests of the probes share.
#[cfg(test)]
pub(crate) mod live;

/// Bad inputs for every probe.
#[cfg(test)]
mod hostile;

/// More rows than anybody has.
#[cfg(test)]
mod crowd;

/// Reads one kind of fact.
pub trait Probe: Send + Sync {
    /// The kind: `package`, `user`, `mount`.
    fn kind(&self) -> &'static str;

    /// Everything that [`Probe::read`] may open or ask, for the administrator who wants to know
    /// (`openwatch-agent facts --sources`).
    fn sources(&self) -> &'static [&'static str];

    /// What makes another reading worth its cost. Asked after each reading, on the same thread:
    /// what is to be watched may be among what was read.
    fn wakes(&self, host: &Host) -> Vec<Wake>;

    /// A number that stays the same as long as the rows do, for a kind where that is much cheaper
    /// to learn than the rows. `None`: not known, read the rows. Only asked when [`Probe::wakes`]
    /// has a [`Wake::Peek`]. It must not wait: the kernel may be asked (`/proc`, netlink), no disk
    /// and no network.
    fn peek(&self, _host: &Host) -> Option<u64> {
        None
    }

    /// All rows of the kind. Blocking: it reads files and asks the kernel.
    ///
    /// # Errors
    /// Why the rows could not be read; none are returned then, however many were.
    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale>;
}

/// What one probe saw in one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub kind: &'static str,
    /// When the reading ended, by the host's clock. By its beginning, what changed while it was
    /// read would be told as older than it is, and the past would show it before it was there.
    pub at: DateTime<Utc>,
    /// The rows, sorted by key, each key once; or why they could not be read.
    pub seen: Result<Vec<Fact>, Stale>,
}

/// Every probe, in the order in which `facts` prints them.
pub fn all() -> &'static [&'static dyn Probe] {
    static LISTENERS: listener::Listeners = listener::Listeners::new();
    static SERVICES: service::Services = service::Services::new();
    static CERTIFICATES: certificate::Certificates = certificate::Certificates::new();
    static ALL: &[&dyn Probe] = &[
        &os::Os,
        &hardware::Hardware,
        &package::Packages,
        &update::Updates,
        &SERVICES,
        &timer::Timers,
        &user::Users,
        &group::Groups,
        &sudo_rule::SudoRules,
        &ssh_key::SshKeys,
        &login::Logins,
        &CERTIFICATES,
        &interface::Interfaces,
        &address::Addresses,
        &route::Routes,
        &LISTENERS,
        &firewall_rule::FirewallRules,
        &mount::Mounts,
        &kernel_module::KernelModules,
        &sysctl::Sysctls,
        &container::Containers,
    ];
    ALL
}

/// Reads one kind, unless it is to be left alone.
pub fn observe(probe: &dyn Probe, host: &Host) -> Observation {
    let work = Work::Kind(probe.kind().into());
    let seen = match host.left_alone(&work) {
        None => defect::during(work, || probe.read(host)),
        Some(detail) => Err(Stale {
            reason: StaleReason::Failed,
            detail,
        }),
    };
    let at = host.clock().now();
    let seen = seen.map(|mut facts| {
        facts.sort();
        facts.dedup_by(|next, first| next.key == first.key);
        facts
    });
    Observation {
        kind: probe.kind(),
        at,
        seen,
    }
}

/// What wakes a kind at present; nothing, if it is to be left alone.
pub fn wakes(probe: &dyn Probe, host: &Host) -> Vec<Wake> {
    let work = Work::Kind(probe.kind().into());
    match host.left_alone(&work) {
        None => defect::during(work, || probe.wakes(host)),
        Some(_) => Vec::new(),
    }
}

/// Peeks at a kind, unless it is to be left alone.
pub fn peek(probe: &dyn Probe, host: &Host) -> Option<u64> {
    let work = Work::Kind(probe.kind().into());
    match host.left_alone(&work) {
        None => defect::during(work, || probe.peek(host)),
        Some(_) => None,
    }
}

/// The fact `(kind, key) -> value` for a probe. A key that is too long to be one is cut and ends
/// in a hash of the whole, so that it stays unique: nobody blinds a kind with one long path.
fn fact(kind: &'static str, key: &str, value: &impl Serialize) -> Result<Fact, Stale> {
    let key = bounded(key);
    Fact::new(kind, key.as_ref(), value).map_err(|error| Stale {
        reason: match error {
            FactError::ValueLength(_) => StaleReason::TooLarge,
            _ => StaleReason::Malformed,
        },
        detail: format!("{key}: {error}"),
    })
}

fn bounded(key: &str) -> Cow<'_, str> {
    // A NUL becomes the three bytes of U+FFFD.
    let grown = 2 * key.bytes().filter(|byte| *byte == 0).count();
    if key.len() + grown <= MAX_KEY {
        return Cow::Borrowed(key);
    }
    let mut short = key[..key.floor_char_boundary(MAX_KEY / 4)].to_owned();
    short.push('…');
    for byte in &Sha256::digest(key.as_bytes())[..16] {
        let _ = write!(short, "{byte:02x}");
    }
    Cow::Owned(short)
}

/// Refuses a host whose kernel and services cannot be asked, because it is a tree of files.
fn running(host: &Host) -> Result<(), Stale> {
    if host.is_live() {
        Ok(())
    } else {
        Err(unavailable("needs the running machine"))
    }
}

/// A text that is short enough to be one of many in a value, cut where it is not: nobody blinds a
/// kind with one long line. Whether it was cut, its last letter says.
fn clipped(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(max)]))
}

fn unavailable(detail: impl Into<String>) -> Stale {
    Stale {
        reason: StaleReason::Unavailable,
        detail: detail.into(),
    }
}

/// What is different of a file after any change to it: inode, time, length. `None` when the file
/// cannot be asked.
fn stamp(file: &File) -> Option<(u64, i64, i64, u64)> {
    let metadata = file.metadata().ok()?;
    Some((
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
    ))
}

impl From<HostError> for Stale {
    fn from(error: HostError) -> Self {
        let reason = match &error {
            _ if error.is_absent() => StaleReason::Unavailable,
            _ if error.is_denied() => StaleReason::Denied,
            HostError::TooLarge { .. } => StaleReason::TooLarge,
            HostError::NotAFile { .. } => StaleReason::Malformed,
            HostError::Open { .. } | HostError::Read { .. } => StaleReason::Failed,
        };
        Self {
            reason,
            detail: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use chrono::TimeDelta;
    use shared::{
        clock::{Clock as _, ManualClock, SystemClock},
        fact::check_kind,
    };

    use super::*;

    #[test]
    fn kinds_are_proper_names_and_each_is_there_once() {
        let kinds: BTreeSet<_> = all().iter().map(|probe| probe.kind()).collect();
        assert_eq!(kinds.len(), all().len());
        for probe in all() {
            assert_eq!(check_kind(probe.kind()), Ok(()));
            assert!(!probe.sources().is_empty(), "{}", probe.kind());
        }
    }

    #[test]
    fn every_probe_names_its_kind_in_its_facts_and_no_key_twice() {
        let host = Host::live(SystemClock::shared());
        for probe in all() {
            let Ok(facts) = probe.read(&host) else {
                continue;
            };
            let keys: BTreeSet<_> = facts.iter().map(|fact| &fact.key).collect();
            assert_eq!(keys.len(), facts.len(), "{}", probe.kind());
            assert!(facts.iter().all(|fact| fact.kind == probe.kind()));
        }
    }

    /// A user who comes while the accounts are read, which takes a second.
    struct Slow(Arc<ManualClock>);

    impl Probe for Slow {
        fn kind(&self) -> &'static str {
            "user"
        }

        fn sources(&self) -> &'static [&'static str] {
            &[]
        }

        fn wakes(&self, _: &Host) -> Vec<Wake> {
            Vec::new()
        }

        fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
            self.0.advance(TimeDelta::seconds(1));
            Ok(vec![fact("user", "ann", &1000)?])
        }
    }

    #[test]
    fn what_came_during_the_reading_is_not_told_as_older_than_it_is() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        let host = Host::at("/nonexistent", clock.clone());
        let seen = observe(&Slow(clock.clone()), &host);
        assert_eq!(seen.at, clock.now());
    }

    #[test]
    fn an_empty_tree_says_for_each_kind_why_it_cannot_be_read() {
        let root = tempfile::tempdir().unwrap();
        let host = Host::at(root.path(), SystemClock::shared());
        for probe in all() {
            match (probe.kind(), observe(*probe, &host).seen) {
                // What is not recorded of these is null.
                ("os" | "hardware", Ok(facts)) => assert_eq!(facts.len(), 1),
                (kind, seen) => {
                    let stale = seen.expect_err(kind);
                    assert_eq!(stale.reason, StaleReason::Unavailable, "{kind}");
                    assert!(stale.detail.len() > 10, "{kind}: {}", stale.detail);
                }
            }
        }
    }

    #[test]
    fn what_may_not_be_read_is_denied_and_what_is_not_there_unavailable() {
        let reason = |kind: std::io::ErrorKind| {
            let path = "/etc/shadow".into();
            Stale::from(HostError::Open {
                path,
                source: kind.into(),
            })
            .reason
        };
        use std::io::ErrorKind::{NotFound, PermissionDenied, StorageFull};
        assert_eq!(reason(PermissionDenied), StaleReason::Denied);
        assert_eq!(reason(NotFound), StaleReason::Unavailable);
        assert_eq!(reason(StorageFull), StaleReason::Failed);
    }

    #[test]
    fn a_long_text_is_cut_between_letters_and_a_short_one_is_not() {
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("aéé", 4), "aé…");
    }

    #[test]
    fn keys_that_are_too_long_stay_apart() {
        let long = "é".repeat(MAX_KEY);
        let longer = format!("{long}x");
        assert!(bounded(&long).len() <= MAX_KEY);
        assert_ne!(bounded(&long), bounded(&longer));
        let zeros = "\0".repeat(MAX_KEY);
        assert!(fact("mount", &zeros, &Vec::<(u8, u8)>::new()).is_err());
        assert!(fact("mount", &zeros, &serde_json::json!({})).is_ok());
        assert_eq!(bounded("/boot"), "/boot");
    }
}
