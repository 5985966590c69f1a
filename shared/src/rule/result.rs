//! What came of a rule on a host: a verdict, and the evidence for it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Offenders of a check that are named; how many there are is always told.
pub const MAX_OFFENDERS: usize = 50;

/// Longest text of evidence that is told whole, bytes.
pub const MAX_TEXT: usize = 500;

/// What is known of a rule on a host. `waived` is the collector's to say and never an agent's.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// It could not be decided; it counts as neither.
    Error,
    /// The host is not one that the rule is about.
    NotApplicable,
    /// A value that the site must set, or a right of the agent, is missing.
    NotAssessable,
    /// A person must look.
    Manual,
}

impl Verdict {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::NotApplicable => "not_applicable",
            Self::NotAssessable => "not_assessable",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one check saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The check's name.
    pub check: String,
    pub verdict: Verdict,
    /// Files, tables of the kernel, kinds of facts.
    pub read: Vec<String>,
    pub expected: String,
    /// Never empty: what is there, or that nothing is.
    pub actual: String,
    /// What is not as it must be, one by one, at most [`MAX_OFFENDERS`].
    pub offenders: Vec<String>,
    /// How many there are.
    pub offenders_total: usize,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The rule's id.
    pub rule: String,
    pub verdict: Verdict,
    /// Why, in one line for people.
    pub because: String,
    /// Of each check that was asked, in the order of the rule.
    pub evidence: Vec<Evidence>,
}
