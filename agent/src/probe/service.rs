//! systemd's services: the units of type service that are loaded, and the unit files of those that
//! are not. Nothing that moves while a service runs: no process, no time, no counter.
//!
//! systemd loads a stopped unit when somebody asks for it and forgets it at once. So that this
//! asking is no change, a stopped unit has the same fact loaded or not.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::Host,
    probe::{self, Probe, Wake, unit_path::FOLDERS},
};

/// Where unit files come from.
mod folders;

/// Questions to systemd over D-Bus.
pub mod manager;

use manager::{Answer, Unit, UnitFile};

/// Reads kind `service`.
#[derive(Debug)]
pub struct Services {
    /// The unit files, as long as their folders stay what they were.
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    /// Of the folders, before systemd was asked.
    stamp: u64,
    at: Instant,
    files: Vec<UnitFile>,
}

impl Known {
    fn holds(&self, stamp: u64) -> bool {
        self.stamp == stamp && self.at.elapsed() < BELIEVED
    }
}

/// How long unit files are believed at most, whatever their folders look like.
const BELIEVED: Duration = Duration::from_secs(3600);

/// There while systemd is PID 1: what sd_booted(3) looks for.
const BOOTED: &str = "/run/systemd/system";

const KIND: &str = "service";

const SUFFIX: &str = ".service";

/// The value of one fact. The key is the unit's name, with `.service`.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Value {
    /// What became of its unit file: `loaded`, `masked`, `not-found` (another unit names it),
    /// `bad-setting`, `error`. `None` of templates and aliases, which are never loaded.
    load_state: Option<String>,
    /// `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`. `None` as above.
    active_state: Option<String>,
    /// The same in the service's own terms: `running`, `exited`, `dead`, `auto-restart`, … `None`
    /// as above.
    sub_state: Option<String>,
    /// Whether it is started at boot: `enabled`, `disabled`, `static`, `masked`, `alias`,
    /// `generated`, … `None` where it has no unit file.
    unit_file_state: Option<String>,
    /// The unit that this name is another name of.
    alias_of: Option<String>,
    /// Its own description. `None` of a stopped unit, which systemd may have forgotten.
    description: Option<String>,
}

impl Probe for Services {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            BOOTED,
            "org.freedesktop.systemd1 ListUnits, ListUnitFilesByPatterns, ListUnitFiles (D-Bus system bus)",
            "targets of unit files that are symlinks",
            "/etc/systemd/system (what is in it, and since when)",
            "/run/systemd/system (the same)",
            "times of the other folders of systemd.unit(5)",
        ]
    }

    fn wakes(&self, host: &Host) -> Vec<Wake> {
        let folders = FOLDERS.into_iter().map(Wake::path);
        let links = folders::links(host).into_iter().map(Wake::Path);
        folders.chain(links).chain([Wake::Units]).collect()
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        probe::running(host)?;
        match host.list(BOOTED) {
            Err(error) if error.is_absent() => {
                return Err(probe::unavailable("systemd does not run here"));
            }
            listed => listed.map(drop)?,
        }
        let stamp = folders::stamp(host);
        let answer = manager::ask(host, self.known(stamp))?;
        self.remember(stamp, &answer.files);
        let alias = |path: &str| {
            let target = host.read_link(path).ok()?;
            Some(target.file_name()?.to_string_lossy().into_owned())
        };
        facts(answer, alias)
    }
}

/// One fact for each service of the answer; `alias` gives the unit that a unit file is a symlink to.
/// Pure.
///
/// # Errors
/// When a service is too large for a fact.
pub fn facts(answer: Answer, alias: impl Fn(&str) -> Option<String>) -> Result<Vec<Fact>, Stale> {
    values(answer, alias)
        .iter()
        .map(|(name, value)| probe::fact(KIND, name, value))
        .collect()
}

impl Services {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            known: Mutex::new(None),
        }
    }

    fn known(&self, stamp: u64) -> Option<Vec<UnitFile>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| known.holds(stamp))?;
        Some(known.files.clone())
    }

    fn remember(&self, stamp: u64, files: &[UnitFile]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|known| known.holds(stamp)) {
            return;
        }
        *known = Some(Known {
            stamp,
            at: Instant::now(),
            files: files.to_vec(),
        });
    }
}

impl Default for Services {
    fn default() -> Self {
        Self::new()
    }
}

fn values(answer: Answer, alias: impl Fn(&str) -> Option<String>) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for UnitFile { path, state } in answer.files {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.ends_with(SUFFIX) {
            let alias_of = (state == "alias").then(|| alias(&path)).flatten();
            values.insert(name.to_owned(), unloaded(name, state, alias_of));
        }
    }
    for unit in answer.units {
        if !unit.name.ends_with(SUFFIX) {
            continue;
        }
        let file_state = values
            .remove(&unit.name)
            .and_then(|value| value.unit_file_state);
        values.insert(unit.name.clone(), loaded(unit, file_state));
    }
    values
}

fn loaded(unit: Unit, unit_file_state: Option<String>) -> Value {
    let stopped = unit.active_state == "inactive";
    Value {
        load_state: Some(unit.load_state),
        active_state: Some(unit.active_state),
        sub_state: Some(unit.sub_state),
        unit_file_state,
        alias_of: None,
        description: (!stopped).then_some(unit.description),
    }
}

fn unloaded(name: &str, state: String, alias_of: Option<String>) -> Value {
    // A template is loaded only as one of its instances, an alias only as what it stands for.
    let loadable = state != "alias" && !name.ends_with("@.service");
    let masked = state.starts_with("masked");
    let if_loadable = |text: &str| loadable.then(|| text.to_owned());
    Value {
        load_state: if_loadable(if masked { "masked" } else { "loaded" }),
        active_state: if_loadable("inactive"),
        sub_state: if_loadable("dead"),
        unit_file_state: Some(state),
        alias_of,
        description: None,
    }
}

#[cfg(test)]
mod tests;
