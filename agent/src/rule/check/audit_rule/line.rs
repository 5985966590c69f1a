//! Lines of audit rules, as auditctl(8) takes them and as `auditctl -l` prints them. Pure.

use std::collections::BTreeSet;

use shared::rule::check::AuditArch;

use super::condition::{self, Condition, Op};

/// One line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Rule {
        rule: Rule,
        /// Put before all others (`-A`).
        first: bool,
    },
    /// Takes a rule away: `-d`, `-W`.
    Delete(Rule),
    /// Takes all rules away.
    DeleteAll,
    /// Takes those with this key away.
    DeleteKeyed(String),
    /// Switches audit on (1), off (0) or on for good (2).
    Enable(u8),
    /// What to do when nothing can be recorded any more: nothing (0), say so (1), stop (2).
    Failure(u8),
    LoginUidsImmutable,
    /// Lines that are refused from here on are passed over.
    ContinueLoading,
    /// Settings of the audit itself, which record nothing.
    Other,
}

/// What the kernel is told to do with some events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) records: bool,
    pub(super) list: List,
    /// `None`: of all.
    pub(super) arch: Option<AuditArch>,
    pub(super) syscalls: Syscalls,
    pub(super) target: Option<Target>,
    /// Letters of `rwxa`; `None`: however it is touched.
    pub(super) perms: Option<BTreeSet<char>>,
    pub(super) conditions: Vec<Condition>,
    pub(super) keys: Vec<String>,
}

/// When the kernel asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// When a system call ends.
    Exit,
    /// When a process begins: `never` there records no system call of it.
    Task,
    /// When a message is written: what fits is not, whether the rule says `always` or `never`.
    Exclude,
    /// Of messages by programs, of filesystems: nothing that is asked about here.
    Another,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Syscalls {
    All,
    These(BTreeSet<String>),
}

/// What file it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Itself alone.
    Path(String),
    /// A folder with all that is below it.
    Tree(String),
    /// Either, by what it is when it is loaded.
    Watch(String),
}

impl Target {
    pub(super) fn path(&self) -> &String {
        let (Self::Path(path) | Self::Tree(path) | Self::Watch(path)) = self;
        path
    }

    pub(super) fn path_mut(&mut self) -> &mut String {
        let (Self::Path(path) | Self::Tree(path) | Self::Watch(path)) = self;
        path
    }
}

/// Reads one line; `None` where it says nothing.
///
/// # Errors
/// It is not understood; auditctl would refuse it, or knows more than is known here.
pub(super) fn line(text: &str) -> Option<Result<Line, ()>> {
    let plain = text.trim();
    if plain.is_empty() || plain.starts_with('#') || plain == "No rules" {
        return None;
    }
    Some(parsed(text).ok_or(()))
}

fn parsed(text: &str) -> Option<Line> {
    let mut draft = Draft::default();
    // Neither a tab nor the end of another system's line parts words, nor ends one.
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if word.starts_with("--") {
            let line = match word {
                "--loginuid-immutable" => Line::LoginUidsImmutable,
                _ => Line::Other,
            };
            return draft.verb.is_none().then_some(line);
        }
        let option = word.strip_prefix('-')?;
        let letter = option.chars().next()?;
        let glued = &option[letter.len_utf8()..];
        match letter {
            'i' | 'q' | 't' | 'b' | 'r' | 'm' | 'l' | 's' => return Some(Line::Other),
            'c' => return Some(Line::ContinueLoading),
            'D' => return deleted(words),
            _ => {}
        }
        let value = if glued.is_empty() {
            words.next()?
        } else {
            glued
        };
        match letter {
            'e' => return value.parse().ok().map(Line::Enable),
            'f' => return value.parse().ok().map(Line::Failure),
            _ => draft.take(letter, value)?,
        }
    }
    draft.finish()
}

/// What `-D` takes away: all, or what has a key.
fn deleted<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<Line> {
    let Some(option) = words.next() else {
        return Some(Line::DeleteAll);
    };
    let key = match option.strip_prefix("-k")? {
        "" => words.next()?,
        glued => glued,
    };
    let line = Line::DeleteKeyed(key.to_owned());
    words.next().is_none().then_some(line)
}

/// A rule while its options are gathered.
#[derive(Default)]
struct Draft {
    verb: Option<char>,
    records: bool,
    list: Option<List>,
    arch: Option<AuditArch>,
    syscalls: BTreeSet<String>,
    target: Option<Target>,
    perms: Option<BTreeSet<char>>,
    conditions: Vec<Condition>,
    keys: Vec<String>,
}

impl Draft {
    fn take(&mut self, letter: char, value: &str) -> Option<()> {
        // auditctl asks in which list it is before what it is about.
        if self.verb.is_none() && "pFC".contains(letter) {
            return None;
        }
        match letter {
            'a' | 'A' | 'd' => {
                self.verb = Some(letter);
                // Either order is right.
                for word in value.split(',') {
                    match word {
                        "always" => self.records = true,
                        "never" | "possible" => {}
                        "exit" => self.list = Some(List::Exit),
                        "task" => self.list = Some(List::Task),
                        "exclude" => self.list = Some(List::Exclude),
                        "user" | "filesystem" | "io_uring" | "entry" => {
                            self.list = Some(List::Another);
                        }
                        _ => return None,
                    }
                }
            }
            'w' | 'W' => {
                self.verb = Some(letter);
                self.records = true;
                self.list = Some(List::Exit);
                self.target = Some(Target::Watch(plain(value)));
                self.perms.get_or_insert_with(|| "rwxa".chars().collect());
            }
            'p' => self.perms = Some(perms(value)?),
            'S' => self.syscalls.extend(value.split(',').map(str::to_owned)),
            'k' => self.key(value)?,
            'F' => self.field(value)?,
            'C' => self.conditions.push(condition::compared(value)?),
            _ => return None,
        }
        Some(())
    }

    fn field(&mut self, text: &str) -> Option<()> {
        let (name, op, value) = condition::split(text)?;
        match (name, op) {
            // Names of calls are numbers of a width, which must be known before.
            ("arch", _) if !self.syscalls.is_empty() => return None,
            ("arch", Op::Is) => self.arch = Some(arch(value)?),
            ("path", Op::Is) => self.target = Some(Target::Path(plain(value))),
            ("dir", Op::Is) => self.target = Some(Target::Tree(plain(value))),
            ("perm", Op::Is) => self.perms = Some(perms(value)?),
            ("key", Op::Is) => self.key(value)?,
            _ => self.conditions.push(condition::of(name, op, value)),
        }
        Some(())
    }

    /// A key is refused before there is anything that it could be about.
    fn key(&mut self, key: &str) -> Option<()> {
        let about = !self.syscalls.is_empty() || self.target.is_some() || self.perms.is_some();
        let is_about = |one: &Condition| one.is_about("exe") || one.is_about("fstype");
        let about = about || self.conditions.iter().any(is_about);
        about.then(|| self.keys.push(key.to_owned()))
    }

    fn finish(self) -> Option<Line> {
        let every = self.syscalls.is_empty() || self.syscalls.contains("all");
        let rule = Rule {
            records: self.records,
            list: self.list?,
            arch: self.arch,
            syscalls: if every {
                Syscalls::All
            } else {
                Syscalls::These(self.syscalls)
            },
            target: self.target,
            perms: self.perms,
            conditions: self.conditions,
            keys: self.keys,
        };
        Some(match self.verb? {
            'd' | 'W' => Line::Delete(rule),
            verb => Line::Rule {
                rule,
                first: verb == 'A',
            },
        })
    }
}

/// Without the slashes at its end.
pub(super) fn plain(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => "/".into(),
        path => path.into(),
    }
}

fn perms(text: &str) -> Option<BTreeSet<char>> {
    text.chars()
        .map(|c| "rwxa".contains(c).then_some(c))
        .collect()
}

fn arch(name: &str) -> Option<AuditArch> {
    match name {
        "b64" | "x86_64" | "aarch64" | "ppc64" | "ppc64le" | "s390x" | "riscv64" => {
            Some(AuditArch::B64)
        }
        "b32" | "i386" | "i486" | "i586" | "i686" | "arm" | "armv7l" | "ppc" | "s390" => {
            Some(AuditArch::B32)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> Rule {
        match line(text) {
            Some(Ok(Line::Rule { rule, .. })) => rule,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn options_may_be_glued_and_in_any_order() {
        let one = rule("-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -k perm");
        for same in [
            "-a exit,always -F arch=x86_64 -S fchmod -S chmod -F auid>=1000 -F key=perm",
            "-aalways,exit -Farch=b64 -Schmod -Sfchmod -Fauid>=1000 -kperm",
            "  -a always,exit   -F arch=b64 -S chmod,fchmod -F loginuid>=1000 -k perm ",
        ] {
            assert_eq!(rule(same), one, "{same}");
        }
    }

    #[test]
    fn a_watch_without_permissions_is_of_all_and_its_slash_says_nothing() {
        let watch = rule("-w /etc/sudoers.d/ -k x");
        assert_eq!(watch.target, Some(Target::Watch("/etc/sudoers.d".into())));
        assert_eq!(watch.perms.unwrap().len(), 4);
        assert_eq!(rule("-w /a -p w").perms, Some(['w'].into()));
    }

    #[test]
    fn what_is_no_rule_is_none() {
        for text in ["", "# -w /etc/passwd -p wa", "No rules", "   "] {
            assert_eq!(line(text), None, "{text}");
        }
        for text in [
            "-w",
            "w /etc",
            "-a always -S open",
            "-a always,sometimes -S open",
            "-w /etc -p q",
            "-F auid>=1000",
            "-D -k",
            "-D -w /etc",
            "-e two",
            "-f",
            "-a always,exit -F arch=vax",
            "-a always,exit\t-F arch=b64 -S open",
            "\t-w /etc -p wa",
            "-w /etc -p wa -k own\t -k",
            "-w /etc -p wa\r",
            "-w /etc -p wa -k own # why",
            "-a always,exit -S open -F arch=b64 -k own",
            "-k own -w /etc -p wa",
            "-p wa -w /etc",
            "-F arch=b64 -a always,exit -S open",
            "-a always,exit -F arch=b64 -F key=own -S open",
            "-e 2\r",
            "-f 2\t",
        ] {
            assert_eq!(line(text), Some(Err(())), "{text}");
        }
        assert_eq!(line("-b 8192"), Some(Ok(Line::Other)));
        assert_eq!(line("--backlog_wait_time 0"), Some(Ok(Line::Other)));
        let immutable = line("--loginuid-immutable");
        assert_eq!(immutable, Some(Ok(Line::LoginUidsImmutable)));
        assert_eq!(line("-c"), Some(Ok(Line::ContinueLoading)));
        assert_eq!(line("-f2"), Some(Ok(Line::Failure(2))));
        assert_eq!(line("-e 2"), Some(Ok(Line::Enable(2))));
        assert_eq!(line("-D"), Some(Ok(Line::DeleteAll)));
        for text in ["-D -k own", "-D -kown"] {
            assert_eq!(line(text), Some(Ok(Line::DeleteKeyed("own".into()))));
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(text: String) {
            line(&text);
        }

        #[test]
        fn any_options_are_read_without_panic(text in "(-[aAwWpSFCkdDe] ?[a-z0-9=!<>&,/é-]{0,6} ?){0,4}") {
            line(&text);
        }
    }
}
