//! `sudo`: what the sudoers files say, includes followed and aliases written out, in the order in which
//! sudo reads them: of settings the last line counts.

use shared::rule::{
    check::{Missing, Sudo, SudoMust},
    expect::Expect,
    result::Verdict,
};

use super::{Seen, Sources};
use crate::probe::sudo_rule::{
    self,
    entry::{AliasKind, Entry, Member, Operator, Rule, Scope, Setting, What},
    expand::Aliases,
    load::{self, Policy, Sudoers},
};

/// Values of settings.
mod value;

use self::value::{compared, value};

/// Of sudo: what it reads, and itself.
const FILES: [&str; 7] = [
    "/etc/sudoers",
    "/usr/etc/sudoers",
    "/etc/sudoers-rs",
    "/usr/bin/sudo",
    "/bin/sudo",
    "/usr/local/bin/sudo",
    "/usr/bin/sudo-rs",
];

pub(super) fn judge(asked: &Sudo, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = expected(asked, expect);
    let main = [FILES[0]];
    if FILES.iter().all(|path| is_absent(path, sources)) {
        let means = asked.missing.unwrap_or(Missing::NotApplicable);
        return Seen::missing(means, expected, "there is no sudo").read(main);
    }
    let sudoers = sources.once(|| load::read(sources.host()));
    let sudoers = match sudoers.as_ref() {
        Ok(sudoers) => sudoers,
        Err(stale) => return Seen::stale(stale, expected).read(main),
    };
    let seen = match (&asked.setting, asked.must) {
        (Some(name), _) => {
            // sudo-rs has a policy of its own, and both must hold.
            let seen = sudoers.policies.iter();
            let seen = seen.map(|policy| setting(name, asked, expect, policy, &expected));
            let worst = seen.reduce(|one, other| {
                if one.verdict == Verdict::Fail {
                    one
                } else {
                    other
                }
            });
            worst.unwrap_or_else(|| Seen::verdict(Verdict::Error, expected, "there is no policy"))
        }
        (None, Some(must)) => offenders(must, sudoers, expected),
        (None, None) => Seen::verdict(Verdict::Error, expected, "nothing is asked"),
    };
    let files = sudoers
        .policies
        .iter()
        .flat_map(|policy| policy.files.clone());
    with_what_is_not_known(seen, sudoers).read(files)
}

fn is_absent(path: &str, sources: &Sources<'_>) -> bool {
    sources.metadata(path).is_err_and(|error| error.is_absent())
}

/// What one setting is, by the last line, and lines for some users or commands that say otherwise.
fn setting(name: &str, asked: &Sudo, expect: &Expect, policy: &Policy, expected: &str) -> Seen {
    let lines = policy
        .entries
        .iter()
        .filter_map(|(file, entry)| match entry {
            Entry::Setting(setting) if setting.name == name => Some((*file, setting)),
            _ => None,
        });
    let (global, scoped): (Vec<_>, Vec<_>) =
        lines.partition(|(_, setting)| setting.scope == Scope::Global);
    let place = |file: usize| policy.files[file].as_str();
    let (passes, actual) = match (global.last(), &asked.default) {
        (Some((file, setting)), _) => {
            let value = value(setting);
            let passes = expect.admits(&compared(&value));
            (passes, format!("{value} in {}", place(*file)))
        }
        (None, Some(default)) => {
            let passes = expect.admits(&default.0);
            (passes, format!("not set, which means {}", default.0))
        }
        (None, None) => (false, "not set".to_owned()),
    };
    let offenders: Vec<String> = scoped
        .into_iter()
        .map(|(file, setting)| (file, setting, value(setting)))
        .filter(|(_, _, value)| !expect.admits(&compared(value)))
        .map(|(file, setting, value)| format!("{}: {} {value}", place(file), told(setting)))
        .collect();
    let actual = match offenders.first() {
        Some(first) if passes => format!("{actual}, but {first}"),
        _ => actual,
    };
    let mut seen = Seen::of(passes && offenders.is_empty(), expected, actual);
    seen.offenders = offenders;
    seen
}

/// Every entry that does what none may.
fn offenders(must: SudoMust, sudoers: &Sudoers, expected: String) -> Seen {
    let mut offenders = Vec::new();
    let mut of = 0;
    for policy in &sudoers.policies {
        let aliases = Aliases::of(policy.entries.iter().map(|(_, entry)| entry));
        for (file, entry) in &policy.entries {
            let text = match entry {
                Entry::Rule(rule) => match offends(must, rule, &aliases) {
                    Ok(is) => is.then(|| sudo_rule::text(rule)),
                    Err(why) => return Seen::verdict(Verdict::Error, expected, why),
                },
                Entry::Setting(setting) => is_against(must, setting).then(|| told(setting)),
                _ => continue,
            };
            of += 1;
            offenders.extend(text.map(|text| format!("{}: {text}", policy.files[*file])));
        }
    }
    Seen::offenders(offenders, of, expected)
}

fn offends(must: SudoMust, rule: &Rule, aliases: &Aliases<'_>) -> Result<bool, &'static str> {
    match must {
        SudoMust::AskForAPassword | SudoMust::HaveNoNopasswd => {
            return Ok(rule.terms.tags.nopasswd());
        }
        SudoMust::AskAgain => return Ok(false),
        SudoMust::LetNoUserRunEverything | SudoMust::LetNotEverybodyRunEverything => {}
    }
    let expand = |kind, members: &[Member]| {
        let members = aliases.expand(kind, members);
        members.ok_or("an alias stands for too many names")
    };
    let commands = expand(AliasKind::Command, &rule.commands)?;
    let users = expand(AliasKind::User, &rule.users)?;
    let everything = commands
        .iter()
        .any(|one| !one.negated && one.what == What::All);
    let is_user = |what: &What| match what {
        What::All => true,
        _ if must == SudoMust::LetNotEverybodyRunEverything => false,
        What::Name(name) => {
            !name.starts_with(['%', '+']) && !["root", "#0"].contains(&name.as_str())
        }
        What::Alias(_) | What::Command(_) => true,
    };
    Ok(everything && users.iter().any(|one| !one.negated && is_user(&one.what)))
}

fn is_against(must: SudoMust, setting: &Setting) -> bool {
    let is_off = setting.operator == Operator::Off;
    match (must, setting.name.as_str()) {
        (SudoMust::AskForAPassword | SudoMust::AskAgain, "authenticate") => is_off,
        (SudoMust::AskForAPassword, "exempt_group") => !is_off,
        (SudoMust::AskAgain, "timestamp_timeout") => {
            let value = value(setting);
            value.starts_with('-') && compared(&value) != "0"
        }
        _ => false,
    }
}

/// A line as sudo knows it, without its value.
fn told(setting: &Setting) -> String {
    let mark = match setting.scope {
        Scope::Global => "",
        Scope::User => ":",
        Scope::Host => "@",
        Scope::Runas => ">",
        Scope::Command => "!",
    };
    let members: Vec<_> = setting.members.iter().map(ToString::to_string).collect();
    let off = if setting.operator == Operator::Off {
        "!"
    } else {
        ""
    };
    format!("Defaults{mark}{} {off}{}", members.join(","), setting.name)
}

/// Lines that make no sense keep it from passing; that rules can come from elsewhere is told.
fn with_what_is_not_known(mut seen: Seen, sudoers: &Sudoers) -> Seen {
    let mut errors = Vec::new();
    for policy in &sudoers.policies {
        for (file, entry) in &policy.entries {
            if let Entry::Error { line, what } = entry {
                errors.push(format!("{}:{line} ({what})", policy.files[*file]));
            }
        }
    }
    if !errors.is_empty() {
        if seen.verdict == Verdict::Pass {
            seen.verdict = Verdict::Error;
        }
        seen.actual += &format!("; not understood: {}", errors.join(", "));
    }
    if !sudoers.elsewhere.is_empty() {
        let others = sudoers.elsewhere.join(" and ");
        seen.actual += &format!("; what {others} allows is not seen");
    }
    seen
}

fn expected(asked: &Sudo, expect: &Expect) -> String {
    match (&asked.setting, asked.must) {
        (Some(name), _) => format!("{name} {expect}"),
        (None, Some(SudoMust::AskForAPassword)) => "a password is asked for".into(),
        (None, Some(SudoMust::HaveNoNopasswd)) => "no NOPASSWD".into(),
        (None, Some(SudoMust::LetNotEverybodyRunEverything)) => {
            "not everybody may run every command".into()
        }
        (None, Some(SudoMust::AskAgain)) => "a password is asked for again".into(),
        (None, Some(SudoMust::LetNoUserRunEverything)) => {
            "no user but root may run every command".into()
        }
        (None, None) => "nothing".into(),
    }
}

#[cfg(test)]
mod tests;
