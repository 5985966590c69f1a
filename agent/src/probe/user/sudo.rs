//! Whether sudo lets a user do anything, by the sudoers files and the local groups. Pure.
//!
//! Where a rule names what is not known here (netgroups, groups of a plug-in, networks), it is
//! taken to fit when that is said to give more; where nothing else decides, nothing is said.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use serde::Serialize;

use crate::probe::{
    group,
    sudo_rule::{
        entry::{AliasKind, Entry, Member, Operator, Scope, Setting, What},
        expand::Aliases,
        load::{Policy, Sudoers},
    },
};

/// Whether members of a list fit.
mod fit;

use fit::{Fit, fits, host_fits, is_foreign, user_fits};

/// How many names are compared for all users together. A hundred thousand users and one rule for
/// everybody need a hundred thousand.
const MAX_WORK: usize = 1 << 25;

/// What sudo lets a user do.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sudo {
    /// Whether there is a command on this host that the user may run as somebody else.
    pub allowed: bool,
    /// Whether one of them without any password. Root is never asked, whatever this says.
    pub without_password: bool,
    /// Whether any command at all.
    pub all: bool,
    /// Whose password is asked for: `own`, `root`, `target`, `runas_default`. `None` when nothing
    /// is allowed.
    pub password_of: Option<&'static str>,
}

/// Of whom it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    pub name: &'a str,
    pub uid: u32,
    pub gid: u32,
}

/// Everything that decides, made ready for many users.
#[derive(Debug)]
pub struct Grants<'a> {
    policies: Vec<Ready<'a>>,
    /// Whether rules can come from elsewhere.
    elsewhere: bool,
    groups: Groups,
    work: Cell<usize>,
}

/// The local groups that a rule or a setting names, and those that share a number with one: of a
/// hundred thousand groups they are a handful.
#[derive(Debug, Default)]
struct Groups {
    /// Names by number; several groups can share one.
    names: BTreeMap<u32, Vec<String>>,
    /// Groups that list a user, by the user's name.
    of_user: BTreeMap<String, Vec<(String, u32)>>,
}

#[derive(Debug)]
struct Ready<'a> {
    rules: Vec<Rule>,
    /// Which rules may concern a user, by a text that names one: `alice`, `#1000`, `%wheel`.
    by_text: BTreeMap<String, Vec<usize>>,
    /// Which rules may concern anybody.
    general: Vec<usize>,
    settings: Vec<(&'a Setting, Vec<Member>)>,
    host: Option<&'a str>,
}

#[derive(Debug)]
struct Rule {
    users: Vec<Member>,
    /// Of each command: whether it is forbidden, and whether it is all of them.
    commands: Vec<(bool, bool)>,
    /// What the tags say of a password; `None`: nothing.
    password: Option<bool>,
    /// Whether it is for every target, so that it takes the place of what was said before.
    for_all_targets: bool,
}

impl<'a> Grants<'a> {
    /// `groups` is what `/etc/group` holds, `host` the host's name. `None` when an alias stands
    /// for too many names.
    pub fn new(sudoers: &'a Sudoers, groups: &[u8], host: Option<&'a str>) -> Option<Self> {
        let policies: Option<Vec<_>> = sudoers
            .policies
            .iter()
            .map(|p| Ready::new(p, host))
            .collect();
        let policies = policies?;
        let named = policies.iter().flat_map(Ready::group_texts).collect();
        Some(Self {
            policies,
            elsewhere: !sudoers.elsewhere.is_empty(),
            groups: Groups::new(groups, &named),
            work: Cell::new(0),
        })
    }

    /// What the user may do; `None` where it is not known.
    pub fn of(&self, person: Person<'_>) -> Option<Sudo> {
        let texts = self.groups.texts(person);
        let mut sudo = Sudo::default();
        let mut unknown = self.elsewhere;
        for policy in &self.policies {
            let (found, doubt) = policy.of(&texts, &self.work)?;
            unknown |= doubt;
            sudo.allowed |= found.allowed;
            sudo.without_password |= found.without_password;
            sudo.all |= found.all;
            sudo.password_of = sudo.password_of.or(found.password_of);
        }
        (sudo.allowed || !unknown).then_some(sudo)
    }
}

impl Groups {
    /// `named`: `%wheel`, `%#10`.
    fn new(bytes: &[u8], named: &BTreeSet<String>) -> Self {
        let lines = || bytes.split(|byte| *byte == b'\n').filter_map(group::line);
        let is_named = |group: &group::Group<'_>| {
            named.contains(&format!("%{}", String::from_utf8_lossy(group.name)))
                || named.contains(&format!("%#{}", group.gid))
        };
        let numbers: BTreeSet<u32> = lines().filter(is_named).map(|group| group.gid).collect();
        let mut groups = Self::default();
        for group in lines().filter(|group| numbers.contains(&group.gid)) {
            let name = String::from_utf8_lossy(group.name).into_owned();
            for member in group.members() {
                let member = String::from_utf8_lossy(member).into_owned();
                let of_user = groups.of_user.entry(member).or_default();
                of_user.push((name.clone(), group.gid));
            }
            groups.names.entry(group.gid).or_default().push(name);
        }
        groups
    }

    /// Every text by which a rule can name the user, but for `ALL`.
    fn texts(&self, person: Person<'_>) -> BTreeSet<String> {
        let mut texts = BTreeSet::from([person.name.to_owned(), format!("#{}", person.uid)]);
        let listed = self.of_user.get(person.name).into_iter().flatten();
        let numbers: BTreeSet<u32> = listed
            .clone()
            .map(|(_, gid)| *gid)
            .chain([person.gid])
            .collect();
        texts.extend(listed.map(|(name, _)| format!("%{name}")));
        for number in numbers {
            texts.insert(format!("%#{number}"));
            let names = self.names.get(&number).into_iter().flatten();
            texts.extend(names.map(|name| format!("%{name}")));
        }
        texts
    }
}

impl<'a> Ready<'a> {
    fn new(policy: &'a Policy, host: Option<&'a str>) -> Option<Self> {
        let aliases = Aliases::of(policy.entries.iter().map(|(_, entry)| entry));
        let mut ready = Self {
            rules: Vec::new(),
            by_text: BTreeMap::new(),
            general: Vec::new(),
            settings: Vec::new(),
            host,
        };
        for (_, entry) in &policy.entries {
            match entry {
                Entry::Rule(rule) => {
                    let hosts = aliases.expand(AliasKind::Host, &rule.hosts)?;
                    if fits(&hosts, |name| host_fits(name, host)) == Fit::No {
                        continue;
                    }
                    let runas = rule.terms.runas_users.as_deref().unwrap_or_default();
                    let runas = aliases.expand(AliasKind::Runas, runas)?;
                    let commands = aliases.expand(AliasKind::Command, &rule.commands)?;
                    ready.add(Rule {
                        users: aliases.expand(AliasKind::User, &rule.users)?,
                        commands: commands
                            .iter()
                            .map(|command| (command.negated, command.what == What::All))
                            .collect(),
                        password: rule.terms.tags.0[0],
                        for_all_targets: runas.iter().any(|m| m.what == What::All && !m.negated),
                    });
                }
                Entry::Setting(setting) if decides(setting) => {
                    let kind = match setting.scope {
                        Scope::Host => AliasKind::Host,
                        _ => AliasKind::User,
                    };
                    let members = aliases.expand(kind, &setting.members)?;
                    ready.settings.push((setting, members));
                }
                _ => {}
            }
        }
        Some(ready)
    }

    /// By what texts groups are named.
    fn group_texts(&self) -> impl Iterator<Item = String> {
        let members = self.rules.iter().flat_map(|rule| &rule.users);
        let members = members.chain(self.settings.iter().flat_map(|(_, members)| members));
        let texts = members.filter_map(|member| match &member.what {
            What::Name(text) if text.starts_with('%') => Some(text.clone()),
            _ => None,
        });
        let settings = self.settings.iter();
        let exempt = settings.filter_map(|(setting, _)| setting.value.as_ref());
        texts.chain(exempt.map(|group| format!("%{group}")))
    }

    fn add(&mut self, rule: Rule) {
        let number = self.rules.len();
        let mut general = false;
        for member in rule.users.iter().filter(|member| !member.negated) {
            match &member.what {
                What::Name(text) if !is_foreign(text) => {
                    self.by_text.entry(text.clone()).or_default().push(number);
                }
                What::Alias(text) => self.by_text.entry(text.clone()).or_default().push(number),
                _ => general = true,
            }
        }
        if general {
            self.general.push(number);
        }
        self.rules.push(rule);
    }

    /// What the policy says, and whether it could say more.
    fn of(&self, texts: &BTreeSet<String>, work: &Cell<usize>) -> Option<(Sudo, bool)> {
        let named = texts
            .iter()
            .filter_map(|text| self.by_text.get(text))
            .flatten();
        let concerned: BTreeSet<usize> = named.chain(&self.general).copied().collect();
        let asked = !self.is_off("authenticate", texts) && !self.is_exempt(texts);
        let mut sudo = Sudo::default();
        let mut unknown = false;
        for rule in concerned.into_iter().map(|number| &self.rules[number]) {
            work.set(work.get() + rule.users.len() + rule.commands.len());
            if work.get() > MAX_WORK {
                return None;
            }
            match fits(&rule.users, |text| user_fits(text, texts)) {
                Fit::Yes => rule.apply(&mut sudo, asked),
                Fit::Unknown => unknown = true,
                Fit::No => {}
            }
        }
        if sudo.allowed {
            sudo.password_of = Some(self.password_of(texts));
        }
        Some((sudo, unknown))
    }

    fn password_of(&self, texts: &BTreeSet<String>) -> &'static str {
        [
            ("targetpw", "target"),
            ("runaspw", "runas_default"),
            ("rootpw", "root"),
        ]
        .into_iter()
        .find(|(name, _)| self.is_on(name, texts))
        .map_or("own", |(_, whose)| whose)
    }

    fn is_on(&self, name: &str, texts: &BTreeSet<String>) -> bool {
        let last = self.concerning(name, texts).last();
        last.is_some_and(|setting| setting.operator == Operator::On)
    }

    /// A setting for some commands or some targets only is taken as one for all.
    fn is_off(&self, name: &str, texts: &BTreeSet<String>) -> bool {
        let broad = |setting: &&Setting| !matches!(setting.scope, Scope::Runas | Scope::Command);
        let off = |setting: &Setting| setting.operator == Operator::Off;
        let mut narrow = self
            .concerning(name, texts)
            .filter(|setting| !broad(setting));
        self.concerning(name, texts)
            .filter(broad)
            .last()
            .is_some_and(off)
            || narrow.any(off)
    }

    fn is_exempt(&self, texts: &BTreeSet<String>) -> bool {
        let last = self.concerning("exempt_group", texts).last();
        let group = last.and_then(|setting| setting.value.as_deref());
        group.is_some_and(|group| texts.contains(&format!("%{group}")))
    }

    fn concerning(&self, name: &str, texts: &BTreeSet<String>) -> impl Iterator<Item = &Setting> {
        self.settings
            .iter()
            .filter(move |(setting, members)| {
                setting.name == name
                    && match setting.scope {
                        Scope::Global | Scope::Runas | Scope::Command => true,
                        Scope::User => fits(members, |text| user_fits(text, texts)) != Fit::No,
                        Scope::Host => fits(members, |text| host_fits(text, self.host)) != Fit::No,
                    }
            })
            .map(|(setting, _)| *setting)
    }
}

/// The settings that decide about passwords.
fn decides(setting: &Setting) -> bool {
    matches!(
        setting.name.as_str(),
        "authenticate" | "targetpw" | "rootpw" | "runaspw" | "exempt_group"
    )
}

impl Rule {
    /// The last rule that fits a command is the one that counts.
    fn apply(&self, sudo: &mut Sudo, asked: bool) {
        let free = self.password.map_or(!asked, |password| !password);
        for (forbidden, all) in &self.commands {
            match (forbidden, all) {
                (true, true) if self.for_all_targets => *sudo = Sudo::default(),
                (true, _) => {}
                (false, true) if self.for_all_targets => {
                    *sudo = Sudo {
                        allowed: true,
                        without_password: free,
                        all: true,
                        password_of: None,
                    };
                }
                (false, all) => {
                    sudo.allowed = true;
                    sudo.without_password |= free;
                    sudo.all |= all;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
