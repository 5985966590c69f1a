use serde_json::{Value, json};

use crate::notice::{Notice, Phase, Severity};

/// Subjects that are named.
const SUBJECTS: usize = 10;
/// Longest text of a block that Slack takes, characters.
const MAX_TEXT: usize = 3000;
/// Longest text of a header.
const MAX_HEADER: usize = 150;

/// A message for an incoming webhook.
pub(super) fn body(notice: &Notice) -> Value {
    let headline = notice.headline();
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": cut(&headline, MAX_HEADER)},
    })];
    if !notice.text.is_empty() {
        let text = cut(&escape(&notice.text), MAX_TEXT);
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}));
    }
    let about = notice.about(SUBJECTS);
    let about = if about.is_empty() {
        notice.alert_type.clone()
    } else {
        format!("{} · {about}", notice.alert_type)
    };
    blocks.push(json!({
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": cut(&escape(&about), MAX_TEXT)}],
    }));
    blocks.push(json!({
        "type": "actions",
        "elements": [{
            "type": "button",
            "text": {"type": "plain_text", "text": "Open in OpenWatch"},
            "url": notice.link,
        }],
    }));
    json!({
        "text": escape(&headline),
        "attachments": [{"color": color(notice), "blocks": blocks}],
    })
}

/// What Slack would take for a mention or a link.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn color(notice: &Notice) -> &'static str {
    match (notice.phase, notice.severity) {
        (Phase::Resolved, _) => "#2e7d32",
        (Phase::Test, _) | (_, Severity::Info) => "#546e7a",
        (_, Severity::Low) => "#1565c0",
        (_, Severity::Medium) => "#f9a825",
        (_, Severity::High) => "#ef6c00",
        (_, Severity::Critical) => "#c62828",
    }
}
