//! The texts of requests and messages.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    notice::{
        Phase, Severity,
        channel::{Email, Secret, Security},
        tests::notice,
    },
    notify::{email, pagerduty, slack, teams, webhook},
};

const LINK: &str = "https://collector.example:8443/alerts/0193a000-0000-7000-8000-0000000000aa";

#[test]
fn slack_gets_a_message_in_which_nothing_of_a_host_is_a_link() {
    assert_eq!(
        slack::body(&notice(Phase::Fired)),
        json!({
            "text": "[HIGH] Root may log in by SSH &lt;again&gt;",
            "attachments": [{
                "color": "#ef6c00",
                "blocks": [
                    {"type": "header", "text": {
                        "type": "plain_text", "text": "[HIGH] Root may log in by SSH <again>"}},
                    {"type": "section", "text": {
                        "type": "mrkdwn",
                        "text": "PermitRootLogin is yes &amp; was no.\nSince 14:05."}},
                    {"type": "context", "elements": [{
                        "type": "mrkdwn",
                        "text": "rule_regression · host web-1, rule ssh-root-login-off"}]},
                    {"type": "actions", "elements": [{
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open in OpenWatch"},
                        "url": LINK}]},
                ],
            }],
        })
    );
    assert_eq!(
        slack::body(&notice(Phase::Resolved))["attachments"][0]["color"],
        "#2e7d32"
    );
    let mut long = notice(Phase::Fired);
    (long.title, long.text) = ("t".repeat(500), "x".repeat(5000));
    let body = slack::body(&long);
    let blocks = &body["attachments"][0]["blocks"];
    assert_eq!(blocks[0]["text"]["text"].as_str().unwrap().len(), 150);
    assert_eq!(blocks[1]["text"]["text"].as_str().unwrap().len(), 3000);
}

#[test]
fn teams_gets_an_adaptive_card() {
    let mut notice = notice(Phase::Fired);
    notice.title = "[a](https://evil.example)".into();
    assert_eq!(
        teams::body(&notice),
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true,
                            "color": "Attention",
                            "text": "\\[HIGH\\] \\[a\\](https://evil.example)"},
                        {"type": "TextBlock", "wrap": true,
                            "text": "PermitRootLogin is yes & was no.\nSince 14:05."},
                        {"type": "FactSet", "facts": [
                            {"title": "Severity", "value": "high"},
                            {"title": "Type", "value": "rule_regression"},
                            {"title": "About", "value": "host web-1, rule ssh-root-login-off"},
                            {"title": "When", "value": "2026-03-03T14:05:00.000000Z"},
                        ]},
                    ],
                    "actions": [
                        {"type": "Action.OpenUrl", "title": "Open in OpenWatch", "url": LINK},
                    ],
                },
            }],
        })
    );
}

#[test]
fn pagerduty_has_one_incident_for_an_alert_from_its_trigger_to_its_end() {
    let fired = pagerduty::body(&notice(Phase::Fired), "key", "collector.example");
    let details = told();
    assert_eq!(
        fired,
        json!({
            "routing_key": "key",
            "event_action": "trigger",
            "dedup_key": "0193a000-0000-7000-8000-0000000000aa",
            "payload": {
                "summary": "Root may log in by SSH <again>",
                "source": "collector.example",
                "severity": "error",
                "timestamp": "2026-03-03T14:05:00.000000Z",
                "class": "rule_regression",
                "custom_details": details,
            },
            "client": "OpenWatch",
            "client_url": LINK,
            "links": [{"href": LINK, "text": "Open in OpenWatch"}],
        })
    );
    for (phase, action) in [
        (Phase::Acknowledged, "acknowledge"),
        (Phase::Resolved, "resolve"),
    ] {
        assert_eq!(
            pagerduty::body(&notice(phase), "key", "collector.example"),
            json!({
                "routing_key": "key",
                "event_action": action,
                "dedup_key": "0193a000-0000-7000-8000-0000000000aa",
            })
        );
    }
    let mut info = notice(Phase::Escalated);
    info.severity = Severity::Info;
    let body = pagerduty::body(&info, "key", "s");
    assert_eq!(body["event_action"], "trigger");
    assert_eq!(body["payload"]["severity"], "info");
}

/// What programs are told of the notice.
fn told() -> Value {
    json!({
        "id": "0193a000-0000-7000-8000-000000000001",
        "alert": "0193a000-0000-7000-8000-0000000000aa",
        "alert_type": "rule_regression",
        "phase": "fired",
        "severity": "high",
        "title": "Root may log in by SSH <again>",
        "text": "PermitRootLogin is yes & was no.\nSince 14:05.",
        "subjects": [
            {"kind": "host", "id": "0193a000-0000-7000-8000-000000000011", "name": "web-1"},
            {"kind": "rule", "id": "ssh-root-login-off", "name": "ssh-root-login-off"},
        ],
        "occurred_at": "2026-03-03T14:05:00.000000Z",
        "link": LINK,
    })
}

/// HMAC-SHA-256 as RFC 2104 has it, by nothing but the hash.
pub(super) fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(text)
        .finalize();
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize();
    outer.to_vec()
}

pub(super) fn whsec(byte: u8) -> String {
    format!("whsec_{}", STANDARD.encode([byte; 32]))
}

#[test]
fn the_hash_of_the_test_is_that_of_the_rfc() {
    // RFC 4231, test case 2.
    let tag = hmac(b"Jefe", b"what do ya want for nothing?");
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn a_webhook_is_signed_as_the_specification_says_by_both_secrets_of_a_rotation() {
    let (now, old, new) = ("2026-03-03T14:05:09Z".parse().unwrap(), whsec(1), whsec(2));
    let secret = Secret::new(new).after(&Secret::new(old), 1_772_546_800);
    let post = |at: i64| {
        webhook::post(
            "https://a.example",
            &notice(Phase::Fired),
            secret.good(at),
            now,
        )
        .unwrap()
    };
    let rotating = post(1_772_546_799);
    let body: Value = serde_json::from_slice(&rotating.body).unwrap();
    assert_eq!(
        body,
        json!({
            "type": "alert.fired",
            "timestamp": "2026-03-03T14:05:00.000000Z",
            "data": told(),
        })
    );
    let header = |post: &crate::notify::http::Post, name: &str| {
        let found = post.headers.iter().find(|(header, _)| *header == name);
        found.unwrap().1.clone()
    };
    assert_eq!(
        header(&rotating, "webhook-id"),
        "0193a000-0000-7000-8000-000000000001"
    );
    assert_eq!(header(&rotating, "webhook-timestamp"), "1772546709");
    let text = String::from_utf8(rotating.body.clone()).unwrap();
    let signed = format!("0193a000-0000-7000-8000-000000000001.1772546709.{text}");
    let tag = |byte: u8| STANDARD.encode(hmac(&[byte; 32], signed.as_bytes()));
    assert_eq!(
        header(&rotating, "webhook-signature"),
        format!("v1,{} v1,{}", tag(2), tag(1))
    );
    // The day after only the new one is good.
    let later = post(1_772_546_800);
    assert_eq!(
        header(&later, "webhook-signature"),
        format!("v1,{}", tag(2))
    );
    for wrong in ["", "whsec_", "whsec_AAAA", "AAAA", "whsec_!"] {
        assert!(!webhook::check_secret(wrong), "{wrong}");
    }
}

fn email() -> Email {
    Email {
        host: "smtp.example".into(),
        port: 587,
        security: Security::Starttls,
        user: None,
        from: "OpenWatch <openwatch@corp.example>".into(),
        to: vec!["a@corp.example".into(), "Bé <b@corp.example>".into()],
        ca_pem: None,
    }
}

#[test]
fn mail_of_one_alert_is_one_thread_and_nothing_of_a_host_is_markup() {
    let now = "2026-03-03T14:05:09Z".parse().unwrap();
    let first = email::compose(&email(), &notice(Phase::Fired), None, now).unwrap();
    let text = String::from_utf8(first.formatted()).unwrap();
    for line in [
        "Message-ID: <0193a000-0000-7000-8000-000000000001@corp.example>\r\n",
        "Subject: [HIGH] Root may log in by SSH <again>\r\n",
        "Date: Tue, 03 Mar 2026 14:05:09 +0000\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "<h2>Root may log in by SSH &lt;again&gt;</h2>",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("In-Reply-To"));
    let told = notice(Phase::Fired).id;
    let mut later = notice(Phase::Resolved);
    later.id = uuid::Uuid::from_u128(2);
    // A line of its own in a title makes no header.
    later.title = "over\r\nBcc: evil@example.com".into();
    let next = email::compose(&email(), &later, Some(told), now).unwrap();
    let text = String::from_utf8(next.formatted()).unwrap();
    for header in ["In-Reply-To", "References"] {
        let line = format!("{header}: <{told}@corp.example>\r\n");
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
}
