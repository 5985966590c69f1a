//! `kernel_argument`: a word of the kernel's command line, as the running kernel was started and as
//! the next boot will start it.

use shared::rule::{
    check::{KernelArgument, Missing, Presence, When},
    expect::Expect,
    result::Verdict,
};

use super::{Seen, Sources};

/// The entries of boot loaders.
mod boot;

/// Words of a command line.
mod words;

/// The boot record of an IBM Z.
mod zipl;

use self::boot::Entry;

const RUNNING: &str = "/proc/cmdline";

pub(super) fn judge(asked: &KernelArgument, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = match asked.must {
        Some(Presence::Present) => format!("{} on every command line", asked.name),
        Some(Presence::Absent) => format!("{} on no command line", asked.name),
        None => format!("{} {expect} on every command line", asked.name),
    };
    let mut entries = Vec::new();
    if asked.when != Some(When::Configured) {
        match sources.text(RUNNING).as_ref() {
            Ok(text) => entries.push(Entry {
                name: "the running kernel".into(),
                file: RUNNING.into(),
                line: text.trim().to_owned(),
            }),
            Err(error) if error.is_absent() => {}
            Err(error) => return Seen::unreadable(error, expected).read([RUNNING]),
        }
    }
    if asked.when != Some(When::Running) {
        let configured = sources.once(|| boot::entries(sources));
        match configured.as_ref() {
            Ok(configured) => entries.extend(configured.iter().cloned()),
            Err(seen) => {
                let mut seen = seen.clone();
                seen.expected = expected;
                return seen;
            }
        }
    }
    if entries.is_empty() {
        let actual = "there is neither a running kernel to ask nor one to boot";
        let means = asked.missing.unwrap_or(Missing::NotApplicable);
        return Seen::missing(means, expected, actual).read([RUNNING, "/boot", boot::DEFAULTS]);
    }
    let mut read: Vec<String> = entries.iter().map(|entry| entry.file.clone()).collect();
    read.dedup();
    let judged: Vec<(bool, String)> = entries
        .iter()
        .map(|entry| {
            let value = words::value(&entry.line, &asked.name);
            let (fits, is) = match (asked.must, &value) {
                (Some(Presence::Absent), value) => (value.is_none(), value),
                (Some(Presence::Present), value) => (value.is_some(), value),
                (None, value) => (
                    value.as_ref().is_some_and(|value| expect.admits(value)),
                    value,
                ),
            };
            let is = match is {
                None => format!("without {}", asked.name),
                Some(value) if value.is_empty() => format!("with {}", asked.name),
                Some(value) => format!("with {}={value}", asked.name),
            };
            (fits, format!("{} {is}", entry.name))
        })
        .collect();
    let offenders: Vec<String> = judged
        .iter()
        .filter(|(fits, _)| !fits)
        .map(|(_, told)| told.clone())
        .collect();
    let actual = match (offenders.first(), judged.as_slice()) {
        (None, [(_, first), rest @ ..]) if !rest.is_empty() => {
            format!("{first}, and so {} more", rest.len())
        }
        (None, [(_, first), ..]) => first.clone(),
        (Some(first), _) => format!("{first}; {} of {} are not", offenders.len(), judged.len()),
        (None, []) => return Seen::verdict(Verdict::Error, expected, "nothing was asked"),
    };
    let mut seen = Seen::of(offenders.is_empty(), expected, actual).read(read);
    seen.offenders = offenders;
    let only_runs = entries.iter().all(|entry| entry.file == RUNNING);
    if asked.when != Some(When::Running) && only_runs {
        seen.actual += "; no entry of a boot loader was found";
    }
    seen
}

#[cfg(test)]
mod tests;
