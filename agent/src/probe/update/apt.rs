//! What apt has fetched, and which versions it would take: those of `apt list --upgradable`.
//!
//! Every list is read as a stream; what is kept is of installed packages only.

use std::{collections::BTreeMap, fs, io, os::unix::fs::MetadataExt as _};

use shared::wire::{Stale, StaleReason};

use super::{Known, Source, Update, packed};
use crate::{
    host::Host,
    probe::{self, package::dpkg},
};

/// Which version of a package would be taken.
mod candidate;

/// The lists.
mod list;

/// The administrator's preferences.
pub mod preference;

/// What repositories say of themselves.
pub mod release;

use candidate::{Installed, Offer};
use list::{LISTS, List, Repository};
use preference::{Place, Preference};
use release::Release;

/// The largest file of settings that is read.
const MAX_SETTINGS: u64 = 1 << 20;

/// The priority of a release that the administrator made the default.
const DEFAULT_RELEASE: i32 = 990;

/// Installed packages by name and architecture; `all` counts as the machine's own.
type Packages = BTreeMap<(String, String), Installed>;

/// Updates that apt knows of; `None` where dpkg has no database.
pub(super) fn read(host: &Host) -> Result<Option<Known>, Stale> {
    let Some(mut packages) = installed(host)? else {
        return Ok(None);
    };
    let (lists, repositories) = list::find(host)?;
    if lists.is_empty() {
        return Err(probe::unavailable(format!(
            "{LISTS} has no lists of packages: apt has fetched none yet (apt-get update)"
        )));
    }
    let settings = Settings::read(host)?;
    for list in &lists {
        scan(
            host,
            list,
            &repositories,
            &settings,
            &mut packages.known,
            &packages.own,
        )?;
    }
    let updates = packages
        .known
        .into_iter()
        .filter_map(|((name, _), installed)| {
            let (offer, security) = installed.candidate()?;
            Some(Update {
                manager: "apt",
                name,
                architecture: installed.architecture.clone(),
                installed: installed.version.clone(),
                available: offer.version.clone(),
                origin: offer.origin.and_then(|at| repositories[at].release.name()),
                security,
                advisories: Vec::new(),
                held: installed.held,
                phased_percent: offer.phased,
            })
        });
    Ok(Some(Known {
        updates: updates.collect(),
        sources: sources(&repositories, checked_at(host)),
    }))
}

/// Installed packages, and the machine's own architecture.
struct Present {
    known: Packages,
    own: String,
}

fn installed(host: &Host) -> Result<Option<Present>, Stale> {
    let rows = dpkg::collect(host, |stanza| {
        let state = stanza.state();
        // Without a version nothing of it is there yet.
        if state == "config-files" || stanza.version.is_empty() {
            return Ok(None);
        }
        let held = stanza.status.starts_with("hold");
        let installed = Installed::new(&stanza.version, &stanza.architecture, held);
        Ok(Some((stanza.package.clone(), installed)))
    })?;
    let Some(rows) = rows else {
        return Ok(None);
    };
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    let own = own_architecture(host, &rows)?;
    let known = rows.into_iter().map(|(name, installed)| {
        let architecture = match installed.architecture.as_str() {
            "all" => own.clone(),
            other => other.to_owned(),
        };
        ((name, architecture), installed)
    });
    Ok(Some(Present {
        known: known.collect(),
        own,
    }))
}

/// That of dpkg itself; of an image without it, the first that any package has.
fn own_architecture(host: &Host, rows: &[(String, Installed)]) -> Result<String, Stale> {
    let of = |name: &str| {
        let mut rows = rows
            .iter()
            .filter(|(own, _)| name.is_empty() || own == name);
        rows.find(|(_, installed)| installed.architecture != "all")
            .map(|(_, installed)| installed.architecture.clone())
    };
    if let Some(own) = of("dpkg") {
        return Ok(own);
    }
    match host.read_text("/var/lib/dpkg/arch", MAX_SETTINGS) {
        Ok(text) if !text.trim().is_empty() => {
            Ok(text.lines().next().unwrap_or_default().trim().to_owned())
        }
        Err(error) if !error.is_absent() => Err(error.into()),
        _ => Ok(of("").unwrap_or_default()),
    }
}

/// What the administrator prefers.
struct Settings {
    preferences: Vec<Preference>,
    default_release: Option<String>,
}

impl Settings {
    fn read(host: &Host) -> Result<Self, Stale> {
        let mut preferences = Vec::new();
        for text in files(host, "/etc/apt/preferences", &["", "pref"])? {
            preferences.extend(preference::parse(&text));
        }
        let mut default_release = None;
        for text in files(host, "/etc/apt/apt.conf", &["", "conf"])? {
            default_release = self::default_release(&text).or(default_release);
        }
        Ok(Self {
            preferences,
            default_release,
        })
    }

    /// The priority of a version, and whether a preference names the version itself.
    fn priority(&self, package: &str, version: &str, place: Place<'_>) -> (bool, i32) {
        let asked = preference::priorities(&self.preferences, package, version, place);
        if let (Some(specific), _) = asked {
            return (true, specific);
        }
        let default = self.default_release.as_deref();
        let general = match default {
            _ if asked.1.is_some() => asked.1.unwrap_or_default(),
            Some(name) if place.release.is_called(name) => DEFAULT_RELEASE,
            _ => place.release.priority(),
        };
        (false, general)
    }
}

/// The texts of a folder's files with these endings, in order, and then of the file beside it, as
/// apt reads them.
fn files(host: &Host, file: &str, endings: &[&str]) -> Result<Vec<String>, Stale> {
    let folder = format!("{file}.d");
    let mut paths = match host.list(&folder) {
        Err(error) if error.is_absent() => Vec::new(),
        listed => listed?
            .iter()
            .filter_map(|name| name.to_str())
            .filter(|name| {
                let (_, ending) = name.rsplit_once('.').unwrap_or((name, ""));
                endings.contains(&ending) && !name.starts_with('.')
            })
            .map(|name| format!("{folder}/{name}"))
            .collect(),
    };
    paths.push(file.to_owned());
    let mut texts = Vec::new();
    for path in paths {
        match host.read_text(&path, MAX_SETTINGS) {
            Err(error) if error.is_absent() => {}
            read => texts.push(read?),
        }
    }
    Ok(texts)
}

/// `APT::Default-Release "name";`, on a line of its own.
pub fn default_release(text: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let rest = line.trim().strip_prefix("APT::Default-Release")?;
        let name = rest.trim().trim_end_matches(';').trim().trim_matches('"');
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// Reads one list, and gives each installed package what it offers.
fn scan(
    host: &Host,
    list: &List,
    repositories: &[Repository],
    settings: &Settings,
    packages: &mut Packages,
    own: &str,
) -> Result<(), Stale> {
    let unknown = Release::default();
    let release = match list.repository {
        Some(at) => &repositories[at].release,
        None => &unknown,
    };
    let mut key = (String::new(), String::new());
    let read = dpkg::stanza::each(packed::open(host, &list.path)?, |stanza| {
        key.0.clone_from(&stanza.package);
        match stanza.architecture.as_str() {
            "all" => own.clone_into(&mut key.1),
            other => other.clone_into(&mut key.1),
        }
        let Some(installed) = packages.get_mut(&key) else {
            return Ok(());
        };
        let place = Place {
            release,
            host: &list.host,
            component: &list.component,
            architecture: &stanza.architecture,
        };
        let (pinned, priority) = settings.priority(&stanza.package, &stanza.version, place);
        installed.offer(Offer {
            version: stanza.version.clone(),
            priority,
            pinned,
            origin: list.repository,
            security: release.is_security(),
            phased: stanza.phased.parse().ok().filter(|percent| *percent < 100),
        });
        Ok(())
    });
    read.map_err(|error| match error {
        dpkg::stanza::StanzaError::Read(error) => failed(&list.path, &error),
        error => Stale {
            reason: StaleReason::Malformed,
            detail: format!("{}: {error}", list.path),
        },
    })
}

fn failed(path: &str, error: &io::Error) -> Stale {
    Stale {
        reason: packed::reason(error),
        detail: format!("{path}: {error}"),
    }
}

fn sources(repositories: &[Repository], checked_at: Option<i64>) -> Vec<Source> {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    repositories
        .iter()
        .map(|Repository { prefix, release }| Source {
            manager: "apt",
            source: prefix.trim_end_matches('_').to_owned(),
            origin: said(&release.origin),
            suite: said(&release.suite).or_else(|| said(&release.codename)),
            published_at: release.published_at,
            valid_until: release.valid_until,
            checked_at,
        })
        .collect()
}

/// When apt last asked its sources. The lists themselves have the times of the servers' files, and
/// nothing is written of a list that is still the same: the folders tell, and the stamp that Ubuntu
/// and apt's timer leave.
fn checked_at(host: &Host) -> Option<i64> {
    [
        LISTS,
        "/var/lib/apt/lists/partial",
        "/var/lib/apt/periodic/update-success-stamp",
        "/var/lib/apt/periodic/update-stamp",
    ]
    .iter()
    .filter_map(|path| fs::metadata(host.resolve(path).ok()?).ok())
    .map(|metadata| metadata.mtime())
    .max()
}
