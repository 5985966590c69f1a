//! `audit_rule`: events that the kernel must record, by what rules mean and not by their text. The
//! files decide what the next boot will do; what is loaded now is asked of the kernel, and where that
//! may not be, the evidence says so.

use std::collections::BTreeMap;

use shared::rule::check::{AuditRule, Missing};

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

/// What everybody asks, read once.
struct Audit {
    disk: Result<Option<Told>, Seen>,
    loaded: Result<Told, String>,
}

pub(super) fn judge(asked: &AuditRule, sources: &Sources<'_>) -> Seen {
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
    places.extend(loaded.map(|told| ("loaded", told)));
    let mut seen = if asked.immutable {
        immutable(&places, expected)
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

fn immutable(places: &[(&str, &Told)], expected: String) -> Seen {
    let mut told = Vec::new();
    let mut passes = true;
    for (place, audit) in places {
        passes &= audit.enabled == Some(2);
        let said = audit
            .enabled
            .map_or("no -e".into(), |state| format!("-e {state}"));
        told.push(format!("{place} {said}"));
    }
    Seen::of(passes, expected, told.join(", "))
}

fn recorded(
    events: &[Event],
    key: Option<&str>,
    places: &[(&str, &Told)],
    expected: String,
) -> Seen {
    if events.is_empty() {
        return Seen::of(true, expected, "there is no such program or call here");
    }
    // What is wrong, each with the events that it is about.
    let mut wrong = BTreeMap::<String, Vec<&str>>::new();
    let mut by = Vec::new();
    let mut but = Vec::new();
    let origin = |one: &Sourced| one.origin.clone();
    for (place, audit) in places {
        if *place == "loaded" && audit.enabled == Some(0) {
            wrong.insert("audit is switched off in the kernel".into(), Vec::new());
        }
        for event in events {
            let why = match event::fate(event, key, &audit.rules) {
                Fate::Recorded { by: one, but: some } => {
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
    let mut seen = Seen::of(offenders.is_empty(), expected, actual);
    seen.offenders = offenders;
    seen
}

fn expected(asked: &AuditRule) -> String {
    if asked.immutable {
        return "-e 2: no rule can be changed until the next boot".into();
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
        parts.push(format!("{perms} of {}", asked.paths.join(", ")));
    }
    if !asked.fields.is_empty() {
        parts.push(format!("where {}", asked.fields.join(", ")));
    }
    parts.extend(asked.key.iter().map(|key| format!("under the key {key}")));
    format!("recorded: {}", parts.join(" "))
}

#[cfg(test)]
mod tests;
