//! `service`, `socket`, `timer`: whether a unit is enabled, and whether it runs. Enabled is what
//! starts at boot or is started by others without asking: `enabled`, `enabled-runtime`, `static`,
//! `indirect`, `generated`, `alias` of one that is.

use shared::{
    rule::{
        check::{Missing, Unit},
        result::Verdict,
    },
    wire::Stale,
};

use super::{Seen, Sources};
use crate::probe::{
    timer::unit::Install,
    unit_file::{self, Folders},
};

const ENABLED: [&str; 6] = [
    "enabled",
    "enabled-runtime",
    "static",
    "indirect",
    "generated",
    "linked",
];

/// Unit files are pages.
const MAX_FILE: u64 = 1 << 20;

/// Names that are names of names.
const MAX_ALIASES: usize = 4;

pub(super) fn judge(asked: &Unit, suffix: &str, sources: &Sources<'_>) -> Seen {
    let names: Vec<String> = asked
        .names
        .iter()
        .map(|name| format!("{name}{suffix}"))
        .collect();
    let expected = expected(asked, &names);
    let mut states = Vec::new();
    for name in &names {
        match state(name, suffix, sources, 0) {
            Ok(state) => states.extend(state),
            Err(stale) => return Seen::stale(&stale, expected).read(["unit files"]),
        }
    }
    let read = ["unit files of systemd"];
    if states.is_empty() {
        let none = format!("there is no {}", names.join(" or "));
        let wants = asked.enabled == Some(true) || asked.active == Some(true);
        let by_default = if wants { Missing::Fail } else { Missing::Pass };
        return Seen::missing(asked.missing.unwrap_or(by_default), expected, none).read(read);
    }
    let mut offenders = Vec::new();
    let is_enabled = |state: &State| ENABLED.contains(&state.file.as_str());
    let told: Vec<String> = states.iter().map(State::told).collect();
    // One of several names must be on; all of them must be off.
    let holds = |wanted: bool, is: &dyn Fn(&State) -> bool| {
        if wanted {
            states.iter().any(is)
        } else {
            !states.iter().any(is)
        }
    };
    if let Some(wanted) = asked.enabled
        && !holds(wanted, &is_enabled)
    {
        offenders.extend(told.clone());
    }
    if let Some(wanted) = asked.active {
        if states.iter().all(|state| state.active.is_none()) {
            if asked.enabled.is_none() {
                let why = "whether it runs can be asked of the running machine alone";
                return Seen::verdict(Verdict::NotAssessable, expected, why).read(read);
            }
        } else if !holds(wanted, &|state: &State| state.active == Some(true))
            && offenders.is_empty()
        {
            offenders.extend(told.clone());
        }
    }
    let mut seen = Seen::of(offenders.is_empty(), expected, told.join("; ")).read(read);
    seen.offenders = offenders;
    seen
}

/// What is known of one unit.
struct State {
    name: String,
    /// As `systemctl is-enabled` has it.
    file: String,
    /// `None` where systemd cannot be asked.
    active: Option<bool>,
}

impl State {
    fn told(&self) -> String {
        let active = match self.active {
            Some(true) => ", active",
            Some(false) => ", not active",
            None => "",
        };
        format!("{} {}{active}", self.name, self.file)
    }
}

/// What systemd says of a service, and else what its files do; `None` where there is no such unit.
fn state(
    name: &str,
    suffix: &str,
    sources: &Sources<'_>,
    depth: usize,
) -> Result<Option<State>, Stale> {
    let active = if suffix == ".service" {
        asked_of_systemd(name, sources)
    } else {
        None
    };
    let host = sources.host();
    let folders = Folders::of(host, suffix)?;
    let template = unit_file::template(name);
    let path = folders.units.get(name);
    let Some(path) = path.or_else(|| folders.units.get(template.as_ref()?)) else {
        return Ok(None);
    };
    let file = match unit_file::alias(host, path, name) {
        Some(other) if depth < MAX_ALIASES => {
            let other = state(&other, suffix, sources, depth + 1)?;
            other.map_or("alias".to_owned(), |other| other.file)
        }
        _ => match host.read_text(path, MAX_FILE) {
            Err(error) if error.is_denied() => return Err(error.into()),
            Ok(text) if !text.is_empty() => {
                let mut install = Install::default();
                install.take_in(&text);
                folders.state(name, path, &install).to_owned()
            }
            // Empty, or a link to /dev/null.
            _ => "masked".to_owned(),
        },
    };
    Ok(Some(State {
        name: name.to_owned(),
        file,
        active,
    }))
}

fn asked_of_systemd(name: &str, sources: &Sources<'_>) -> Option<bool> {
    let rows = sources.rows("service");
    let rows = rows.as_ref().as_ref().ok()?;
    let row = rows.iter().find(|row| row.key == name)?;
    Some(["active", "reloading", "activating"].contains(&row.value["active_state"].as_str()?))
}

fn expected(asked: &Unit, names: &[String]) -> String {
    let mut wants = Vec::new();
    wants.extend(
        asked
            .enabled
            .map(|on| if on { "enabled" } else { "not enabled" }),
    );
    wants.extend(
        asked
            .active
            .map(|on| if on { "active" } else { "not active" }),
    );
    format!("{} {}", names.join(" or "), wants.join(" and "))
}
