//! Rules: what they want, why, and which controls they decide.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::rule::{self, result::Verdict};
use utoipa::ToSchema;

use crate::{
    catalogue::Entry,
    store::{self, read::result::Count},
};

pub(crate) mod get;
pub(crate) mod list;

/// How bad it is when a rule fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<rule::Severity> for Severity {
    fn from(severity: rule::Severity) -> Self {
        match severity {
            rule::Severity::Info => Self::Info,
            rule::Severity::Low => Self::Low,
            rule::Severity::Medium => Self::Medium,
            rule::Severity::High => Self::High,
            rule::Severity::Critical => Self::Critical,
        }
    }
}

impl Severity {
    /// As the tables of events have it.
    pub(crate) fn number(self) -> i16 {
        let severity = match self {
            Self::Info => rule::Severity::Info,
            Self::Low => rule::Severity::Low,
            Self::Medium => rule::Severity::Medium,
            Self::High => rule::Severity::High,
            Self::Critical => rule::Severity::Critical,
        };
        store::event::number(severity)
    }
}

/// A verdict, as a filter has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pass,
    Fail,
    Error,
    NotApplicable,
    NotAssessable,
    Manual,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Fail => Verdict::Fail,
            Self::Error => Verdict::Error,
            Self::NotApplicable => Verdict::NotApplicable,
            Self::NotAssessable => Verdict::NotAssessable,
            Self::Manual => Verdict::Manual,
        }
        .name()
    }
}

/// A rule, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rule {
    id: String,
    title: String,
    severity: Severity,
    category: String,
    /// The controls of which it decides something, or for which it gives evidence, by the framework's key.
    controls: BTreeMap<String, Vec<String>>,
}

impl From<&Entry> for Rule {
    fn from(entry: &Entry) -> Self {
        let mut controls: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (framework, control) in &entry.controls {
            let of = controls.entry(framework.clone()).or_default();
            of.push(control.clone());
        }
        Self {
            id: entry.rule.id.clone(),
            title: entry.rule.title.clone(),
            severity: entry.rule.severity.into(),
            category: entry.rule.category.clone(),
            controls,
        }
    }
}

/// Results by verdict; verdicts that none has are left out.
pub(crate) type Counts = BTreeMap<String, i64>;

pub(crate) fn counts(rows: Vec<Count>) -> Counts {
    let named = |row: Count| (row.verdict.unwrap_or_else(|| "unknown".into()), row.results);
    rows.into_iter().map(named).collect()
}
