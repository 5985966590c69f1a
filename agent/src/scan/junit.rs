//! JUnit's XML, as continuous integration reads it: a rule is a test case, its category the suite.

use std::fmt::Write as _;

use shared::rule::result::{Outcome, Verdict};

use super::{Scan, escaped};

pub(super) fn render(scan: &Scan<'_>) -> String {
    let counts = scan.counts();
    let count = |verdict: Verdict| counts.get(&verdict).copied().unwrap_or(0);
    let skipped =
        scan.results.len() - count(Verdict::Pass) - count(Verdict::Fail) - count(Verdict::Error);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuite name=\"openwatch\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{skipped}\" timestamp=\"{}\">",
        scan.results.len(),
        count(Verdict::Fail),
        count(Verdict::Error),
        scan.at.format("%Y-%m-%dT%H:%M:%S"),
    );
    for (rule, outcome) in &scan.results {
        let (category, id) = (escaped(&rule.category), escaped(&rule.id));
        let _ = write!(text, "  <testcase classname=\"{category}\" name=\"{id}\"");
        let because = escaped(&outcome.because);
        let element = match outcome.verdict {
            Verdict::Pass => {
                text.push_str("/>\n");
                continue;
            }
            Verdict::Fail => "failure",
            Verdict::Error => "error",
            Verdict::NotApplicable | Verdict::NotAssessable | Verdict::Manual => {
                let _ = writeln!(
                    text,
                    "><skipped message=\"{}: {because}\"/></testcase>",
                    outcome.verdict
                );
                continue;
            }
        };
        let title = escaped(&rule.title);
        let _ = writeln!(
            text,
            ">\n    <{element} type=\"{}\" message=\"{title}: {because}\">{}</{element}>\n  </testcase>",
            rule.severity,
            escaped(&told(outcome)),
        );
    }
    text.push_str("</testsuite>\n");
    text
}

fn told(outcome: &Outcome) -> String {
    let lines = outcome.evidence.iter().map(|one| {
        format!(
            "{}: wanted {}; found {}\n{}",
            one.check,
            one.expected,
            one.actual,
            one.offenders.join("\n")
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}
