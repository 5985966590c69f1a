//! A page for people: one file that needs nothing else, light or dark as the reader's system is.

use std::fmt::Write as _;

use shared::rule::result::Verdict;

use super::{Scan, escaped};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}\
td,th{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #8884}\
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}\
.v{font-weight:600;white-space:nowrap}.fail{color:#c62828}.pass{color:#2e7d32}.error,.not_assessable{color:#b26a00}\
@media(prefers-color-scheme:dark){.fail{color:#ff8a80}.pass{color:#81c784}.error,.not_assessable{color:#ffb74d}}\
ul{margin:.3rem 0 0;padding-left:1.2rem}";

pub(super) fn render(scan: &Scan<'_>) -> String {
    let counts = scan.counts();
    let counts: Vec<_> = counts
        .iter()
        .map(|(verdict, n)| format!("{n} {verdict}"))
        .collect();
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>OpenWatch scan</title><style>{STYLE}</style>\n\
         <h1>OpenWatch scan</h1><p>{} UTC. {} rules: {}.</p>\n\
         <table><thead><tr><th>Verdict<th>Severity<th>Rule<th>Evidence</thead><tbody>\n",
        scan.at.format("%Y-%m-%d %H:%M:%S"),
        scan.results.len(),
        counts.join(", "),
    );
    let mut results: Vec<_> = scan.results.iter().collect();
    results
        .sort_by_key(|(rule, outcome)| (rank(outcome.verdict), std::cmp::Reverse(rule.severity)));
    for (rule, outcome) in results {
        let _ = write!(
            text,
            "<tr><td class=\"v {0}\">{0}<td>{1}<td><b>{2}</b><br><code>{3}</code><br>{4}<td>",
            outcome.verdict,
            rule.severity,
            escaped(&rule.title),
            escaped(&rule.id),
            escaped(&rule.why),
        );
        if outcome.evidence.is_empty() {
            text.push_str(&escaped(&outcome.because));
        }
        for one in &outcome.evidence {
            let (expected, actual) = (escaped(&one.expected), escaped(&one.actual));
            let _ = write!(
                text,
                "<div>wanted <code>{expected}</code>, found <code>{actual}</code>"
            );
            if !one.offenders.is_empty() {
                text.push_str("<ul>");
                for offender in &one.offenders {
                    let _ = write!(text, "<li><code>{}</code>", escaped(offender));
                }
                let more = one.offenders_total - one.offenders.len();
                if more > 0 {
                    let _ = write!(text, "<li>and {more} more");
                }
                text.push_str("</ul>");
            }
            text.push_str("</div>");
        }
        text.push('\n');
    }
    text.push_str("</tbody></table>\n");
    text
}

/// What needs somebody first.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Error => 1,
        Verdict::NotAssessable => 2,
        Verdict::Manual => 3,
        Verdict::Pass => 4,
        Verdict::NotApplicable => 5,
    }
}
