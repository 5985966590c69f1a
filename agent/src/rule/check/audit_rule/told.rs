//! What audit is told: by the files that the next boot reads, and as the kernel has it.

use std::{cmp::Ordering, time::Duration};

use super::{
    super::{Seen, Sources},
    event::Sourced,
    line::{self, Line},
};
use crate::{
    host::{Host, program::Limits},
    probe::fragment,
};

const FOLDER: &str = "/etc/audit/rules.d";
const FILE: &str = "/etc/audit/audit.rules";

/// The unit of the daemon, which says who loads the rules; the first that is there counts.
const UNITS: [&str; 3] = [
    "/etc/systemd/system/auditd.service",
    "/usr/lib/systemd/system/auditd.service",
    "/lib/systemd/system/auditd.service",
];

const PROGRAMS: [&str; 2] = ["/usr/sbin/auditctl", "/sbin/auditctl"];

/// A hardened host has some hundred rules.
const LIMITS: Limits = Limits {
    patience: Duration::from_secs(10),
    max: 4 << 20,
};

/// Rules in the order in which the kernel asks them.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) rules: Vec<Sourced>,
    /// The last word on whether audit is on, off or on for good.
    pub(super) enabled: Option<u8>,
    /// The last word on what is done when nothing can be recorded any more.
    pub(super) failure: Option<u8>,
    pub(super) login_uids_immutable: bool,
    /// Whether a line that is refused keeps none of the rules out.
    pub(super) continues: bool,
    /// Lines that are not understood, by their places.
    pub(super) unclear: Vec<String>,
    pub(super) read: Vec<String>,
}

impl Told {
    /// Takes in a line that stands there; whether there can be more of them.
    fn take(&mut self, text: &str, origin: impl Fn() -> String) -> bool {
        match line::line(text) {
            None | Some(Ok(Line::Other)) => {}
            Some(Err(())) => self.unclear.push(origin()),
            Some(Ok(Line::Rule { rule, first })) => {
                let at = if first { 0 } else { self.rules.len() };
                let one = Sourced {
                    rule,
                    origin: origin(),
                    after: self.unclear.first().cloned(),
                };
                self.rules.insert(at, one);
            }
            Some(Ok(Line::Delete(gone))) => self.rules.retain(|one| one.rule != gone),
            Some(Ok(Line::DeleteAll)) => self.rules.clear(),
            Some(Ok(Line::DeleteKeyed(key))) => {
                self.rules.retain(|one| !one.rule.keys.contains(&key));
            }
            Some(Ok(Line::Enable(state))) => self.enabled = Some(state),
            Some(Ok(Line::Failure(mode))) => self.failure = Some(mode),
            Some(Ok(Line::LoginUidsImmutable)) => self.login_uids_immutable = true,
            // Rules that stand before it may be kept out all the same.
            Some(Ok(Line::ContinueLoading)) => self.continues |= self.rules.is_empty(),
        }
        self.enabled != Some(2)
    }
}

/// Whether auditctl loads the one file as it is; else augenrules makes it of the folder before, with
/// nothing in it where the folder has no rules.
fn is_loaded_as_it_is(sources: &Sources<'_>) -> bool {
    let unit = UNITS.iter().find_map(|path| {
        let text = sources.text(path);
        text.as_ref().as_ref().ok().cloned()
    });
    let loads = |line: &str| {
        let command = line.trim().strip_prefix("ExecStartPost=");
        command.is_some_and(|command| command.contains("auditctl -R"))
    };
    unit.is_some_and(|unit| unit.lines().any(loads))
}

/// What the files say; `None` where there are none.
pub(super) fn on_disk(sources: &Sources<'_>) -> Result<Option<Told>, Seen> {
    let expected = "audit rules";
    let paths = fragment::paths(sources.host(), &[FOLDER], ".rules");
    let paths = paths.map_err(|stale| Seen::stale(&stale, expected).read([FOLDER]))?;
    // What augenrules puts first or last wherever it stands: `-D`, `-e`.
    let merged = paths.is_some() && !is_loaded_as_it_is(sources);
    let mut paths: Vec<String> = match paths {
        Some(paths) if merged => paths.into_values().collect(),
        _ => vec![FILE.to_owned()],
    };
    paths.sort_by(|one, other| natural(one, other));
    let mut told = Told::default();
    for path in paths {
        let text = sources.text(&path);
        let text = match text.as_ref() {
            Ok(text) => text,
            Err(error) if error.is_absent() => continue,
            Err(error) => return Err(Seen::unreadable(error, expected).read([path])),
        };
        for (n, text) in text.split('\n').enumerate() {
            let deletes = |line: &Line| matches!(line, Line::DeleteAll);
            if merged && line::line(text).is_some_and(|line| line.is_ok_and(|line| deletes(&line)))
            {
                continue;
            }
            let goes_on = told.take(text, || format!("{path}:{}", n + 1));
            // What comes after is refused: nothing can be changed any more.
            if !merged && !goes_on {
                break;
            }
        }
        told.read.push(path);
    }
    Ok((!told.read.is_empty()).then_some(told))
}

/// What the kernel has; why it is not known where it is not.
pub(super) fn loaded(host: &Host) -> Result<Told, String> {
    if !host.is_live() {
        return Err("a tree has no kernel".into());
    }
    let program = PROGRAMS.iter().find(|path| host.metadata(path).is_ok());
    let program = program.ok_or("there is no auditctl")?;
    let ask = |argument: &str| {
        let said = host.run(program, &[argument], LIMITS);
        let said = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        said.map_err(|error| {
            if error.is_denied() {
                "the agent may not".to_owned()
            } else {
                error.to_string()
            }
        })
    };
    let mut told = Told::default();
    for text in ask("-l")?.lines() {
        told.take(text, || format!("`{}`", text.trim()));
    }
    let state = ask("-s")?;
    // `loginuid_immutable 1 locked`
    let number = |name: &str| -> Option<u8> {
        let of = |line: &str| {
            let mut words = line.split_whitespace();
            (words.next() == Some(name)).then(|| words.next()?.parse().ok())?
        };
        state.lines().find_map(of)
    };
    told.enabled = number("enabled");
    told.failure = number("failure");
    told.login_uids_immutable = number("loginuid_immutable") == Some(1);
    told.read.push(format!("{program} -l"));
    Ok(told)
}

/// The order of `ls -v`, which augenrules goes by: `9-a` before `10-a`.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let number = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (n, m) = (number(a), number(b));
        if n > 0 && m > 0 {
            let value = |digits: &str| {
                let digits = digits.trim_start_matches('0');
                (digits.len(), digits.to_owned())
            };
            let order = value(&a[..n]).cmp(&value(&b[..m]));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[n..], &b[m..]);
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => {
                (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
            }
            (None, None) => return one.cmp(other),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_order_of_their_numbers() {
        let mut names = ["10-a", "9-a", "a", "010-b", "10-", "1", "é9", "é10"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(
            names,
            ["1", "9-a", "10-", "10-a", "010-b", "a", "é9", "é10"]
        );
    }

    #[test]
    fn what_is_taken_away_again_is_not_there() {
        let told = |lines: &[&str]| {
            let mut told = Told::default();
            for line in lines {
                told.take(line, || (*line).to_owned());
            }
            told.rules
                .into_iter()
                .map(|one| one.origin)
                .collect::<Vec<_>>()
        };
        let (a, b) = ("-w /a -p wa", "-w /b -p wa");
        assert_eq!(told(&[a, "-D", b]), [b]);
        assert_eq!(told(&[a, b, "-W /a -p aw"]), [b]);
        assert_eq!(told(&[a, "-d always,exit -S open", b]), [a, b]);
        let (own, other) = ("-w /a -p wa -k own", "-w /a -p wa -k ownx");
        assert_eq!(told(&[own, b, other, "-D -k own"]), [b, other]);
        assert_eq!(
            told(&[a, "-A never,exit -S all"]),
            ["-A never,exit -S all", a]
        );
    }
}
