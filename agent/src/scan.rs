//! A scan: every rule of some content decided once on a host, and what came of it in the words of
//! whoever asked: people, pipelines, code scanners.

/// For a browser: one file, no scripts.
mod html;

/// For pipelines: JUnit's XML.
mod junit;

/// For code scanners: SARIF 2.1.0.
mod sarif;

/// For a terminal.
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::rule::{
    Rule, Severity,
    load::Content,
    result::{Outcome, Verdict},
    variable::{self, Values},
};

use crate::{
    host::Host,
    rule::{self, source::Sources},
};

/// What came of a scan.
#[derive(Debug)]
pub struct Scan<'c> {
    /// By the host's clock.
    pub at: DateTime<Utc>,
    /// Each rule with its outcome, by category and id.
    pub results: Vec<(&'c Rule, Outcome)>,
}

/// How a scan is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
    Sarif,
    Junit,
    Html,
}

/// How many rules have each verdict.
pub type Counts = BTreeMap<Verdict, usize>;

/// Decides the rules of `content` on `host`; `only`, where there are any, are the ids of those that are
/// wanted. Of `values` the first come first.
pub fn scan<'c>(
    content: &'c Content,
    only: &[String],
    values: &[&Values],
    host: &Host,
) -> Scan<'c> {
    let rules = content.rules.values().map(|loaded| &loaded.rule);
    of_rules(rules, only, values, host, &Sources::of(host))
}

/// Decides the checks of policies that whoever asks has named, and so may run commands; `rules` are
/// theirs.
pub fn scan_policies<'c>(rules: &'c [Rule], only: &[String], host: &Host) -> Scan<'c> {
    let sources = Sources::of(host).running_commands();
    of_rules(rules.iter(), only, &[], host, &sources)
}

fn of_rules<'c>(
    rules: impl Iterator<Item = &'c Rule>,
    only: &[String],
    values: &[&Values],
    host: &Host,
    sources: &Sources<'_>,
) -> Scan<'c> {
    let wanted = rules.filter(|rule| only.is_empty() || only.contains(&rule.id));
    let decide = |rule: &'c Rule| {
        let values = variable::resolve(rule, values.iter().copied());
        (rule, rule::evaluate(rule, &values, sources))
    };
    let mut results: Vec<_> = wanted.map(decide).collect();
    results.sort_by(|(one, _), (other, _)| {
        (&one.category, &one.id).cmp(&(&other.category, &other.id))
    });
    Scan {
        at: host.clock().now(),
        results,
    }
}

impl Scan<'_> {
    /// How many rules have each verdict.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for (_, outcome) in &self.results {
            *counts.entry(outcome.verdict).or_default() += 1;
        }
        counts
    }

    /// Whether a rule of at least this severity fails, or could not be decided: what nobody has seen
    /// is no reason to go on.
    pub fn fails(&self, at_least: Severity) -> bool {
        self.results.iter().any(|(rule, outcome)| {
            rule.severity >= at_least && matches!(outcome.verdict, Verdict::Fail | Verdict::Error)
        })
    }

    /// The whole, as text.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Table => table::render(self),
            Format::Json => json(self),
            Format::Sarif => sarif::render(self),
            Format::Junit => junit::render(self),
            Format::Html => html::render(self),
        }
    }
}

#[derive(Serialize)]
struct Document<'s> {
    scanned_at: DateTime<Utc>,
    counts: BTreeMap<&'static str, usize>,
    results: Vec<Row<'s>>,
}

#[derive(Serialize)]
struct Row<'s> {
    rule: &'s str,
    title: &'s str,
    severity: Severity,
    category: &'s str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    references: &'s BTreeMap<String, Vec<String>>,
    verdict: Verdict,
    because: &'s str,
    evidence: &'s [shared::rule::result::Evidence],
}

fn json(scan: &Scan<'_>) -> String {
    let rows = scan.results.iter().map(|(rule, outcome)| Row {
        rule: &rule.id,
        title: &rule.title,
        severity: rule.severity,
        category: &rule.category,
        references: &rule.references,
        verdict: outcome.verdict,
        because: &outcome.because,
        evidence: &outcome.evidence,
    });
    let document = Document {
        scanned_at: scan.at,
        counts: scan
            .counts()
            .into_iter()
            .map(|(verdict, n)| (verdict.name(), n))
            .collect(),
        results: rows.collect(),
    };
    serde_json::to_string_pretty(&document).expect("no map with keys that are no texts") + "\n"
}

/// `text` where it may stand in XML and HTML, also in quotes. What XML cannot hold at all is U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
