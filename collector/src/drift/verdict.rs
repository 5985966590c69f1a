use serde_json::Value;
use shared::rule::result::{Evidence, Verdict, parts};

use super::{About, Direction, Drift, Sort};
use crate::event::{Event, Transition};

/// Which way a verdict turned. What cannot be decided any more is worse where it passed and no better where it failed.
pub fn direction(before: Verdict, after: Verdict) -> Direction {
    use Verdict::{Error, Fail, Manual, NotApplicable, NotAssessable, Pass};
    match (before, after) {
        (before, after) if before == after => Direction::Neutral,
        (_, Fail) | (Pass, Error | NotAssessable | Manual) => Direction::Worse,
        (Fail, Pass | NotApplicable) | (Error | NotAssessable | Manual, Pass) => Direction::Better,
        _ => Direction::Neutral,
    }
}

/// What of a result that is another than it was, and means this, is drift. A rule that comes or goes with content is none: nothing
/// was before, or nothing is any more, that it could be held against.
pub(super) fn drift(of: Transition<'_>, event: &Event) -> Option<Drift> {
    let (before, after) = (of.before?, of.after?);
    let (was, is) = (verdict(before)?, verdict(after)?);
    let sort = if was != is {
        Sort::Verdict
    } else if measured(before) != measured(after) {
        Sort::Value
    } else {
        return None;
    };
    Some(Drift {
        about: About {
            sort,
            direction: direction(was, is),
            act: "",
            subject: parts(of.key).0.to_owned(),
        },
        code: event.code,
        severity: event.severity,
        text: event.text.clone(),
        rule_changed: before.get("content") != after.get("content"),
    })
}

fn verdict(value: &Value) -> Option<Verdict> {
    serde_json::from_value(value.get("verdict")?.clone()).ok()
}

/// What a result says was there, in whichever order: what is wanted, and in which words it is told, may change with the rule.
fn measured(value: &Value) -> Vec<(String, String, Vec<String>, usize)> {
    let evidence = value
        .get("evidence")
        .cloned()
        .and_then(|evidence| serde_json::from_value::<Vec<Evidence>>(evidence).ok());
    let seen = evidence.into_iter().flatten().map(|mut one| {
        one.offenders.sort_unstable();
        (one.check, one.actual, one.offenders, one.offenders_total)
    });
    let mut seen: Vec<_> = seen.collect();
    seen.sort_unstable();
    seen
}
