//! Which files systemd loads timers from: a unit from the first of its folders that has it, what
//! is dropped into it from all, and the links that say what starts it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::wire::{Stale, StaleReason};

use super::{Value, unit};
use crate::{
    host::Host,
    probe::{
        Wake, fragment,
        unit_file::{Folders, alias, names, template},
        unit_path::FOLDERS,
    },
};

const SUFFIX: &str = ".timer";

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
    let folders = Folders::of(host, &[SUFFIX])?;
    let wanted = folders.wanted.keys().cloned();
    let all: BTreeSet<String> = folders.units.keys().cloned().chain(wanted).collect();
    if all.len() > MAX_TIMERS {
        return Err(Stale {
            reason: StaleReason::TooLarge,
            detail: format!("more than {MAX_TIMERS} timers of systemd"),
        });
    }
    let rows = all.into_iter().map(|name| {
        let timer = timer(host, &folders, &name)?;
        Ok((format!("systemd:{name}"), Value::Systemd(timer)))
    });
    rows.collect()
}

fn timer(host: &Host, folders: &Folders, name: &str) -> Result<Timer, Stale> {
    let template = template(name);
    let file = folders.units.get(name);
    let file = file.or_else(|| folders.units.get(template.as_ref()?));
    let mut timer = Timer {
        file: file.cloned(),
        state: "not-found",
        wanted_by: folders
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
    for drop_in in drop_ins(host, folders, name, template.as_deref())? {
        said.take_in(&drop_in.text);
        timer.drop_ins.push(drop_in.path);
    }
    let stem = name.strip_suffix(SUFFIX).unwrap_or(name);
    timer.state = folders.state(name, path, &said.install);
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
    host: &Host,
    folders: &Folders,
    name: &str,
    template: Option<&str>,
) -> Result<Vec<fragment::Fragment>, Stale> {
    let all = [Some(name), template, Some("timer")];
    let names = all.into_iter().flatten().map(|name| format!("{name}.d"));
    let there = names.filter(|name| folders.drop_ins.contains(name) || name == "timer.d");
    let paths = there.flat_map(|name| FOLDERS.map(|folder| format!("{folder}/{name}")));
    let paths: Vec<_> = paths.collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let mut found = fragment::read(host, &paths, ".conf")?.unwrap_or_default();
    found.retain(|fragment| !fragment.masked);
    Ok(found)
}
