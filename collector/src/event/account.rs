use std::collections::BTreeSet;

use serde_json::Value;

use super::{Code, Event, Transition, fields, text};

/// Groups whose members have the rights of root, or can take them: by the defaults of Debian, Ubuntu and RHEL.
const PRIVILEGED: [&str; 8] = [
    "root", "sudo", "wheel", "admin", "docker", "lxd", "disk", "shadow",
];

/// From so many failed logins on since the last look it is told.
const FAILURES: u64 = 10;

pub(super) fn user(of: Transition<'_>) -> Vec<Event> {
    let name = of.key;
    let uid = |value: &Value| value.get("uid").and_then(Value::as_u64);
    let is_root = |value: Option<&Value>| value.and_then(uid) == Some(0);
    let mut events = Vec::new();
    match (of.before, of.after) {
        (None, Some(after)) => {
            let uid = uid(after).map_or_else(String::new, |uid| format!(" (uid {uid})"));
            events.push(Event::new(
                Code::USER_CREATED,
                name,
                format!("account {name} was made{uid}"),
            ));
        }
        (Some(_), None) => {
            return vec![Event::new(
                Code::USER_DELETED,
                name,
                format!("account {name} is gone"),
            )];
        }
        _ => {}
    }
    if is_root(of.after) && !is_root(of.before) {
        let text = format!("account {name} has the number 0: it is root by another name");
        events.push(Event::new(Code::USER_IS_ROOT, name, text));
    }
    let (before, after) = fields(of, "password");
    let is =
        |value: Option<&Value>, field: &str| value.and_then(|value| value.get(field)?.as_bool());
    if is(after, "empty") == Some(true) && is(before, "empty") != Some(true) {
        let text = format!("account {name} opens without a password");
        events.push(Event::new(Code::USER_NO_PASSWORD, name, text));
    }
    match (is(before, "locked"), is(after, "locked")) {
        (Some(false), Some(true)) => {
            let text = format!("no password opens account {name} any more");
            events.push(Event::new(Code::USER_LOCKED, name, text));
        }
        (Some(true), Some(false)) => {
            let text = format!("a password opens account {name} again");
            events.push(Event::new(Code::USER_UNLOCKED, name, text));
        }
        _ => {}
    }
    let day = |value: Option<&Value>| value.and_then(|value| value.get("changed_day")?.as_i64());
    if let (Some(before), Some(after)) = (day(before), day(after))
        && before != after
    {
        let text = format!("the password of account {name} was changed");
        events.push(Event::new(Code::PASSWORD_CHANGED, name, text));
    }
    let (before, after) = fields(of, "sudo");
    match (
        is(before, "all").unwrap_or(false),
        is(after, "all").unwrap_or(false),
    ) {
        (false, true) => {
            let text = format!("account {name} may run any command with sudo");
            events.push(Event::new(Code::USER_MAY_SUDO, name, text));
        }
        // `None`: it could not be read, which says nothing.
        (true, false) if after.is_some() => {
            let text = format!("account {name} may not run any command with sudo any more");
            events.push(Event::new(Code::USER_MAY_NOT_SUDO, name, text));
        }
        _ => {}
    }
    events
}

pub(super) fn group(of: Transition<'_>) -> Vec<Event> {
    let name = of.key;
    let members = |value: Option<&Value>| -> BTreeSet<String> {
        let members = value.and_then(|value| value.get("members")?.as_array());
        let members = members.into_iter().flatten().filter_map(Value::as_str);
        members.map(str::to_owned).collect()
    };
    let (before, after) = (members(of.before), members(of.after));
    let joined: Vec<&String> = after.difference(&before).collect();
    let left: Vec<&String> = before.difference(&after).collect();
    let mut events = Vec::new();
    match (of.before, of.after) {
        (None, Some(_)) => {
            events.push(Event::new(
                Code::GROUP_CREATED,
                name,
                format!("group {name} was made"),
            ));
        }
        (Some(_), None) => {
            events.push(Event::new(
                Code::GROUP_DELETED,
                name,
                format!("group {name} is gone"),
            ));
        }
        _ if !PRIVILEGED.contains(&name) && !(joined.is_empty() && left.is_empty()) => {
            let text = format!("group {name}: {}", told(&joined, &left));
            events.push(Event::new(Code::GROUP_CHANGED, name, text));
        }
        _ => {}
    }
    if PRIVILEGED.contains(&name) {
        events.extend(joined.iter().map(|user| {
            let text = format!("{user} joined the group {name}, which gives the rights of root");
            Event::new(Code::PRIVILEGED_GROUP_ADDED, format!("{user} {name}"), text)
        }));
        events.extend(left.iter().map(|user| {
            let text = format!("{user} left the group {name}");
            Event::new(
                Code::PRIVILEGED_GROUP_REMOVED,
                format!("{user} {name}"),
                text,
            )
        }));
    }
    events
}

fn told(joined: &[&String], left: &[&String]) -> String {
    let list = |names: &[&String]| {
        names
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (joined, left) {
        (joined, []) => format!("{} joined", list(joined)),
        ([], left) => format!("{} left", list(left)),
        (joined, left) => format!("{} joined, {} left", list(joined), list(left)),
    }
}

pub(super) fn ssh_key(of: Transition<'_>) -> Vec<Event> {
    // Host keys and authorities have no user.
    let user = text(of, "user");
    if user.is_empty() {
        return Vec::new();
    }
    let key = format!("{} {}", text(of, "algorithm"), text(of, "fingerprint"));
    match (of.before, of.after) {
        (None, Some(_)) => {
            vec![Event::new(
                Code::SSH_KEY_ADDED,
                of.key,
                format!("the key {key} opens account {user}"),
            )]
        }
        (Some(_), None) => {
            let text = format!("the key {key} opens account {user} no more");
            vec![Event::new(Code::SSH_KEY_REMOVED, of.key, text)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn sudo_rule(of: Transition<'_>) -> Vec<Event> {
    match (of.before, of.after) {
        (None, Some(_)) => {
            vec![Event::new(
                Code::SUDO_RULE_ADDED,
                of.key,
                format!("sudo has the rule {}", of.key),
            )]
        }
        (Some(_), None) => {
            let text = format!("sudo has the rule {} no more", of.key);
            vec![Event::new(Code::SUDO_RULE_REMOVED, of.key, text)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn login(of: Transition<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let (before, after) = fields(of, "last_from");
    if let Some(from) = after.and_then(Value::as_str)
        && before.and_then(Value::as_str) != Some(from)
    {
        let text = format!("{} logged in from {from}", of.key);
        events.push(Event::new(Code::LOGIN_NEW_SOURCE, of.key, text));
    }
    let (before, after) = fields(of, "failed_count");
    let count = |value: Option<&Value>| value.and_then(Value::as_u64);
    if let (Some(before), Some(after)) = (count(before), count(after))
        && after >= before.saturating_add(FAILURES)
    {
        let who = if of.key == ":unknown" {
            "unknown accounts"
        } else {
            of.key
        };
        let text = format!("{} logins of {who} failed", after - before);
        events.push(Event::new(Code::LOGIN_FAILURES, of.key, text));
    }
    events
}
