use serde_json::{Value, json};

use super::at;
use crate::notice::{Notice, Phase, Severity};

/// Subjects that are named.
const SUBJECTS: usize = 10;

/// A message with an Adaptive Card, as workflows take it.
pub(super) fn body(notice: &Notice) -> Value {
    let mut facts = vec![
        json!({"title": "Severity", "value": notice.severity}),
        json!({"title": "Type", "value": notice.alert_type}),
    ];
    let about = notice.about(SUBJECTS);
    if !about.is_empty() {
        facts.push(json!({"title": "About", "value": about}));
    }
    facts.push(json!({"title": "When", "value": at(notice.occurred_at)}));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock",
                "size": "Medium",
                "weight": "Bolder",
                "wrap": true,
                "color": color(notice),
                "text": escape(&notice.headline()),
            },
            {"type": "TextBlock", "wrap": true, "text": escape(&notice.text)},
            {"type": "FactSet", "facts": facts},
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": "Open in OpenWatch", "url": notice.link},
        ],
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

/// A text block is read as Markdown: nothing of a host's may become a link.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '*' | '_' | '\\' | '`') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn color(notice: &Notice) -> &'static str {
    match (notice.phase, notice.severity) {
        (Phase::Resolved, _) => "Good",
        (Phase::Test, _) | (_, Severity::Info) => "Default",
        (_, Severity::Low) => "Accent",
        (_, Severity::Medium) => "Warning",
        (_, Severity::High | Severity::Critical) => "Attention",
    }
}
