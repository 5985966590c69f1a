//! `service`, `socket`, `timer`: whether a unit is enabled, and whether it runs. Enabled is what starts
//! without anybody asking, whatever its file is called for: what an administrator enabled, what a
//! generator made, and what another unit wants, as the links say.

use std::{collections::BTreeSet, rc::Rc};

use shared::{
    rule::{
        check::{Missing, Unit},
        result::Verdict,
    },
    wire::Stale,
};

use super::{Seen, Sources};
use crate::{
    host::HostError,
    probe::{
        timer::unit::Install,
        unit_file::{self, Folders},
    },
};

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
        match state(name, suffix, sources) {
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
    let verdict = decide(asked, &states, sources.host().is_live());
    let told: Vec<String> = states.iter().map(State::told).collect();
    let mut actual = told.join("; ");
    if asked.active.is_some() && states.iter().all(|state| state.active.is_none()) {
        actual.push_str("; whether it runs was not seen");
    }
    let mut seen = Seen::verdict(verdict, expected, actual).read(read);
    if verdict == Verdict::Fail {
        seen.offenders = told;
    }
    seen
}

/// One of several names must be on; all of them must be off. A tree has nothing that runs, so that
/// what starts at boot decides there; on the running machine what was not seen is no pass.
fn decide(asked: &Unit, states: &[State], is_live: bool) -> Verdict {
    let holds = |wanted: bool, is: &dyn Fn(&State) -> bool| states.iter().any(is) == wanted;
    let enabled = asked.enabled.map(|wanted| holds(wanted, &|state| state.on));
    if enabled == Some(false) {
        return Verdict::Fail;
    }
    let Some(wanted) = asked.active else {
        return Verdict::Pass;
    };
    let is_active = |state: &State| state.active == Some(true);
    let unseen = states.iter().any(|state| state.active.is_none());
    match (holds(wanted, &is_active), unseen) {
        // One that runs decides, whatever the others do.
        (true, _) if wanted => Verdict::Pass,
        (false, _) if !wanted => Verdict::Fail,
        (holds, false) if holds => Verdict::Pass,
        (_, false) => Verdict::Fail,
        (_, true) if !is_live && enabled.is_some() => Verdict::Pass,
        (_, true) if is_live => Verdict::Error,
        (_, true) => Verdict::NotAssessable,
    }
}

/// What is known of one unit.
struct State {
    name: String,
    /// As `systemctl is-enabled` has it.
    file: String,
    /// Whether it starts without anybody asking.
    on: bool,
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
fn state(name: &str, suffix: &str, sources: &Sources<'_>) -> Result<Option<State>, Stale> {
    let active = if suffix == ".service" {
        asked_of_systemd(name, sources)
    } else {
        None
    };
    let folders = folders(sources);
    let folders = folders.as_ref().as_ref().map_err(Stale::clone)?;
    let file = file_state(name, folders, sources, 0)?;
    Ok(file.map(|(file, on)| State {
        name: name.to_owned(),
        file,
        on,
        active,
    }))
}

/// The services that start without anybody asking, whatever else they are called; and whether there is
/// any unit at all.
pub(super) fn started(sources: &Sources<'_>) -> Result<(Vec<String>, bool), Stale> {
    let folders = folders(sources);
    let folders = folders.as_ref().as_ref().map_err(Stale::clone)?;
    let units = || folders.units.keys().map(String::as_str);
    let names = units().chain(folders.wanted());
    let names: BTreeSet<&str> = names.filter(|name| name.ends_with(".service")).collect();
    let mut started = Vec::new();
    for name in names {
        let path = folders.units.get(name);
        let is_alias =
            path.is_some_and(|path| unit_file::alias(sources.host(), path, name).is_some());
        let is_template = name.ends_with("@.service");
        if !is_alias
            && !is_template
            && let Some((_, true)) = file_state(name, folders, sources, 0)?
        {
            started.push(name.to_owned());
        }
    }
    let any = units().any(|name| name.ends_with(".service"));
    Ok((started, any))
}

/// The units that rules ask about, listed once for all of them: a host has some hundred, and some hundred
/// rules ask.
fn folders(sources: &Sources<'_>) -> Rc<Result<Folders, Stale>> {
    sources.once(|| Folders::of(sources.host(), &[".service", ".socket", ".timer"]))
}

/// As `systemctl is-enabled` has it, and whether it starts without anybody asking.
fn file_state(
    name: &str,
    folders: &Folders,
    sources: &Sources<'_>,
    depth: usize,
) -> Result<Option<(String, bool)>, Stale> {
    let host = sources.host();
    let template = unit_file::template(name);
    let path = folders.units.get(name);
    let Some(path) = path.or_else(|| folders.units.get(template.as_ref()?)) else {
        return Ok(None);
    };
    let (file, on) = match unit_file::alias(host, path, name) {
        Some(other) if depth < MAX_ALIASES => {
            let other = file_state(&other, folders, sources, depth + 1)?;
            other.unwrap_or(("alias".to_owned(), false))
        }
        _ => match host.read_text(path, MAX_FILE) {
            Ok(text) if !text.is_empty() => {
                let mut install = Install::default();
                install.take_in(&text);
                let file = folders.state(name, path, &install);
                let started = ["enabled", "enabled-runtime", "generated", "transient"];
                let on = started.contains(&file) || folders.is_wanted(name);
                (file.to_owned(), on)
            }
            Err(HostError::NotAFile { .. }) | Ok(_) => ("masked".to_owned(), false),
            Err(error) if error.is_absent() => ("not-found".to_owned(), false),
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Some((file, on)))
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

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use shared::{clock::SystemClock, rule::variable::Values};

    use super::*;
    use crate::{
        host::Host,
        rule::{
            check::testing::{self, is, tree},
            evaluate,
        },
    };

    fn asked(enabled: Option<bool>, active: Option<bool>) -> Unit {
        let names = vec!["x".to_owned()];
        Unit {
            names,
            enabled,
            active,
            missing: None,
        }
    }

    fn states(of: &[(bool, Option<bool>)]) -> Vec<State> {
        let state = |&(on, active): &(bool, Option<bool>)| State {
            name: "x.service".into(),
            file: String::new(),
            on,
            active,
        };
        of.iter().map(state).collect()
    }

    #[test]
    fn whether_it_runs_is_no_pass_where_the_running_machine_did_not_tell() {
        use Verdict::{Error, Fail, NotAssessable, Pass};
        let on_and_runs = asked(Some(true), Some(true));
        let off_and_still = asked(Some(false), Some(false));
        let runs = asked(None, Some(true));
        for (asked, of, on_machine, on_tree) in [
            (&on_and_runs, &[(true, Some(true))][..], Pass, Pass),
            (&on_and_runs, &[(true, Some(false))], Fail, Fail),
            (&on_and_runs, &[(true, None)], Error, Pass),
            (&on_and_runs, &[(false, None)], Fail, Fail),
            (
                &on_and_runs,
                &[(true, None), (false, Some(true))],
                Pass,
                Pass,
            ),
            (&off_and_still, &[(false, Some(false))], Pass, Pass),
            (&off_and_still, &[(false, None)], Error, Pass),
            (
                &off_and_still,
                &[(false, None), (false, Some(true))],
                Fail,
                Fail,
            ),
            (&runs, &[(true, None)], Error, NotAssessable),
        ] {
            let states = states(of);
            assert_eq!(decide(asked, &states, true), on_machine, "{asked:?} {of:?}");
            assert_eq!(decide(asked, &states, false), on_tree, "{asked:?} {of:?}");
        }
    }

    #[test]
    fn what_starts_is_enabled_and_what_nobody_wants_is_not() {
        use Verdict::{Error, Fail, Pass};
        let (on, off) = (
            "{service: {names: [x], enabled: true}}",
            "{service: {names: [x], enabled: false}}",
        );
        let folder = "/usr/lib/systemd/system";
        let plain = (&*format!("{folder}/x.service"), "[Service]\nExecStart=/x\n");
        let wanted = (&*format!("{folder}/y.target.wants/x.service"), "");
        is(Fail, on, &[plain]);
        is(Pass, off, &[plain]);
        is(Pass, on, &[plain, wanted]);
        is(Fail, off, &[plain, wanted]);
        // Masked, whatever wants it.
        let masked = ("/etc/systemd/system/x.service", "");
        is(Pass, off, &[plain, wanted, masked]);
        is(Fail, on, &[plain, wanted, masked]);
        let large = "x".repeat(2 << 20);
        is(Error, off, &[("/etc/systemd/system/x.service", &large)]);
    }

    #[test]
    fn units_are_listed_once_and_whoever_asks_depends_on_all_folders() {
        let folder = "/usr/lib/systemd/system";
        let root = tree(&[(&*format!("{folder}/x.service"), "[Service]\nExecStart=/x\n")]);
        let (host, trace) = Host::at(root.path(), SystemClock::shared()).traced();
        let sources = Sources::followed(&host, trace);
        let verdict = |check: &str| {
            let verdict = evaluate(&testing::rule(check), &Values::new(), &sources).verdict;
            (verdict, sources.take_reads())
        };
        let (first, _) = verdict("{service: {names: [x], enabled: false}}");
        assert_eq!(first, Verdict::Pass);
        let wants = root.path().join("etc/systemd/system/y.target.wants");
        fs::create_dir_all(&wants).unwrap();
        fs::write(wants.join("x.service"), "").unwrap();
        let (second, reads) = verdict("{service: {names: [x], enabled: true}}");
        assert_eq!(second, Verdict::Fail, "as it was when it was listed");
        for folder in [folder, "/etc/systemd/system", "/run/systemd/system"] {
            assert!(reads.paths.contains(Path::new(folder)), "{folder}");
        }
    }

    #[test]
    fn units_of_different_types_are_different_units() {
        let socket = ("/usr/lib/systemd/system/x.socket", "[Socket]\n");
        let wanted = ("/usr/lib/systemd/system/sockets.target.wants/x.socket", "");
        let service = ("/usr/lib/systemd/system/x.service", "[Service]\n");
        let files = [socket, wanted, service];
        is(
            Verdict::Pass,
            "{socket: {names: [x], enabled: true}}",
            &files,
        );
        is(
            Verdict::Pass,
            "{service: {names: [x], enabled: false}}",
            &files,
        );
        let root = tree(&files[..2]);
        let host = Host::at(root.path(), SystemClock::shared());
        let services = started(&Sources::of(&host)).unwrap();
        assert_eq!(services, (vec![], false), "a socket is no service");
    }
}
