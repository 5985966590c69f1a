//! What came of a rule on a host: a verdict, and the evidence for it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::variable::Values;

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

/// The kind of the facts that tell what came of rules: the key is [`key`]'s, the value a [`Record`].
pub const KIND: &str = "result";

/// Longest record, bytes of JSON.
pub const MAX_RECORD: usize = 16 << 10;

/// Between a rule's id and the profile whose values it was decided with.
const OF_PROFILE: char = '@';

/// The key of a result: the rule's id, and of a further set of values the first profile that has it.
pub fn key(rule: &str, profile: Option<&str>) -> String {
    match profile {
        None => rule.to_owned(),
        Some(profile) => format!("{rule}{OF_PROFILE}{profile}"),
    }
}

/// The rule and the profile that a [`key`] was made of.
pub fn parts(key: &str) -> (&str, Option<&str>) {
    match key.split_once(OF_PROFILE) {
        None => (key, None),
        Some((rule, profile)) => (rule, Some(profile)),
    }
}

/// What came of a rule, as a host tells it. It says nothing that changes by itself, such as how long
/// it took: a record that differs is a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub verdict: Verdict,
    /// Why, in one line for people.
    pub because: String,
    /// The rule as it was: the first 16 digits of the SHA-256 of its file.
    pub content: String,
    /// What each of the rule's variables was; without what is not set. Agents of before say nothing.
    #[serde(default)]
    pub values: Values,
    pub evidence: Vec<Evidence>,
    /// Whether evidence, or values, were left out, because the whole was longer than
    /// [`MAX_RECORD`].
    #[serde(default)]
    pub truncated: bool,
}

impl Record {
    /// What came of the rule whose file has the hash `content`, with these values.
    pub fn of(outcome: Outcome, content: String, values: Values) -> Self {
        let mut record = Self {
            verdict: outcome.verdict,
            because: outcome.because,
            content,
            values,
            evidence: outcome.evidence,
            truncated: false,
        };
        record.shorten();
        record
    }

    /// Offenders go first, of the check that has most of them; then what was read; then whole checks,
    /// those last that are not as the rule wants them; at last the values.
    fn shorten(&mut self) {
        while self.length() > MAX_RECORD {
            self.truncated = true;
            let most = |one: &&mut Evidence| one.offenders.len().max(one.read.len());
            match self.evidence.iter_mut().max_by_key(most) {
                Some(one) if one.offenders.len() > 1 => {
                    one.offenders.truncate(one.offenders.len() / 2);
                }
                Some(one) if one.read.len() > 1 => one.read.truncate(one.read.len() / 2),
                _ => {
                    let decisive = |one: &Evidence| one.verdict == self.verdict;
                    let dispensable = self.evidence.iter().rposition(|one| !decisive(one));
                    match dispensable {
                        Some(at) => drop(self.evidence.remove(at)),
                        None if self.evidence.is_empty() => {
                            self.values.clear();
                            return;
                        }
                        None => drop(self.evidence.pop()),
                    }
                }
            }
        }
    }

    fn length(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{expect::Scalar, variable::Value};

    fn evidence(verdict: Verdict, offenders: usize, read: usize) -> Evidence {
        Evidence {
            check: "file".into(),
            verdict,
            read: vec!["r".repeat(MAX_TEXT); read],
            expected: "e".into(),
            actual: "a".into(),
            offenders: vec!["o".repeat(MAX_TEXT); offenders],
            offenders_total: offenders,
        }
    }

    fn record(evidence: Vec<Evidence>) -> Record {
        let outcome = Outcome {
            rule: "one".into(),
            verdict: Verdict::Fail,
            because: "so".into(),
            evidence,
        };
        Record::of(outcome, "0".repeat(16), Values::new())
    }

    #[test]
    fn a_key_is_taken_apart_as_it_was_made() {
        for (rule, profile) in [("one", None), ("one", Some("cis-l1"))] {
            assert_eq!(parts(&key(rule, profile)), (rule, profile));
        }
    }

    #[test]
    fn values_that_fill_a_record_are_left_out_and_that_is_said() {
        let value = Value::One(Scalar("v".repeat(MAX_RECORD / 2)));
        let values = ["a", "b"].map(|name| (name.to_owned(), value.clone()));
        let outcome = Outcome {
            rule: "one".into(),
            verdict: Verdict::Pass,
            because: "so".into(),
            evidence: vec![evidence(Verdict::Pass, 1, 1)],
        };
        let short = Record::of(
            outcome.clone(),
            String::new(),
            values[..1].iter().cloned().collect(),
        );
        assert!(!short.truncated && short.values.len() == 1);
        let long = Record::of(outcome, String::new(), values.into());
        assert!(long.truncated && long.length() <= MAX_RECORD);
    }

    #[test]
    fn a_record_is_bounded_and_says_so_and_keeps_the_totals_and_what_decides() {
        let short = record(vec![evidence(Verdict::Fail, 3, 1)]);
        assert!(!short.truncated);
        let long = record(vec![
            evidence(Verdict::Pass, 0, MAX_OFFENDERS),
            evidence(Verdict::Fail, MAX_OFFENDERS, 1),
            evidence(Verdict::Pass, 0, 1),
        ]);
        assert!(long.truncated && long.length() <= MAX_RECORD);
        assert_eq!(long.evidence[1].offenders_total, MAX_OFFENDERS);
        let many = record(
            (0..200)
                .map(|n| {
                    let verdict = if n == 7 { Verdict::Fail } else { Verdict::Pass };
                    evidence(verdict, 0, 1)
                })
                .collect(),
        );
        assert!(many.truncated && many.length() <= MAX_RECORD);
        assert!(many.evidence.iter().any(|one| one.verdict == Verdict::Fail));
    }
}
