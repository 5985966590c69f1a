//! How a host stands against what it is held to: one formula, used everywhere. Pure.
//!
//! **Score** = passed / (passed + failed), of the results that count; beside it the same weighted by severity.
//! What is not applicable, not assessable, manual or an error counts as neither and is shown. Of no result there
//! is no score: never 0 %. Scores of many hosts pool their results; they are not the mean of scores.

/// Which rules fail on a host.
mod failing;

/// From results to the intervals of a host's posture.
mod sweep;

/// What is waived of it.
mod waived;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use shared::rule::{
    Severity,
    result::{Verdict, parts},
    variable::Values,
};

pub use self::{
    failing::failing,
    sweep::{Change, Told, sweep},
    waived::{Overlay, Several, Waived, score_with},
};
use crate::catalogue::Catalogue;

/// What a host is looked at through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lens {
    /// Every rule.
    All,
    /// The rules that decide something of a framework, or give evidence for it.
    Framework(String),
    /// The rules of a profile, with its values.
    Profile(String),
}

impl Lens {
    /// The lens that the tables name so.
    pub fn named(sort: &str, key: &str) -> Self {
        match sort {
            "framework" => Self::Framework(key.to_owned()),
            "profile" => Self::Profile(key.to_owned()),
            _ => Self::All,
        }
    }

    /// As the tables name it: its sort, and the key.
    pub fn name(&self) -> (&'static str, &str) {
        match self {
            Self::All => ("all", ""),
            Self::Framework(key) => ("framework", key),
            Self::Profile(key) => ("profile", key),
        }
    }
}

/// How much a rule of a severity weighs in the weighted score. A decision of ours: a critical finding counts as much as
/// ten low ones, and what is for information counts for nothing.
pub fn weight(severity: Severity) -> i32 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 3,
        Severity::High => 6,
        Severity::Critical => 10,
    }
}

/// Results by verdict, and what they weigh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: i32,
    pub failed: i32,
    pub error: i32,
    pub not_assessable: i32,
    pub not_applicable: i32,
    pub manual: i32,
    pub weight_passed: i32,
    pub weight_failed: i32,
    pub failed_critical: i32,
    pub failed_high: i32,
}

impl Counts {
    /// Adds a result, or takes it away where `by` is -1. A verdict that this collector does not know counts as an error.
    fn add(&mut self, verdict: Option<Verdict>, severity: Severity, by: i32) {
        let weighs = by * weight(severity);
        match verdict {
            Some(Verdict::Pass) => {
                self.passed += by;
                self.weight_passed += weighs;
            }
            Some(Verdict::Fail) => {
                self.failed += by;
                self.weight_failed += weighs;
                match severity {
                    Severity::Critical => self.failed_critical += by,
                    Severity::High => self.failed_high += by,
                    Severity::Medium | Severity::Low | Severity::Info => {}
                }
            }
            Some(Verdict::NotAssessable) => self.not_assessable += by,
            Some(Verdict::NotApplicable) => self.not_applicable += by,
            Some(Verdict::Manual) => self.manual += by,
            Some(Verdict::Error) | None => self.error += by,
        }
    }

    /// Whether nothing is known.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The score in percent: of 100 results that pass or fail, how many pass. `None` where none does either.
pub fn score(passed: i64, failed: i64) -> Option<f64> {
    let decided = passed + failed;
    // Counts are far below 2^53.
    (decided > 0).then(|| 100.0 * passed as f64 / decided as f64)
}

/// Which result of a rule that has several on a host is a profile's, of their keys in order with the values that they were
/// decided with: one that was decided with the profile's, or else one that has its name, or else the plain one.
pub fn seen_key<'k>(
    rule: &str,
    profile: &str,
    wanted: Option<&Values>,
    results: impl Iterator<Item = (&'k str, &'k Values)> + Clone,
) -> Option<&'k str> {
    let by = |fits: &dyn Fn(&str, &Values) -> bool| {
        let mut fitting = results.clone().filter(|(key, values)| fits(key, values));
        fitting.next().map(|(key, _)| key)
    };
    by(&|_, values| wanted == Some(values))
        .or_else(|| by(&|key, _| parts(key).1 == Some(profile)))
        .or_else(|| by(&|key, _| key == rule))
}

/// Every lens of a catalogue, and which rules are seen through which.
#[derive(Debug, Default)]
pub struct Lenses {
    lenses: Vec<Lens>,
    /// By rule: its severity, and the places of its lenses.
    rules: BTreeMap<String, (Severity, Vec<usize>)>,
    digest: [u8; 32],
}

impl Lenses {
    /// Those of `catalogue`.
    pub fn of(catalogue: &Catalogue) -> Self {
        let all: BTreeSet<&str> = catalogue.rules.keys().map(String::as_str).collect();
        let mut sets = vec![(Lens::All, all)];
        for (key, controls) in &catalogue.frameworks {
            sets.push((Lens::Framework(key.clone()), controls.rules(|_| true)));
        }
        for (key, held) in &catalogue.profiles {
            let rules = held.rules.iter().map(String::as_str).collect();
            sets.push((Lens::Profile(key.clone()), rules));
        }
        let severities = catalogue
            .rules
            .iter()
            .map(|(id, entry)| (id.as_str(), entry.rule.severity));
        Self::with(sets, &severities.collect())
    }

    fn with(sets: Vec<(Lens, BTreeSet<&str>)>, severities: &BTreeMap<&str, Severity>) -> Self {
        let mut lenses = Self::default();
        let mut hash = Sha256::new();
        for (place, (lens, rules)) in sets.into_iter().enumerate() {
            let (sort, key) = lens.name();
            hash.update(format!("{sort} {key}\n"));
            for rule in rules {
                let Some(&severity) = severities.get(rule) else {
                    continue;
                };
                hash.update(format!("{rule} {}\n", weight(severity)));
                let of = lenses.rules.entry(rule.to_owned());
                let (_, places) = of.or_insert_with(|| (severity, Vec::new()));
                places.push(place);
            }
            lenses.lenses.push(lens);
        }
        lenses.digest = hash.finalize().into();
        lenses
    }

    /// All of them; what [`sweep`] tells names their places.
    pub fn all(&self) -> &[Lens] {
        &self.lenses
    }

    /// Another where another rule counts, or counts for more.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

#[cfg(test)]
mod tests;
