use serde_json::{Value, json};

use super::{at, told};
use crate::notice::{Notice, Phase, Severity};

/// Longest summary that PagerDuty takes, characters.
const MAX_SUMMARY: usize = 1024;

/// An event of the Events API v2. All events of an alert have its identity as their key, so that they are one
/// incident there.
pub(super) fn body(notice: &Notice, routing_key: &str, source: &str) -> Value {
    let action = match notice.phase {
        Phase::Fired | Phase::Escalated | Phase::Test => "trigger",
        Phase::Acknowledged => "acknowledge",
        Phase::Resolved => "resolve",
    };
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": notice.alert,
    });
    if action == "trigger" {
        let summary: String = notice.title.chars().take(MAX_SUMMARY).collect();
        event["payload"] = json!({
            "summary": summary,
            "source": source,
            "severity": severity(notice.severity),
            "timestamp": at(notice.occurred_at),
            "class": notice.alert_type,
            "custom_details": told(notice),
        });
        event["client"] = json!("OpenWatch");
        event["client_url"] = json!(notice.link);
        event["links"] = json!([{"href": notice.link, "text": "Open in OpenWatch"}]);
    }
    event
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "info",
        Severity::Medium => "warning",
        Severity::High => "error",
        Severity::Critical => "critical",
    }
}
