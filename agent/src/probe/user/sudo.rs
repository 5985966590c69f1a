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

/// The local groups.
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

/// Whether something fits, where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Unknown,
}

impl<'a> Grants<'a> {
    /// `groups` is what `/etc/group` holds, `host` the host's name. `None` when an alias stands
    /// for too many names.
    pub fn new(sudoers: &'a Sudoers, groups: &[u8], host: Option<&'a str>) -> Option<Self> {
        let policies: Option<_> = sudoers
            .policies
            .iter()
            .map(|p| Ready::new(p, host))
            .collect();
        Some(Self {
            policies: policies?,
            elsewhere: !sudoers.elsewhere.is_empty(),
            groups: Groups::new(groups),
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
    fn new(bytes: &[u8]) -> Self {
        let mut groups = Self::default();
        for group in bytes.split(|byte| *byte == b'\n').filter_map(group::line) {
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

/// Of a list the last member that fits decides.
fn fits(members: &[Member], fit: impl Fn(&str) -> Fit) -> Fit {
    let mut answer = Fit::No;
    for member in members.iter().rev() {
        let found = match &member.what {
            What::All => Fit::Yes,
            What::Alias(text) | What::Name(text) | What::Command(text) => fit(text),
        };
        match (found, member.negated) {
            (Fit::No, _) => {}
            (Fit::Unknown, _) => answer = Fit::Unknown,
            (Fit::Yes, true) => return answer,
            (Fit::Yes, false) => return if answer == Fit::No { Fit::Yes } else { answer },
        }
    }
    answer
}

/// `+netgroup`, and `%:group` of a plug-in: nothing here knows who is in them.
fn is_foreign(text: &str) -> bool {
    text.starts_with('+') || text.starts_with("%:")
}

fn user_fits(text: &str, texts: &BTreeSet<String>) -> Fit {
    if is_foreign(text) {
        Fit::Unknown
    } else if texts.contains(text) {
        Fit::Yes
    } else {
        Fit::No
    }
}

/// Names are compared up to the first dot, unless the rule's has one too. Patterns and networks
/// are not known to fit or not.
fn host_fits(text: &str, host: Option<&str>) -> Fit {
    let open = text.starts_with('+')
        || text.contains(['*', '?', '[', ':', '/'])
        || text.parse::<std::net::IpAddr>().is_ok();
    let (Some(host), false) = (host, open) else {
        return Fit::Unknown;
    };
    let short = host.split('.').next().unwrap_or_default();
    let same = [host, short]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(text));
    if same { Fit::Yes } else { Fit::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::sudo_rule::parse;

    const GROUPS: &[u8] = b"root:x:0:\nwheel:x:10:alice,bob\nstaff:x:50:\nadm:x:4:carol\n";

    fn policy(text: &str) -> Sudoers {
        let mut policy = Policy::default();
        policy.entries = parse::file(text)
            .into_iter()
            .map(|entry| (0, entry))
            .collect();
        policy.files = vec!["/etc/sudoers".into()];
        Sudoers {
            policies: vec![policy],
            elsewhere: Vec::new(),
        }
    }

    /// `a`: any command, `s`: some, `-`: none, `?`: not known; `!` without a password.
    fn brief(sudoers: &Sudoers) -> String {
        let grants = Grants::new(sudoers, GROUPS, Some("web1.example.org")).unwrap();
        ["root", "alice", "bob", "carol", "dave"]
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let uid = if number == 0 {
                    0
                } else {
                    999 + u32::try_from(number).unwrap()
                };
                let gid = if *name == "dave" { 50 } else { uid };
                let sudo = grants.of(Person { name, uid, gid });
                let what = match &sudo {
                    None => "?",
                    Some(sudo) if sudo.all => "a",
                    Some(sudo) if sudo.allowed => "s",
                    Some(_) => "-",
                };
                let free = sudo.is_some_and(|sudo| sudo.without_password);
                format!("{what}{}", if free { "!" } else { "" })
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn users_are_found_by_name_number_group_and_alias() {
        for (text, expected) in [
            ("", "- - - - -"),
            ("root ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) ALL", "a a a - -"),
            ("#1000 ALL = /bin/a", "- s - - -"),
            ("%#4 ALL = /bin/a\n%staff ALL = ALL", "- - - s a"),
            ("%#50 ALL = NOPASSWD: /bin/a", "- - - - s!"),
            ("User_Alias A = bob, %adm\nA ALL = ALL", "- - a a -"),
            ("ALL, !bob, !%adm ALL = ALL", "a a - - a"),
            ("!ALL, bob ALL = ALL", "- - a - -"),
            ("ALL web1 = ALL", "a a a a a"),
            ("ALL WEB1.example.org, !web1 = ALL", "- - - - -"),
            ("ALL db = ALL", "- - - - -"),
            ("ALL 10.0.0.0/8 = ALL", "a a a a a"),
        ] {
            assert_eq!(brief(&policy(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_last_rule_that_fits_counts() {
        for (text, expected) in [
            ("alice ALL = (ALL) NOPASSWD: ALL", "- a! - - -"),
            (
                "alice ALL = (ALL) NOPASSWD: ALL\n%wheel ALL=(ALL) ALL",
                "- a a - -",
            ),
            (
                "%wheel ALL=(ALL) ALL\nalice ALL = (ALL) NOPASSWD: ALL",
                "- a! a - -",
            ),
            ("alice ALL = (ALL) ALL, NOPASSWD: /bin/a", "- a! - - -"),
            (
                "alice ALL = (ALL) NOPASSWD: ALL\nalice ALL = (www) ALL",
                "- a! - - -",
            ),
            ("%wheel ALL = (ALL) ALL\nbob ALL = (ALL) !ALL", "- a - - -"),
            ("alice ALL = (ALL) ALL, !/bin/sh", "- a - - -"),
            ("alice ALL = !/bin/sh", "- - - - -"),
        ] {
            assert_eq!(brief(&policy(text)), expected, "{text}");
        }
    }

    #[test]
    fn settings_decide_about_passwords_too() {
        for (line, expected) in [
            ("Defaults !authenticate", "- a! a! - s"),
            ("Defaults:alice !authenticate", "- a! a - s"),
            ("Defaults:%staff !authenticate", "- a a - s"),
            (
                "Defaults !authenticate\nDefaults:bob authenticate",
                "- a! a - s",
            ),
            ("Defaults@db !authenticate", "- a a - s"),
            ("Defaults!/bin/a !authenticate", "- a! a! - s"),
            ("Defaults exempt_group = wheel", "- a! a! - s"),
        ] {
            let text = format!("{line}\n%wheel ALL = ALL\ndave ALL = PASSWD: /bin/a\n");
            assert_eq!(brief(&policy(&text)), expected, "{line}");
        }
        let whose = |line: &str| {
            let sudoers = policy(&format!("{line}\nALL ALL=(ALL) ALL"));
            let grants = Grants::new(&sudoers, GROUPS, None).unwrap();
            let alice = Person {
                name: "alice",
                uid: 1000,
                gid: 1000,
            };
            grants.of(alice).unwrap().password_of.unwrap()
        };
        assert_eq!(whose(""), "own");
        assert_eq!(whose("Defaults targetpw"), "target");
        assert_eq!(whose("Defaults rootpw"), "root");
        assert_eq!(whose("Defaults rootpw\nDefaults:alice !rootpw"), "own");
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(brief(&policy("+ops ALL = ALL\nbob ALL = ALL")), "? ? a ? ?");
        assert_eq!(brief(&policy("ALL, !%:remote ALL = ALL")), "? ? ? ? ?");
        let mut elsewhere = policy("bob ALL = ALL");
        elsewhere.elsewhere.push("sss".into());
        assert_eq!(brief(&elsewhere), "? ? a ? ?");
    }

    #[test]
    fn a_hundred_thousand_users_with_a_rule_each_are_no_trouble() {
        let text: String = (0..100_000).map(|n| format!("u{n} ALL = ALL\n")).collect();
        let sudoers = policy(&text);
        let grants = Grants::new(&sudoers, b"", None).unwrap();
        for n in 0..100_000 {
            let name = format!("u{n}");
            let sudo = grants
                .of(Person {
                    name: &name,
                    uid: n,
                    gid: n,
                })
                .unwrap();
            assert!(sudo.all);
        }
        assert!(
            !grants
                .of(Person {
                    name: "x",
                    uid: 0,
                    gid: 0
                })
                .unwrap()
                .allowed
        );
    }
}
