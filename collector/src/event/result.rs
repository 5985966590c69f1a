use shared::rule::{Severity, result::parts};

use super::{Code, Event, Transition};

/// What it means that something else came of a rule. One that fails is as serious as its rule.
pub(super) fn event(
    of: Transition<'_>,
    severity: impl Fn(&str) -> Option<Severity>,
) -> Option<Event> {
    let verdict = |value: Option<&'_ serde_json::Value>| {
        let verdict = value.and_then(|value| value.get("verdict")?.as_str());
        verdict.map(str::to_owned)
    };
    let (before, after) = (verdict(of.before), verdict(of.after));
    let because = of.after.and_then(|value| value.get("because")?.as_str());
    let because = because.unwrap_or_default();
    let (rule, profile) = parts(of.key);
    let subject = of.key;
    let name = match profile {
        None => rule.to_owned(),
        Some(profile) => format!("{rule} ({profile})"),
    };
    let event = match (before.as_deref(), after.as_deref()) {
        // Content came or went with it: the bundle's own event tells that.
        (_, None) => return None,
        (Some("fail"), Some("fail")) => Event::new(
            Code::RESULT_VALUE,
            subject,
            format!("{name} still fails: {because}"),
        ),
        (_, Some("fail")) => Event {
            severity: severity(rule).unwrap_or(Severity::Medium),
            ..Event::new(
                Code::RESULT_FAILED,
                subject,
                format!("{name} fails: {because}"),
            )
        },
        (Some("fail"), Some(now)) => Event::new(
            Code::RESULT_FIXED,
            subject,
            format!("{name} fails no more ({now}): {because}"),
        ),
        (None, Some(_)) => return None,
        (Some(before), Some(after)) if before == after => Event::new(
            Code::RESULT_VALUE,
            subject,
            format!("{name} is {after} as before: {because}"),
        ),
        (Some(before), Some(after)) => {
            let text = format!("{name} was {before}, now {after}: {because}");
            Event::new(Code::RESULT_TURNED, subject, text)
        }
    };
    Some(event)
}
