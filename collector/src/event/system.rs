use serde_json::Value;

use super::{Code, Event, Transition, fields, text, turned};

/// Where nothing else is said, these are the codes of what appears and of what goes away.
const COMES_AND_GOES: [(&str, Code, Code); 2] = [
    ("address", Code::ADDRESS_ADDED, Code::ADDRESS_REMOVED),
    (
        "mount",
        Code::FILESYSTEM_MOUNTED,
        Code::FILESYSTEM_UNMOUNTED,
    ),
];

pub(super) fn events(of: Transition<'_>) -> Vec<Event> {
    match of.kind {
        "package" => package(of).into_iter().collect(),
        "update" => update(of).into_iter().collect(),
        "os" => os(of),
        "service" => service(of),
        "container" => container(of).into_iter().collect(),
        "listener" => listener(of).into_iter().collect(),
        "firewall_rule" => vec![firewall(of)],
        "kernel_module" => module(of).into_iter().collect(),
        "sysctl" => sysctl(of).into_iter().collect(),
        "timer" => timer(of).into_iter().collect(),
        "certificate" => certificate(of).into_iter().collect(),
        kind => {
            let known = COMES_AND_GOES.iter().find(|(name, ..)| *name == kind);
            known
                .and_then(|known| comes_and_goes(of, known))
                .into_iter()
                .collect()
        }
    }
}

fn comes_and_goes(of: Transition<'_>, (_, comes, goes): &(&str, Code, Code)) -> Option<Event> {
    let (code, word) = match (of.before, of.after) {
        (None, Some(_)) => (*comes, "is there"),
        (Some(_), None) => (*goes, "is gone"),
        _ => return None,
    };
    Some(Event::new(
        code,
        of.key,
        format!("{} {} {word}", of.kind, of.key),
    ))
}

fn package(of: Transition<'_>) -> Option<Event> {
    let (key, version) = (of.key, text(of, "version"));
    let event = match (of.before, of.after) {
        (None, Some(_)) => Event::new(
            Code::PACKAGE_INSTALLED,
            key,
            format!("{key} {version} was installed"),
        ),
        (Some(_), None) => Event::new(
            Code::PACKAGE_REMOVED,
            key,
            format!("{key} {version} is gone"),
        ),
        _ => {
            let (before, after) = turned(of, "version")?;
            Event::new(
                Code::PACKAGE_UPDATED,
                key,
                format!("{key} was {before}, now {after}"),
            )
        }
    };
    Some(event)
}

fn update(of: Transition<'_>) -> Option<Event> {
    if of.key == "@reboot" {
        let (before, after) = fields(of, "required");
        let required = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(true);
        return (required(after) && !required(before)).then(|| {
            Event::new(
                Code::REBOOT_REQUIRED,
                "reboot",
                "the host waits for a restart",
            )
        });
    }
    let is_security = |value: Option<&Value>| {
        value.and_then(|value| value.get("security")?.as_bool()) == Some(true)
    };
    (is_security(of.after) && !is_security(of.before)).then(|| {
        let text = format!(
            "{} of {} mends a vulnerability",
            text(of, "available"),
            of.key
        );
        Event::new(Code::SECURITY_UPDATE, of.key, text)
    })
}

fn os(of: Transition<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some((before, after)) = turned(of, "kernel") {
        let text = format!("the kernel was {before}, now {after}");
        events.push(Event::new(Code::KERNEL_UPDATED, after, text));
    }
    if turned(of, "boot_id").is_some() {
        events.push(Event::new(
            Code::REBOOT_COMPLETED,
            "boot",
            "the host was started anew",
        ));
    }
    if let Some((before, after)) = turned(of, "hostname") {
        let text = format!("the host was called {before}, now {after}");
        events.push(Event::new(Code::HOSTNAME_CHANGED, after, text));
    }
    events
}

fn service(of: Transition<'_>) -> Vec<Event> {
    let key = of.key;
    let mut events = Vec::new();
    let state = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .unwrap_or("inactive")
            .to_owned()
    };
    let (before, after) = fields(of, "active_state");
    let (before, after) = (state(before), state(after));
    let is_up = |state: &str| matches!(state, "active" | "reloading");
    if after == "failed" && before != "failed" {
        events.push(Event::new(
            Code::SERVICE_FAILED,
            key,
            format!("{key} failed"),
        ));
    } else if is_up(&after) && !is_up(&before) && of.before.is_some() {
        events.push(Event::new(
            Code::SERVICE_STARTED,
            key,
            format!("{key} started"),
        ));
    } else if is_up(&before) && !is_up(&after) && after != "activating" {
        events.push(Event::new(
            Code::SERVICE_STOPPED,
            key,
            format!("{key} stopped"),
        ));
    }
    match turned(of, "unit_file_state") {
        Some((before, "enabled")) => {
            let text = format!("{key} is started at boot (it was {before})");
            events.push(Event::new(Code::SERVICE_ENABLED, key, text));
        }
        Some(("enabled", after)) => {
            let text = format!("{key} is not started at boot any more ({after})");
            events.push(Event::new(Code::SERVICE_DISABLED, key, text));
        }
        _ => {}
    }
    events
}

fn container(of: Transition<'_>) -> Option<Event> {
    let runs = |value: Option<&Value>| {
        value.and_then(|value| value.get("state")?.as_str()) == Some("running")
    };
    let name = Some(text(of, "name"))
        .filter(|name| !name.is_empty())
        .unwrap_or(of.key);
    match (runs(of.before), runs(of.after)) {
        (false, true) => {
            let text = format!("container {name} runs {}", text(of, "image"));
            Some(Event::new(Code::CONTAINER_STARTED, of.key, text))
        }
        (true, false) => Some(Event::new(
            Code::CONTAINER_STOPPED,
            of.key,
            format!("container {name} runs no more"),
        )),
        _ => None,
    }
}

fn listener(of: Transition<'_>) -> Option<Event> {
    let programs = |value: &Value| {
        let programs = value.get("programs").and_then(Value::as_array);
        let names = programs.into_iter().flatten().filter_map(Value::as_str);
        let names = names.collect::<Vec<_>>().join(", ");
        if names.is_empty() {
            "a program".to_owned()
        } else {
            names
        }
    };
    match (of.before, of.after) {
        (None, Some(after)) => {
            let text = format!("{} listens on {}", programs(after), of.key);
            Some(Event::new(Code::PORT_OPENED, of.key, text))
        }
        (Some(_), None) => Some(Event::new(
            Code::PORT_CLOSED,
            of.key,
            format!("nobody listens on {} any more", of.key),
        )),
        _ => None,
    }
}

fn firewall(of: Transition<'_>) -> Event {
    let word = match (of.before, of.after) {
        (None, _) => "was added",
        (_, None) => "is gone",
        _ => "is another",
    };
    Event::new(
        Code::FIREWALL_CHANGED,
        of.key,
        format!("firewall: {} {word}", of.key),
    )
}

fn module(of: Transition<'_>) -> Option<Event> {
    let loaded = |value: Option<&Value>| value.and_then(|value| value.get("loaded")?.as_bool());
    match (loaded(of.before), loaded(of.after)) {
        (None | Some(false), Some(true)) => Some(Event::new(
            Code::MODULE_LOADED,
            of.key,
            format!("kernel module {} was loaded", of.key),
        )),
        (Some(true), None | Some(false)) => Some(Event::new(
            Code::MODULE_UNLOADED,
            of.key,
            format!("kernel module {} was unloaded", of.key),
        )),
        _ => None,
    }
}

fn sysctl(of: Transition<'_>) -> Option<Event> {
    let (before, after) = turned(of, "running")?;
    let text = format!("{} was {before}, now {after}", of.key);
    Some(Event::new(Code::SYSCTL_CHANGED, of.key, text))
}

fn timer(of: Transition<'_>) -> Option<Event> {
    match (of.before, of.after) {
        (None, Some(_)) => Some(Event::new(
            Code::TIMER_ADDED,
            of.key,
            format!("{} is run at certain times", of.key),
        )),
        (Some(_), None) => Some(Event::new(
            Code::TIMER_REMOVED,
            of.key,
            format!("{} is not run any more", of.key),
        )),
        _ => None,
    }
}

fn certificate(of: Transition<'_>) -> Option<Event> {
    let (subject, path) = (text(of, "subject"), text(of, "path"));
    let (code, word) = match (of.before, of.after) {
        (None, Some(_)) => (Code::CERTIFICATE_ADDED, "is there"),
        (Some(_), None) => (Code::CERTIFICATE_REMOVED, "is gone"),
        _ => return None,
    };
    // Of a bundle or a file that could not be read there is no subject.
    (!subject.is_empty()).then(|| {
        Event::new(
            code,
            of.key,
            format!("certificate {subject} in {path} {word}"),
        )
    })
}
