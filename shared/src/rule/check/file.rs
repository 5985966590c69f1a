//! Files: what they are, and lines in them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Missing, Presence};
use crate::rule::expect::{Pattern, Scalar, comparing};

/// Existence, type, owner and mode of files. Each that is not as it must be is an offender.
///
/// Read is what a path leads to, links followed. All that is said must hold, and nothing is said by
/// default, so that a rule with `paths` alone asks that they are there. A mode that is stricter than
/// `mode_at_most` passes. A path that is not there fails, unless `missing` says otherwise; a pattern
/// that finds nothing passes, because no file of it is otherwise. What the agent may not look at is
/// `not_assessable`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Absolute; `*` and `?` stand for letters of one name.
    pub paths: Vec<String>,
    /// `false`: it must not be there.
    #[serde(default = "yes")]
    pub exists: bool,
    #[serde(rename = "type")]
    pub sort: Option<FileType>,
    /// Names of users or numbers; one of them must own it.
    pub owner: Option<Vec<Scalar>>,
    pub group: Option<Vec<Scalar>>,
    /// Octal, in quotes: no bit may be set that is not set here.
    pub mode_at_most: Option<Mode>,
    /// What a text file says: these words in this order, whatever blanks and ends of lines are between
    /// them.
    pub words: Option<Scalar>,
    /// By default `fail`; of a glob that finds nothing, `pass`.
    pub missing: Option<Missing>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileType {
    File,
    Folder,
}

/// Permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Mode(pub u32);

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Scalar(text) = Scalar::deserialize(deserializer)?;
        let octal = text
            .strip_prefix('0')
            .filter(|rest| (3..=4).contains(&rest.len()));
        let bits = octal.and_then(|octal| u32::from_str_radix(octal, 8).ok());
        bits.map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is no mode: write it in quotes, as \"0640\""
            ))
        })
    }
}

comparing! {
    /// A regular expression that must, or must not, match a line of files: for what no other check
    /// knows.
    ///
    /// Lines are looked at one by one, without blanks at their ends and without those that begin with
    /// `comment`; the expression may match anywhere in one, so that `^` and `$` are needed where the
    /// whole line is meant. Precedence, sections and fragments that hide each other are not known
    /// here: ask for a key with `setting`. Where none of the files is there, a line that must be
    /// present is not, and one that must be absent is absent. A pipe or a folder in the place of a
    /// file is an `error`.
    ///
    /// With comparators in the place of `must`, what the first group of the expression captures is a
    /// value, each time that it matches, and each that is not admitted is an offender. So a bound can
    /// be asked for that only some files say, or many. Where it matches nowhere, `missing` says what
    /// that means, by default `fail`.
    pub struct Lines {
        /// Absolute; `*` and `?` stand for letters of one name.
        pub files: Vec<String>,
        pub pattern: Pattern,
        /// Not beside comparators.
        pub must: Option<Presence>,
        /// What begins a comment, which is not looked at; `#` where it is not said, none where empty.
        pub comment: Option<String>,
        /// When no file is there: by default `fail` where a line must be present, else `pass`. With
        /// comparators, when nothing matches: by default `fail`.
        pub missing: Option<Missing>,
    }
}

impl Lines {
    pub(super) fn validate(&self) -> Result<(), String> {
        let compares = self.expect() != Default::default();
        match (self.must, compares) {
            (Some(_), true) => Err("`must` and comparators do not go together".into()),
            (None, false) => Err("says neither `must` nor what a value must be".into()),
            (None, true) if self.pattern.groups() == 0 => {
                Err("`pattern` captures no value: put what is compared in brackets".into())
            }
            _ => Ok(()),
        }
    }
}
