//! SARIF 2.1.0 (OASIS), as code scanners read it: what fails is a result, every rule is described.

use serde_json::{Value, json};
use shared::rule::{Severity, result::Verdict};

use super::Scan;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(scan: &Scan<'_>) -> String {
    let rules: Vec<Value> = scan
        .results
        .iter()
        .map(|(rule, _)| {
            let controls = rule.references.iter().flat_map(|(framework, controls)| {
                controls
                    .iter()
                    .map(move |control| format!("{framework}/{control}"))
            });
            let tags: Vec<_> = [rule.category.clone()]
                .into_iter()
                .chain(controls)
                .collect();
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": level(rule.severity)},
                "properties": {"tags": tags, "security-severity": score(rule.severity)},
            })
        })
        .collect();
    let results: Vec<Value> = scan
        .results
        .iter()
        .enumerate()
        .filter_map(|(n, (rule, outcome))| {
            let (kind, level) = match outcome.verdict {
                Verdict::Fail => ("fail", level(rule.severity)),
                Verdict::Error => ("open", "none"),
                Verdict::NotAssessable | Verdict::Manual => ("review", "none"),
                Verdict::Pass => ("pass", "none"),
                Verdict::NotApplicable => return None,
            };
            let read = outcome.evidence.iter().flat_map(|one| &one.read);
            let files = read.filter(|path| path.starts_with('/'));
            let locations: Vec<Value> = files
                .take(10)
                .map(|path| json!({"physicalLocation": {"artifactLocation": {"uri": path.trim_start_matches('/')}}}))
                .collect();
            Some(json!({
                "ruleId": rule.id,
                "ruleIndex": n,
                "kind": kind,
                "level": level,
                "message": {"text": format!("{}: {}", rule.title, outcome.because)},
                "locations": locations,
            }))
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "openwatch-agent",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{"executionSuccessful": true, "endTimeUtc": scan.at}],
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).expect("a value of JSON") + "\n"
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// As scanners sort them: the middle of each band of CVSS.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}
