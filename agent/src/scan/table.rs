//! What a terminal shows: a line for each rule that needs somebody, and the counts.

use std::fmt::Write as _;

use shared::rule::result::Verdict;

use super::Scan;

/// Offenders that are shown of a rule; `--format json` has more.
const SHOWN: usize = 5;

pub(super) fn render(scan: &Scan<'_>) -> String {
    let mut text = String::new();
    for (rule, outcome) in &scan.results {
        if !matches!(
            outcome.verdict,
            Verdict::Fail | Verdict::Error | Verdict::NotAssessable
        ) {
            continue;
        }
        let _ = writeln!(
            text,
            "{:<14} {:<8} {:<40} {}",
            outcome.verdict, rule.severity, rule.id, rule.title
        );
        let decisive = outcome
            .evidence
            .iter()
            .filter(|one| one.verdict == outcome.verdict);
        let mut any = false;
        for evidence in decisive {
            any = true;
            let _ = writeln!(
                text,
                "    wanted {}; found {}",
                evidence.expected,
                plain(&evidence.actual)
            );
            for offender in evidence.offenders.iter().take(SHOWN) {
                let _ = writeln!(text, "      {}", plain(offender));
            }
            let more = evidence.offenders_total.saturating_sub(SHOWN);
            if more > 0 {
                let _ = writeln!(text, "      and {more} more");
            }
        }
        if !any {
            let _ = writeln!(text, "    {}", plain(&outcome.because));
        }
    }
    let counts = scan.counts();
    let counts: Vec<_> = counts
        .iter()
        .map(|(verdict, n)| format!("{n} {verdict}"))
        .collect();
    let _ = writeln!(text, "{} rules: {}", scan.results.len(), counts.join(", "));
    text
}

/// Nothing of a host may move the cursor of whoever reads about it.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
