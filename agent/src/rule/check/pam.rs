//! `pam`: a module in the stacks of some services, with what they include in its place.

use shared::rule::{
    check::{Missing, Pam, Presence},
    expect::Expect,
};

use super::{Seen, Sources};

/// The files.
mod stack;

use self::stack::{Control, Module};

pub(super) fn judge(asked: &Pam, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = expected(asked, expect);
    let mut read = Vec::new();
    let mut told = Vec::new();
    let mut offenders = Vec::new();
    for service in &asked.services {
        let modules = stack::file(service, sources).and_then(|path| {
            path.map(|path| stack::modules(&path, asked.facility, sources, &mut read))
                .transpose()
        });
        let modules = match modules {
            Ok(Some(modules)) => modules,
            Ok(None) => continue,
            Err(mut seen) => {
                seen.expected = expected;
                return seen;
            }
        };
        match wrong(asked, expect, &modules) {
            Ok(is) => told.push(format!("{service}: {is}")),
            Err(why) => offenders.push(format!("{service}: {why}")),
        }
    }
    if told.is_empty() && offenders.is_empty() {
        let actual = format!("no service {}", asked.services.join(" or "));
        let paths = asked
            .services
            .iter()
            .map(|name| format!("/etc/pam.d/{name}"));
        return Seen::missing(asked.missing.unwrap_or(Missing::Fail), expected, actual).read(paths);
    }
    let actual = if offenders.is_empty() {
        told.join("; ")
    } else {
        offenders.join("; ")
    };
    let mut seen = Seen::of(offenders.is_empty(), expected, actual).read(read);
    seen.offenders = offenders;
    seen
}

/// What there is, or what of it is not as it must be.
fn wrong(asked: &Pam, expect: &Expect, modules: &[Module]) -> Result<String, String> {
    let having = |module: &Module| {
        let mut wanted = asked.having.iter().flatten();
        wanted.all(|argument| module.arguments.contains(argument))
    };
    let name = stack::plain(&asked.module);
    let lines: Vec<(usize, &Module)> = modules
        .iter()
        .enumerate()
        .filter(|(_, module)| module.name == name && having(module))
        .collect();
    if asked.must == Some(Presence::Absent) {
        let offends = |module: &Module| match &asked.argument {
            None => true,
            Some(argument) => value(module, argument).is_some(),
        };
        return match lines.iter().find(|(_, module)| offends(module)) {
            Some((_, module)) => Err(shown(module)),
            None if lines.is_empty() => Ok(format!("no {name}")),
            None => Ok(format!("{name} without it")),
        };
    }
    if lines.is_empty() {
        return Err(format!("no {name}"));
    }
    let controls: Vec<Control> = asked
        .control
        .iter()
        .flatten()
        .map(|control| Control::of(control))
        .collect();
    let placed: Vec<_> = lines
        .iter()
        .filter(|(_, module)| {
            controls.is_empty()
                || controls
                    .iter()
                    .any(|one| one.means_the_same(&module.control))
        })
        .collect();
    if placed.is_empty() {
        let (_, first) = lines[0];
        return Err(format!("{} in {}", first.control.said(), shown(first)));
    }
    let first_of = |name: &str| {
        modules
            .iter()
            .position(|module| module.name == stack::plain(name))
    };
    let placed: Vec<_> = placed
        .into_iter()
        .filter(|(at, _)| {
            let before = asked
                .before
                .as_deref()
                .and_then(first_of)
                .is_none_or(|other| *at < other);
            let after = asked
                .after
                .as_deref()
                .is_none_or(|name| first_of(name).is_some_and(|other| *at > other));
            before && after
        })
        .collect();
    let Some((_, found)) = placed.first() else {
        return Err(format!("in another place: {}", shown(lines[0].1)));
    };
    let Some(argument) = &argument(asked) else {
        return Ok(shown(found));
    };
    let value = |module: &Module| match &asked.last_of {
        Some(names) => last_of(module, names),
        None => value(module, argument),
    };
    let values: Vec<(&Module, String)> = placed
        .iter()
        .filter_map(|(_, module)| Some((*module, value(module)?)))
        .collect();
    if *expect == Expect::default() {
        return match values.first() {
            Some((module, _)) => Ok(shown(module)),
            None => Err(format!("without {argument}: {}", shown(found))),
        };
    }
    if values.is_empty() {
        return match &asked.default {
            Some(default) if expect.admits(&default.0) => Ok(format!(
                "without {argument}, which means {}: {}",
                default.0,
                shown(found)
            )),
            Some(default) => Err(format!(
                "without {argument}, which means {}: {}",
                default.0,
                shown(found)
            )),
            None => Err(format!("without {argument}: {}", shown(found))),
        };
    }
    match values.iter().find(|(_, value)| !expect.admits(value)) {
        Some((module, value)) => Err(format!("{argument} {value}: {}", shown(module))),
        None => Ok(shown(values[0].0)),
    }
}

/// What is compared, by its name.
fn argument(asked: &Pam) -> Option<String> {
    let names = asked.last_of.as_ref();
    let either = names.map(|names| format!("one of {}", names.join(", ")));
    asked.argument.clone().or(either)
}

/// Of arguments that exclude each other the last.
fn last_of(module: &Module, names: &[String]) -> Option<String> {
    let mut last = module.arguments.iter().rev();
    last.find(|argument| names.contains(argument)).cloned()
}

/// The value of an argument, by the last that has this name; `yes` of one without `=`.
fn value(module: &Module, name: &str) -> Option<String> {
    let of = |argument: &String| {
        let (own, value) = argument.split_once('=').unwrap_or((argument, "yes"));
        (own == name).then(|| value.to_owned())
    };
    module.arguments.iter().filter_map(of).next_back()
}

fn shown(module: &Module) -> String {
    let mut text = module.name.clone();
    for argument in &module.arguments {
        text += " ";
        text += argument;
    }
    format!("{text} ({})", module.origin)
}

fn expected(asked: &Pam, expect: &Expect) -> String {
    let mut text = match asked.must {
        Some(Presence::Absent) if asked.argument.is_none() => "no ".to_owned(),
        _ => String::new(),
    };
    text += &format!("{} {}", asked.facility.name(), asked.module);
    for argument in asked.having.iter().flatten() {
        text += &format!(" {argument}");
    }
    if let Some(argument) = &argument(asked) {
        let with = if asked.must == Some(Presence::Absent) {
            "without"
        } else {
            "with"
        };
        text += &format!(" {with} {argument}");
        if *expect != Expect::default() {
            text += &format!(" {expect}");
        }
    }
    if let Some(control) = &asked.control {
        text += &format!(", {}", control.join(" or "));
    }
    text += &asked
        .before
        .as_ref()
        .map(|name| format!(", before {name}"))
        .unwrap_or_default();
    text += &asked
        .after
        .as_ref()
        .map(|name| format!(", after {name}"))
        .unwrap_or_default();
    text
}

#[cfg(test)]
mod tests;
