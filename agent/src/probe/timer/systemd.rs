//! Which files systemd loads timers from: a unit from the first of its folders that has it, what
//! is dropped into it from all, and the links that say what starts it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::wire::{Stale, StaleReason};

use super::{Value, unit};
use crate::{
    host::{Host, HostError},
    probe::{Wake, fragment, unit_path::FOLDERS},
};

const SUFFIX: &str = ".timer";

/// Where what an administrator enables is linked.
const ADMINISTRATORS: &str = "/etc/systemd/system";

/// Ten times what a host with a timer for each user has.
const MAX_TIMERS: usize = 10_000;

/// The value of one fact.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Timer {
    /// Where the unit is. `None`: it is only an instance of a template, or only wanted.
    file: Option<String>,
    /// What is dropped into it, in the order in which it is read.
    drop_ins: Vec<String>,
    /// What it starts.
    unit: String,
    /// `OnCalendar=`, each as it is written.
    calendar: Vec<String>,
    /// `OnBootSec=15min`, each as it is written.
    monotonic: Vec<String>,
    /// Whether a time at which the host was off is made up for.
    persistent: bool,
    randomized_delay: Option<String>,
    /// Whether the host is woken from sleep.
    wake_system: bool,
    /// As `systemctl is-enabled` has it: `enabled`, `enabled-runtime`, `disabled`, `static`,
    /// `masked`, `alias`, `indirect` (not enabled, but known by another name or there for others),
    /// `linked`, `linked-runtime`, `transient`, `generated`, `not-found` (wanted, and not there).
    state: &'static str,
    /// The units whose start starts it, sorted: `timers.target`. A static timer may have some.
    wanted_by: Vec<String>,
    /// The timer that this is another name of.
    alias_of: Option<String>,
}

/// What the folders hold, before any unit is read.
#[derive(Debug, Default)]
struct Folders {
    /// Path of each unit, from the first folder.
    units: BTreeMap<String, String>,
    /// Names of the `*.timer.d` that there are.
    drop_ins: BTreeSet<String>,
    /// What wants it, for each unit.
    wanted: BTreeMap<String, BTreeSet<String>>,
    /// Units that a link in `/etc` wants, and in `/run`.
    by_administrator: BTreeSet<String>,
    until_reboot: BTreeSet<String>,
    /// Links to each unit that lie beside units in `/etc` and in `/run`, which is where enabling
    /// puts them.
    links: BTreeMap<String, Vec<Link>>,
}

/// A link beside the units, by its own name.
#[derive(Debug)]
struct Link {
    name: String,
    until_reboot: bool,
}

pub(super) fn wakes(host: &Host) -> Vec<Wake> {
    let mut paths: Vec<_> = FOLDERS.into_iter().map(str::to_owned).collect();
    for folder in FOLDERS {
        for name in names(host, folder).unwrap_or_default() {
            let is_timers = name.ends_with(".timer.d") || name == "timers.target.wants";
            if is_timers {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths
        .into_iter()
        .map(|path| Wake::Path(path.into()))
        .collect()
}

pub(super) fn rows(host: &Host) -> Result<BTreeMap<String, Value>, Stale> {
    let folders = Folders::of(host)?;
    let wanted = folders.wanted.keys().cloned();
    let all: BTreeSet<String> = folders.units.keys().cloned().chain(wanted).collect();
    if all.len() > MAX_TIMERS {
        return Err(Stale {
            reason: StaleReason::TooLarge,
            detail: format!("more than {MAX_TIMERS} timers of systemd"),
        });
    }
    let rows = all.into_iter().map(|name| {
        let timer = folders.timer(host, &name)?;
        Ok((format!("systemd:{name}"), Value::Systemd(timer)))
    });
    rows.collect()
}

impl Folders {
    fn of(host: &Host) -> Result<Self, Stale> {
        let mut found = Self::default();
        for folder in FOLDERS {
            for name in names(host, folder)? {
                if name.ends_with(SUFFIX) {
                    let path = format!("{folder}/{name}");
                    found.link(host, folder, &path, &name);
                    found.units.entry(name).or_insert(path);
                } else if name.ends_with(".timer.d") {
                    found.drop_ins.insert(name);
                } else if let Some(by) = wanting(&name) {
                    found.links(host, folder, &name, by)?;
                }
            }
        }
        Ok(found)
    }

    fn link(&mut self, host: &Host, folder: &str, path: &str, name: &str) {
        let until_reboot = folder.starts_with("/run/");
        if !until_reboot && folder != ADMINISTRATORS {
            return;
        }
        let target = host.read_link(path).ok();
        let target = target
            .as_deref()
            .and_then(|target| target.file_name()?.to_str());
        if let Some(target) = target {
            self.links.entry(target.to_owned()).or_default().push(Link {
                name: name.to_owned(),
                until_reboot,
            });
        }
    }

    fn links(&mut self, host: &Host, folder: &str, name: &str, by: &str) -> Result<(), Stale> {
        for unit in names(host, &format!("{folder}/{name}"))? {
            if !unit.ends_with(SUFFIX) {
                continue;
            }
            if folder.starts_with("/etc/") {
                self.by_administrator.insert(unit.clone());
            } else if folder == "/run/systemd/system" {
                self.until_reboot.insert(unit.clone());
            }
            self.wanted.entry(unit).or_default().insert(by.to_owned());
        }
        Ok(())
    }

    fn timer(&self, host: &Host, name: &str) -> Result<Timer, Stale> {
        let template = template(name);
        let file = self.units.get(name);
        let file = file.or_else(|| self.units.get(template.as_ref()?));
        let mut timer = Timer {
            file: file.cloned(),
            state: "not-found",
            wanted_by: self
                .wanted
                .get(name)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            ..Timer::default()
        };
        let mut said = unit::Timer::default();
        let Some(path) = file else {
            return Ok(timer);
        };
        if let Some(other) = alias(host, path, name) {
            timer.state = "alias";
            timer.alias_of = Some(other);
            return Ok(timer);
        }
        let Some(unit) = fragment::fragment(host, name.to_owned(), path.clone())? else {
            return Ok(timer);
        };
        if unit.masked || unit.text.is_empty() {
            timer.state = "masked";
            return Ok(timer);
        }
        said.take_in(&unit.text);
        for drop_in in self.drop_ins(host, name, template.as_deref())? {
            said.take_in(&drop_in.text);
            timer.drop_ins.push(drop_in.path);
        }
        let stem = name.strip_suffix(SUFFIX).unwrap_or(name);
        timer.state = self.state(name, path, &said);
        timer.unit = said.unit.unwrap_or_else(|| format!("{stem}.service"));
        timer.calendar = said.calendar;
        timer.monotonic = said.monotonic;
        timer.persistent = said.persistent;
        timer.randomized_delay = said.randomized_delay;
        timer.wake_system = said.wake_system;
        Ok(timer)
    }

    /// The files that are dropped into a unit by its name, its template's or the type's.
    fn drop_ins(
        &self,
        host: &Host,
        name: &str,
        template: Option<&str>,
    ) -> Result<Vec<fragment::Fragment>, Stale> {
        let all = [Some(name), template, Some("timer")];
        let names = all.into_iter().flatten().map(|name| format!("{name}.d"));
        let there = names.filter(|name| self.drop_ins.contains(name) || name == "timer.d");
        let folders = there.flat_map(|name| FOLDERS.map(|folder| format!("{folder}/{name}")));
        let folders: Vec<_> = folders.collect();
        let folders: Vec<_> = folders.iter().map(String::as_str).collect();
        let mut found = fragment::read(host, &folders, ".conf")?.unwrap_or_default();
        found.retain(|fragment| !fragment.masked);
        Ok(found)
    }

    /// In the order in which systemd decides (its `unit_file_lookup_state`).
    fn state(&self, name: &str, path: &str, said: &unit::Timer) -> &'static str {
        let links = self.links.get(name).map_or(&[][..], Vec::as_slice);
        let is = |until_reboot: bool, known: fn(&unit::Timer, &str, &Link) -> bool| {
            let mut links = links.iter();
            links.any(|link| link.until_reboot == until_reboot && known(said, name, link))
        };
        let by_alias = |said: &unit::Timer, _: &str, link: &Link| said.aliases.contains(&link.name);
        let itself = |_: &unit::Timer, name: &str, link: &Link| link.name == name;
        if path.starts_with("/run/systemd/transient/") {
            "transient"
        } else if path.starts_with("/run/systemd/generator") {
            "generated"
        } else if self.by_administrator.contains(name) || is(false, by_alias) {
            "enabled"
        } else if self.until_reboot.contains(name) || is(true, by_alias) {
            "enabled-runtime"
        } else if is(false, itself) {
            "linked"
        } else if is(true, itself) {
            "linked-runtime"
        } else if links.iter().any(|link| link.name != name) {
            "indirect"
        } else if said.installable {
            "disabled"
        } else if said.also {
            "indirect"
        } else {
            "static"
        }
    }
}

/// The unit whose start starts those in this folder.
fn wanting(name: &str) -> Option<&str> {
    let by = name.strip_suffix(".wants");
    by.or_else(|| name.strip_suffix(".requires"))
}

/// `a@.timer` of `a@b.timer`.
fn template(name: &str) -> Option<String> {
    let (stem, rest) = name.split_once('@')?;
    (rest != SUFFIX).then(|| format!("{stem}@{SUFFIX}"))
}

/// The other unit that this file is a link to.
fn alias(host: &Host, path: &str, name: &str) -> Option<String> {
    let target = host.read_link(path).ok()?;
    let target = target.file_name()?.to_str()?;
    let is_other = target.ends_with(SUFFIX) && target != name;
    (is_other && template(name).as_deref() != Some(target)).then(|| target.to_owned())
}

fn names(host: &Host, folder: &str) -> Result<Vec<String>, HostError> {
    let names = match host.list(folder) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        listed => listed?,
    };
    let names = names.into_iter().filter_map(|name| name.into_string().ok());
    Ok(names.collect())
}
