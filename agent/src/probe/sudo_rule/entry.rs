//! What a sudoers file consists of.

use std::{collections::BTreeMap, fmt, rc::Rc};

/// A list that several rules of one line share.
pub type Members = Rc<[Member]>;

/// One entry of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Setting(Setting),
    Alias(Alias),
    Rule(Rule),
    /// `@include` of a file or `@includedir` of a folder, with the path as it is written.
    Include {
        folder: bool,
        path: String,
        line: u32,
    },
    /// A line that makes no sense. sudo since 1.9.3 leaves it out, older ones refuse to work.
    Error {
        line: u32,
        what: &'static str,
    },
}

/// One setting of a `Defaults` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub scope: Scope,
    /// What the scope names; empty of [`Scope::Global`].
    pub members: Members,
    pub name: String,
    pub operator: Operator,
    /// `None` of a setting that is switched on or off.
    pub value: Option<String>,
}

/// Whom a `Defaults` line concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Global,
    User,
    Host,
    Runas,
    Command,
}

/// What a `Defaults` line does with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    On,
    Off,
    Set,
    Add,
    Remove,
}

/// What an alias stands for. Names of different sorts do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AliasKind {
    User,
    Runas,
    Host,
    Command,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Alias {
    pub kind: AliasKind,
    pub name: String,
    pub members: Vec<Member>,
}

/// Who may run what, where and as whom: consecutive commands of one `user host = …` that have
/// all but themselves in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub users: Members,
    pub hosts: Members,
    pub terms: Terms,
    pub commands: Vec<Member>,
}

/// How commands may be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// `None`: as the default user, root. Empty: as oneself.
    pub runas_users: Option<Members>,
    pub runas_groups: Members,
    /// `ROLE`, `CWD`, `TIMEOUT`, …, with the value as it is written.
    pub options: BTreeMap<&'static str, String>,
    pub tags: Tags,
}

/// The tags in force, each `None` where neither it nor its opposite is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(pub [Option<bool>; TAGS.len()]);

/// Each tag and its opposite.
pub const TAGS: [(&str, &str); 8] = [
    ("PASSWD", "NOPASSWD"),
    ("EXEC", "NOEXEC"),
    ("INTERCEPT", "NOINTERCEPT"),
    ("SETENV", "NOSETENV"),
    ("LOG_INPUT", "NOLOG_INPUT"),
    ("LOG_OUTPUT", "NOLOG_OUTPUT"),
    ("MAIL", "NOMAIL"),
    ("FOLLOW", "NOFOLLOW"),
];

impl Tags {
    /// Puts a tag in force; `false` where there is none of this name.
    pub fn set(&mut self, name: &str) -> bool {
        for (state, (yes, no)) in self.0.iter_mut().zip(TAGS) {
            if name == yes || name == no {
                *state = Some(name == yes);
                return true;
            }
        }
        false
    }

    /// What is not said here is as it was before.
    pub fn inherit(&mut self, before: &Self) {
        for (state, before) in self.0.iter_mut().zip(&before.0) {
            *state = state.or(*before);
        }
    }

    pub fn names(&self) -> Vec<&'static str> {
        let name = |(state, (yes, no)): (&Option<bool>, (&'static str, &'static str))| {
            state.map(|on| if on { yes } else { no })
        };
        self.0.iter().zip(TAGS).filter_map(name).collect()
    }

    /// Whether no password is asked for.
    pub fn nopasswd(&self) -> bool {
        self.0[0] == Some(false)
    }
}

/// One of a list of users, groups, hosts or commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub negated: bool,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    All,
    /// An alias, if there is one of this name.
    Alias(String),
    /// A user, `#uid`, `%group`, `%#gid`, `%:group` of elsewhere, `+netgroup`, host, network.
    Name(String),
    /// A command with its arguments; before it the digests that its file must have one of.
    Command(String),
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("!")?;
        }
        match &self.what {
            What::All => f.write_str("ALL"),
            What::Alias(text) | What::Name(text) | What::Command(text) => f.write_str(text),
        }
    }
}
