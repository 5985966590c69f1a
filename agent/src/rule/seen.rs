//! What one check saw, on its way to evidence.

use shared::{
    rule::{
        check::Missing,
        result::{Evidence, MAX_OFFENDERS, MAX_TEXT, Verdict},
    },
    wire::{Stale, StaleReason},
};

use crate::host::HostError;

/// What one check saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) verdict: Verdict,
    pub(super) read: Vec<String>,
    pub(super) expected: String,
    pub(super) actual: String,
    pub(super) offenders: Vec<String>,
}

impl Seen {
    /// A thing that is, or is not, as it must be.
    pub(super) fn of(passes: bool, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
        Self::verdict(verdict, expected, actual)
    }

    pub(super) fn verdict(
        verdict: Verdict,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            read: Vec::new(),
            expected: expected.into(),
            actual: actual.into(),
            offenders: Vec::new(),
        }
    }

    /// Things of which some are not as they must be, and how many were looked at.
    pub(super) fn offenders(
        offenders: Vec<String>,
        of: usize,
        expected: impl Into<String>,
    ) -> Self {
        let actual = match offenders.as_slice() {
            [] => format!("so it is with all {of}"),
            [one] => format!("otherwise is 1 of {of}: {one}"),
            more => format!("otherwise are {} of {of}", more.len()),
        };
        let mut seen = Self::of(offenders.is_empty(), expected, actual);
        seen.offenders = offenders;
        seen
    }

    /// What is asked about is not there, which means what the check says that it means.
    pub(super) fn missing(
        means: Missing,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let verdict = match means {
            Missing::Fail => Verdict::Fail,
            Missing::Pass => Verdict::Pass,
            Missing::NotApplicable => Verdict::NotApplicable,
        };
        Self::verdict(verdict, expected, actual)
    }

    /// A source that could not be read.
    pub(super) fn stale(stale: &Stale, expected: impl Into<String>) -> Self {
        let verdict = match stale.reason {
            StaleReason::Denied => Verdict::NotAssessable,
            _ => Verdict::Error,
        };
        Self::verdict(verdict, expected, stale.detail.clone())
    }

    /// A file that could not be read.
    pub(super) fn unreadable(error: &HostError, expected: impl Into<String>) -> Self {
        let verdict = if error.is_denied() {
            Verdict::NotAssessable
        } else {
            Verdict::Error
        };
        Self::verdict(verdict, expected, error.to_string())
    }

    /// Adds what was read.
    pub(super) fn read(mut self, sources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.read.extend(sources.into_iter().map(Into::into));
        self
    }

    /// As evidence of the check of this name, within bounds.
    pub(super) fn evidence(self, check: &str) -> Evidence {
        let total = self.offenders.len();
        let offenders = self.offenders.into_iter().take(MAX_OFFENDERS);
        Evidence {
            check: check.to_owned(),
            verdict: self.verdict,
            read: self
                .read
                .into_iter()
                .take(MAX_OFFENDERS)
                .map(clipped)
                .collect(),
            expected: clipped(self.expected),
            actual: clipped(self.actual),
            offenders: offenders.map(clipped).collect(),
            offenders_total: total,
        }
    }
}

/// Leaves out what may be a secret: only that there was something is told.
pub(super) fn redact(evidence: &mut Evidence) {
    if evidence.verdict == Verdict::Pass || evidence.verdict == Verdict::Fail {
        evidence.actual = "a value that this rule keeps to itself".into();
    }
    evidence.offenders.clear();
}

fn clipped(text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_TEXT)])
}
