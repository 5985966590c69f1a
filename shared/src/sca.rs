//! Policies in the grammar of Wazuh's Security Configuration Assessment, as they lie in files: parsed,
//! and nothing decided. Who decides is the agent.
//!
//! Two editions of the grammar are in use, and a file does not say which it is written for. Checks of
//! edition 4 have a `title`, those of edition 5 a `name`; and edition 5 knows only one sort of
//! expression. What differs is in [`Edition`].
//!
//! A line that cannot be understood does not hide the others: it is kept with the reason, and whoever
//! decides it must not take it for a pass.

/// Commands, as words or for a shell.
mod command;

/// Files of policies.
mod load;

/// Lines of checks.
mod line;

/// Expressions, compiled.
mod matcher;

/// The expressions of edition 4.
mod osregex;

/// Expressions as in Perl.
mod pcre2;

/// What must hold of one line of a text.
mod term;

/// What stands for paths and commands.
mod variable;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    command::Command,
    line::{Asks, Line, Name, Subject},
    term::{Came, Terms},
};

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub id: String,
    pub name: String,
    /// What must hold of a host for the policy to be about it.
    pub requirements: Option<Lines>,
    pub checks: Vec<Check>,
}

/// A check of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Above 0, and the only one of this number in the policy.
    pub id: u32,
    pub title: String,
    /// The risk: what the policy calls the rationale, or else its description.
    pub why: String,
    /// Controls by what the policy calls the framework.
    pub compliance: Vec<(String, Vec<String>)>,
    pub lines: Lines,
}

/// Lines, and how many of them must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub condition: Condition,
    pub dialect: Dialect,
    /// One to 255.
    pub lines: Vec<Line>,
}

/// How many lines must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    All,
    Any,
    None,
}

/// How the lines of a check are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub edition: Edition,
    pub regex: RegexType,
}

/// Which edition of the grammar a policy is written for.
///
/// In edition 4 a lone `!r:` holds when *any* line of the text does not match, `pcre2` minds case, a
/// name of a file without `r:` may match anywhere in the name, and names are always matched as
/// `osregex`. In edition 5 a lone `!r:` holds when there are lines and *none* matches, `pcre2` minds
/// no case, and a name without `r:` is the whole name. A lone `!r:` under `not` keeps the meaning of
/// edition 4 in both, since the other would let one good line hide all bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Edition {
    #[serde(rename = "v4")]
    Four,
    #[serde(rename = "v5")]
    Five,
}

/// Which sort of expression follows `r:` and `n:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegexType {
    /// Wazuh's own: classes behind backslashes, `+` and `*` only after those, `.` means itself.
    Osregex,
    /// As in Perl. Look-around and references back are not known here.
    Pcre2,
}

impl Edition {
    /// The expressions of a policy that does not say.
    pub fn regex(self) -> RegexType {
        match self {
            Self::Four => RegexType::Osregex,
            Self::Five => RegexType::Pcre2,
        }
    }
}

impl Lines {
    /// Most lines of a check.
    pub const MAX: usize = 255;

    /// Parses each of these lines, with their places in the file where these are known.
    ///
    /// # Errors
    /// In words, when there is none or there are too many.
    pub fn parse(
        condition: Condition,
        dialect: Dialect,
        lines: impl IntoIterator<Item = (Option<u64>, String)>,
    ) -> Result<Self, String> {
        let parsed = lines.into_iter().take(Self::MAX + 1).map(|(at, text)| {
            let asks = line::parse(&text, condition, dialect);
            Line { text, at, asks }
        });
        let lines: Vec<_> = parsed.collect();
        if lines.is_empty() || lines.len() > Self::MAX {
            return Err(format!("`rules`: not one to {}", Self::MAX));
        }
        Ok(Self {
            condition,
            dialect,
            lines,
        })
    }

    /// The lines that could not be understood, with the reasons.
    pub fn broken(&self) -> impl Iterator<Item = (&Line, &str)> {
        self.lines.iter().filter_map(|line| {
            let why = line.asks.as_ref().err()?;
            Some((line, why.as_str()))
        })
    }
}

#[cfg(test)]
mod tests;
