//! `audit_rule`: events that the kernel must record, by what rules mean and not by their text. The
//! files decide what the next boot will do; what is loaded now is asked of the kernel, and where that
//! may not be, the evidence says so.

use std::collections::BTreeMap;

use shared::rule::{
    check::{AuditRule, Missing},
    expect::{self, Scalar},
    result::Verdict,
    variable::Values,
};

use super::{Seen, Sources};

/// What a condition means, and what follows from it.
mod condition;

/// What must be recorded, and which rule decides.
mod event;

/// What one line says.
mod line;

/// What the files say, and the kernel.
mod told;

/// The events that a check asks for.
mod wanted;

use self::{
    event::{Event, Fate, Sourced},
    told::Told,
    wanted::{events, place},
};

/// What the kernel has now.
const LOADED: &str = "loaded";

/// What everybody asks, read once.
struct Audit {
    disk: Result<Option<Told>, Seen>,
    loaded: Result<Told, String>,
}

pub(super) fn judge(asked: &AuditRule, values: &Values, sources: &Sources<'_>) -> Seen {
    let paths = match expect::bound(&asked.paths, values) {
        Ok(paths) => paths,
        Err(why) => return Seen::verdict(Verdict::Error, "a path", why),
    };
    let asked = &AuditRule {
        paths,
        ..asked.clone()
    };
    let expected = expected(asked);
    let audit = sources.once(|| {
        sources.unheard();
        let mut audit = Audit {
            disk: told::on_disk(sources),
            loaded: told::loaded(sources.host()),
        };
        let disk = audit.disk.iter_mut().flatten();
        for told in disk.chain(audit.loaded.iter_mut()) {
            for target in told
                .rules
                .iter_mut()
                .filter_map(|one| one.rule.target.as_mut())
            {
                let place = place(sources, target.path());
                *target.path_mut() = place;
            }
        }
        audit
    });
    let disk = match &audit.disk {
        Ok(disk) => disk.as_ref(),
        Err(seen) => {
            let mut seen = seen.clone();
            seen.expected = expected;
            return seen;
        }
    };
    let loaded = audit.loaded.as_ref().ok();
    let read: Vec<String> = [disk, loaded]
        .into_iter()
        .flatten()
        .flat_map(|told| told.read.clone())
        .collect();
    if disk.is_none() && loaded.is_none_or(|told| told.rules.is_empty()) {
        let actual = "there are no audit rules";
        return Seen::missing(asked.missing.unwrap_or(Missing::Fail), expected, actual)
            .read(["/etc/audit/rules.d", "/etc/audit/audit.rules"]);
    }
    let empty = Told::default();
    // What only the kernel has is gone with the next boot.
    let mut places = vec![("on disk", disk.unwrap_or(&empty))];
    places.extend(loaded.map(|told| (LOADED, told)));
    let mut seen = if let Some(seen) = state(asked, &places, &expected) {
        seen
    } else {
        let events = match events(asked, sources) {
            Ok(events) => events,
            Err(mut seen) => {
                seen.expected = expected;
                return seen;
            }
        };
        recorded(&events, asked.key.as_deref(), &places, expected)
    };
    if let Err(why) = &audit.loaded {
        seen.actual += &format!("; the kernel was not asked: {why}");
    }
    seen.read(read)
}

/// What is asked about audit itself; `None` where it is about events.
fn state(asked: &AuditRule, places: &[(&str, &Told)], expected: &str) -> Option<Seen> {
    let said = |option: &str, value: Option<u8>| {
        value.map_or(format!("no {option}"), |value| format!("{option} {value}"))
    };
    let of = |audit: &Told| -> Option<(bool, String)> {
        if asked.immutable {
            return Some((audit.enabled == Some(2), said("-e", audit.enabled)));
        }
        if let Some(mode) = asked.failure_mode {
            // As the kernel has it until it is told.
            let is = audit.failure.unwrap_or(1);
            return Some((is >= mode, said("-f", audit.failure)));
        }
        let named = |is: bool, option: &str| {
            let without = if is { "" } else { "no " };
            Some((is, format!("{without}{option}")))
        };
        if asked.login_uids_immutable {
            return named(audit.login_uids_immutable, "--loginuid-immutable");
        }
        if asked.continue_loading {
            return named(audit.continues, "-c before the first rule");
        }
        None
    };
    // The kernel does not know how its rules came to it.
    let places = if asked.continue_loading {
        &places[..1]
    } else {
        places
    };
    let mut told = Vec::new();
    let mut passes = true;
    for (place, audit) in places {
        let (is, what) = of(audit)?;
        passes &= is;
        told.push(format!("{place} {what}"));
    }
    Some(Seen::of(passes, expected, told.join(", ")))
}

fn recorded(
    events: &[Event],
    key: Option<&str>,
    places: &[(&str, &Told)],
    expected: String,
) -> Seen {
    if events.is_empty() {
        let actual = "there is no such program or call here";
        return Seen::missing(Missing::NotApplicable, expected, actual);
    }
    // What is wrong, each with the events that it is about.
    let mut wrong = BTreeMap::<String, Vec<&str>>::new();
    let mut by = Vec::new();
    let mut but = Vec::new();
    let mut doubts = Vec::new();
    let origin = |one: &Sourced| one.origin.clone();
    let is_asked = places.iter().any(|(place, _)| *place == LOADED);
    for (place, audit) in places {
        if audit.enabled == Some(0) {
            wrong.insert(format!("{place} audit is switched off"), Vec::new());
        }
        // What the kernel has came through, whatever stands before it in a file.
        let may_doubt = *place == LOADED || !is_asked;
        for event in events {
            let why = match event::fate(event, key, &audit.rules) {
                Fate::Recorded { by: one, but: some } => {
                    let after = one.after.as_ref().filter(|_| may_doubt);
                    doubts.extend(after.map(|line| (origin(one), line)));
                    by.push(origin(one));
                    but.extend(some.into_iter().map(origin));
                    continue;
                }
                Fate::UnderAnotherKey(one) => {
                    format!("{place} under another key by {}", origin(one))
                }
                Fate::TakenAway(one) => format!("{place} taken away by {}", origin(one)),
                Fate::NotRecorded => format!("{place} not recorded"),
            };
            wrong.entry(why).or_default().push(&event.name);
        }
    }
    for list in [&mut by, &mut but] {
        list.sort();
        list.dedup();
    }
    let offenders: Vec<String> = wrong
        .into_iter()
        .flat_map(|(why, names)| {
            if names.is_empty() {
                return vec![why];
            }
            names.iter().map(|name| format!("{name}: {why}")).collect()
        })
        .collect();
    let mut actual = match offenders.as_slice() {
        [] => format!("recorded by {}", by.join(", ")),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one}, and {} more", rest.len()),
    };
    if !but.is_empty() {
        actual += &format!("; but not what {} takes away", but.join(", "));
    }
    let unclear: Vec<_> = places
        .iter()
        .flat_map(|(_, audit)| audit.unclear.iter().map(String::as_str))
        .collect();
    if !unclear.is_empty() {
        actual += &format!("; not understood: {}", unclear.join(", "));
    }
    if let (true, Some((rule, line))) = (offenders.is_empty(), doubts.first()) {
        let why = format!("whether {rule} comes into force is not known: {line} is not understood");
        return Seen::verdict(Verdict::Error, expected, why);
    }
    let mut seen = Seen::of(offenders.is_empty(), expected, actual);
    seen.offenders = offenders;
    seen
}

fn expected(asked: &AuditRule) -> String {
    if asked.immutable {
        return "-e 2: no rule can be changed until the next boot".into();
    }
    if asked.login_uids_immutable {
        return "--loginuid-immutable: who began a session stays as it is".into();
    }
    if let Some(mode) = asked.failure_mode {
        return format!("-f {mode} or stricter, when nothing can be recorded any more");
    }
    if asked.continue_loading {
        return "-c before the first rule: one that is refused keeps no other out".into();
    }
    let mut parts = Vec::new();
    if asked.privileged_commands {
        parts.push("programs that run as somebody else".to_owned());
    }
    if !asked.syscalls.is_empty() {
        parts.push(asked.syscalls.join(", "));
    }
    if !asked.paths.is_empty() {
        let perms = asked.perms.as_deref().unwrap_or("wa");
        let perms = if asked.syscalls.is_empty() { perms } else { "" };
        let paths: Vec<_> = asked
            .paths
            .iter()
            .map(|Scalar(path)| path.as_str())
            .collect();
        parts.push(format!("{perms} of {}", paths.join(", ")));
    }
    if !asked.fields.is_empty() {
        parts.push(format!("where {}", asked.fields.join(", ")));
    }
    parts.extend(asked.key.iter().map(|key| format!("under the key {key}")));
    format!("recorded: {}", parts.join(" "))
}

#[cfg(test)]
mod tests;
