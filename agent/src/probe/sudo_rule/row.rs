//! The rows of kind `sudo_rule`.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::wire::{Stale, StaleReason};

use super::{
    KIND,
    entry::{AliasKind, Entry, Member, Operator, Rule, Scope, Setting, What},
    expand::Aliases,
    load::Policy,
};
use crate::probe::facts::Facts;

/// Bytes of the names that one list of a fact holds; a fact has five lists.
const MAX_NAMES: usize = 8 * 1024;

/// Bytes of all keys together, before they are cut. Ten thousand rules are less than a tenth.
const MAX_KEYS: usize = 8 << 20;

/// The value of one fact. The key is the file, a colon and the entry as sudo understands it, so
/// that neither comments nor other rules that come and go move it; a second entry that is equal
/// ends in ` (2)`. Of a setting the key has no value.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Value<'a> {
    /// Commands that may be run. Aliases are written out; of each list the last member that fits
    /// counts, and `!` before it says that it does not fit.
    Rule {
        file: &'a str,
        users: List,
        hosts: List,
        /// `None`: as the default user, which is root. None at all: as oneself.
        runas_users: Option<List>,
        runas_groups: List,
        /// With their arguments, and before them the digests of which the file must have one.
        commands: List,
        /// Those in force, those of commands before it in the same rule included.
        tags: Vec<&'static str>,
        /// `ROLE`, `CWD`, `TIMEOUT`, `NOTBEFORE`, …
        options: &'a BTreeMap<&'static str, String>,
        /// Whether the rule asks for no password. Settings can change what that means.
        nopasswd: bool,
        /// Whether any command at all may be run.
        all: bool,
    },
    /// One setting of a `Defaults` line.
    Setting {
        file: &'a str,
        name: &'a str,
        /// `global`, `user`, `host`, `runas`, `command`.
        scope: &'static str,
        members: List,
        /// `on`, `off`, `set`, `add` to a list, `remove` from it.
        operator: &'static str,
        value: Option<&'a str>,
    },
    /// A line that is not understood. Its text is not told, it can be anything.
    Error {
        file: &'a str,
        /// From 1: the one number that says which line is meant.
        line: u32,
        error: &'static str,
    },
    /// Rules can come from elsewhere too, and are not known here.
    Elsewhere { name: &'a str },
}

/// Names, and how many more there are than a fact can hold.
#[derive(Debug, Default, Serialize)]
pub(super) struct List {
    names: Vec<String>,
    left_out: usize,
}

/// The rows so far.
pub(super) struct Rows {
    pub(super) facts: Facts,
    seen: BTreeMap<String, u32>,
    bytes: usize,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            facts: Facts::of(KIND),
            seen: BTreeMap::new(),
            bytes: 0,
        }
    }

    pub(super) fn policy(&mut self, policy: &Policy) -> Result<(), Stale> {
        let aliases = Aliases::of(policy.entries.iter().map(|(_, entry)| entry));
        for (number, entry) in &policy.entries {
            let file = policy.files[*number].as_str();
            match entry {
                Entry::Rule(rule) => self.rule(file, rule, &aliases)?,
                Entry::Setting(setting) => self.setting(file, setting, &aliases)?,
                Entry::Error { line, what } => self.push(
                    format!("{file}: error"),
                    &Value::Error {
                        file,
                        line: *line,
                        error: what,
                    },
                )?,
                Entry::Alias(_) | Entry::Include { .. } => {}
            }
        }
        Ok(())
    }

    fn rule(&mut self, file: &str, rule: &Rule, aliases: &Aliases<'_>) -> Result<(), Stale> {
        let terms = &rule.terms;
        let list = |kind, members: &[Member]| list(file, aliases, kind, members);
        let commands = expanded(file, aliases, AliasKind::Command, &rule.commands)?;
        let runas = terms.runas_users.as_deref();
        let value = Value::Rule {
            file,
            users: list(AliasKind::User, &rule.users)?,
            hosts: list(AliasKind::Host, &rule.hosts)?,
            runas_users: runas
                .map(|users| list(AliasKind::Runas, users))
                .transpose()?,
            runas_groups: list(AliasKind::Runas, &terms.runas_groups)?,
            tags: terms.tags.names(),
            options: &terms.options,
            nopasswd: terms.tags.nopasswd(),
            all: commands.iter().any(|c| !c.negated && c.what == What::All),
            commands: bounded(&commands),
        };
        self.push(format!("{file}: {}", text(rule)), &value)
    }

    fn setting(
        &mut self,
        file: &str,
        setting: &Setting,
        aliases: &Aliases<'_>,
    ) -> Result<(), Stale> {
        let (scope, mark, kind) = match setting.scope {
            Scope::Global => ("global", "", AliasKind::User),
            Scope::User => ("user", ":", AliasKind::User),
            Scope::Host => ("host", "@", AliasKind::Host),
            Scope::Runas => ("runas", ">", AliasKind::Runas),
            Scope::Command => ("command", "!", AliasKind::Command),
        };
        let operator = match setting.operator {
            Operator::On => "on",
            Operator::Off => "off",
            Operator::Set => "set",
            Operator::Add => "add",
            Operator::Remove => "remove",
        };
        let value = Value::Setting {
            file,
            name: &setting.name,
            scope,
            members: list(file, aliases, kind, &setting.members)?,
            operator,
            value: setting.value.as_deref(),
        };
        let members = joined(&setting.members);
        let mut key = format!("{file}: Defaults{mark}{members} {}", setting.name);
        // Lists are grown by several lines, each of which is a row of its own.
        if let (Operator::Add | Operator::Remove, Some(value)) = (setting.operator, &setting.value)
        {
            key.push_str(if setting.operator == Operator::Add {
                "+="
            } else {
                "-="
            });
            key.push_str(value);
        }
        self.push(key, &value)
    }

    pub(super) fn push(&mut self, mut key: String, value: &Value<'_>) -> Result<(), Stale> {
        self.bytes += key.len();
        if self.bytes > MAX_KEYS {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!("the rules have more than {MAX_KEYS} bytes"),
            });
        }
        let times = self.seen.entry(key.clone()).or_default();
        *times += 1;
        if *times > 1 {
            key.push_str(&format!(" ({times})"));
        }
        self.facts.push(&key, value)
    }
}

fn expanded(
    file: &str,
    aliases: &Aliases<'_>,
    kind: AliasKind,
    members: &[Member],
) -> Result<Vec<Member>, Stale> {
    aliases.expand(kind, members).ok_or_else(|| Stale {
        reason: StaleReason::TooLarge,
        detail: format!("{file}: an alias stands for too many names"),
    })
}

fn list(
    file: &str,
    aliases: &Aliases<'_>,
    kind: AliasKind,
    members: &[Member],
) -> Result<List, Stale> {
    Ok(bounded(&expanded(file, aliases, kind, members)?))
}

fn bounded(members: &[Member]) -> List {
    let mut room = MAX_NAMES;
    let mut names = Vec::new();
    for member in members {
        let name = member.to_string();
        // JSON writes some characters as six.
        let size = serde_json::to_string(&name).map_or(usize::MAX, |json| json.len());
        let Some(rest) = room.checked_sub(size.saturating_add(1)) else {
            break;
        };
        room = rest;
        names.push(name);
    }
    List {
        left_out: members.len() - names.len(),
        names,
    }
}

/// A rule in one line, as it could stand in the file but for backslashes.
pub(crate) fn text(rule: &Rule) -> String {
    let terms = &rule.terms;
    let mut text = format!("{} {}=", joined(&rule.users), joined(&rule.hosts));
    if let Some(users) = &terms.runas_users {
        text.push_str(&format!("({}", joined(users)));
        if !terms.runas_groups.is_empty() {
            text.push_str(&format!(":{}", joined(&terms.runas_groups)));
        }
        text.push_str(") ");
    }
    for (option, value) in &terms.options {
        text.push_str(&format!("{option}={value} "));
    }
    for tag in terms.tags.names() {
        text.push_str(&format!("{tag}: "));
    }
    text + &joined(&rule.commands)
}

fn joined(members: &[Member]) -> String {
    let names: Vec<_> = members.iter().map(ToString::to_string).collect();
    names.join(",")
}
