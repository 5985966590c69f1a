//! Notices from their announcement to a mailbox of a real SMTP server.

use chrono::{DateTime, Utc};
use collector::{
    notice::{Notice, Phase, Severity, Subject},
    store,
};
use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use support::{
    SmtpServer, TestCollector,
    smtp_server::{PASSWORD, USER},
};
use uuid::Uuid;

fn allow() -> [(&'static str, String); 1] {
    [("outbound.allow", "[\"127.0.0.1\", \"::1\"]".into())]
}

/// A channel to the server, as an administrator makes it.
async fn channel(collector: &TestCollector, server: &SmtpServer, change: Value) -> String {
    let mut fields = json!({
        "name": "mail",
        "settings": {
            "kind": "email", "host": "localhost", "port": server.port, "security": "starttls",
            "user": USER, "from": "OpenWatch <openwatch@corp.example>",
            "to": ["on-call@corp.example", "Team <team@corp.example>"], "ca_pem": server.ca_pem,
        },
        "secret": PASSWORD,
    });
    for (key, value) in change.as_object().unwrap() {
        let place = if key == "secret" || key == "name" {
            &mut fields
        } else {
            &mut fields["settings"]
        };
        place[key] = value.clone();
    }
    let made = collector.api.post("/api/v1/channels", &fields).await;
    made["id"].as_str().unwrap().into()
}

async fn test(collector: &TestCollector, channel: &str) -> Value {
    let path = format!("/api/v1/channels/{channel}/test");
    collector.api.post(&path, &json!({})).await
}

fn notice(id: Uuid, alert: Uuid, phase: Phase, now: DateTime<Utc>) -> Notice {
    Notice {
        id,
        alert,
        alert_type: "rule_regression".into(),
        phase,
        severity: Severity::Critical,
        title: "Root may log in on größer-1".into(),
        text: "PermitRootLogin is yes & was <no>.".into(),
        subjects: vec![Subject {
            kind: "host".into(),
            id: Uuid::nil().to_string(),
            name: "größer-1".into(),
        }],
        groups: Vec::new(),
        occurred_at: now,
        link: "https://collector.example/alerts/1".into(),
    }
}

async fn announce(collector: &TestCollector, notice: &Notice) {
    let mut tx = collector.server().db().begin().await.unwrap();
    let to = store::notice::announce(&mut tx, notice, SystemClock.now())
        .await
        .unwrap();
    assert_eq!(to, 1);
    tx.commit().await.unwrap();
}

fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    let text = message["text"].as_str().unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn an_alert_and_its_end_come_as_one_thread_of_mail_by_starttls_with_a_login() {
    let collector = TestCollector::start_set(SystemClock::shared(), &allow()).await;
    let mut server = SmtpServer::start("starttls").await;
    let channel = channel(&collector, &server, json!({})).await;
    let tested = test(&collector, &channel).await;
    assert_eq!(
        (&tested["delivered"], &tested["status"]),
        (&json!(true), &json!(250)),
        "{tested}"
    );
    let message = server.message().await;
    assert_eq!(
        message["to"],
        json!(["on-call@corp.example", "team@corp.example"])
    );
    assert_eq!(message["from"], "openwatch@corp.example");
    assert_eq!(message["encrypted"], true);

    let route = json!({"name": "all", "channel": channel, "severity": "high"});
    collector
        .api
        .post("/api/v1/notification-routes", &route)
        .await;
    let (first, second, alert) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let now = SystemClock.now();
    announce(&collector, &notice(first, alert, Phase::Fired, now)).await;
    let fired = server.message().await;
    announce(&collector, &notice(second, alert, Phase::Resolved, now)).await;
    let resolved = server.message().await;
    let id = |notice: Uuid| format!("<{notice}@corp.example>");
    assert_eq!(header(&fired, "Message-ID"), Some(id(first).as_str()));
    assert_eq!(header(&fired, "In-Reply-To"), None);
    assert_eq!(header(&resolved, "Message-ID"), Some(id(second).as_str()));
    assert_eq!(header(&resolved, "In-Reply-To"), Some(id(first).as_str()));
    assert_eq!(header(&resolved, "References"), Some(id(first).as_str()));
    let text = fired["text"].as_str().unwrap();
    for part in ["multipart/alternative", "text/plain", "text/html"] {
        assert!(text.contains(part), "{text}");
    }

    // What came of them is in the log, and the password is nowhere.
    let log = support::until("all deliveries have ended", async || {
        let log = collector.api.all("/api/v1/deliveries").await;
        let waits = log.iter().any(|one| one["state"] != "delivered");
        if waits { Err(log) } else { Ok(log) }
    })
    .await;
    assert_eq!(log.len(), 3);
    assert_eq!(log[0]["last"]["answer"], "2.0.0 taken");
    let shown = collector.api.get("/api/v1/channels").await;
    assert_eq!(shown["items"][0]["secret_set"], true);
    assert!(!shown.to_string().contains(PASSWORD));
    collector.stop().await;
}

#[tokio::test]
async fn mail_goes_over_tls_and_never_past_a_server_that_is_not_the_one() {
    let collector = TestCollector::start_set(SystemClock::shared(), &allow()).await;
    let mut server = SmtpServer::start("tls").await;
    let good = channel(&collector, &server, json!({"security": "tls"})).await;
    assert_eq!(test(&collector, &good).await["delivered"], true);
    let other = SmtpServer::start("starttls").await;
    for (name, change) in [
        ("password", json!({"security": "tls", "secret": "wrong"})),
        (
            "authority",
            json!({"security": "tls", "ca_pem": other.ca_pem}),
        ),
        (
            "nobody",
            json!({"security": "tls", "to": ["nobody@corp.example"]}),
        ),
    ] {
        let mut change = change;
        change["name"] = json!(name);
        let channel = channel(&collector, &server, change).await;
        let tested = test(&collector, &channel).await;
        assert_eq!(tested["delivered"], false, "{name}: {tested}");
        let status = match name {
            "password" => json!(535),
            "nobody" => json!(550),
            _ => Value::Null,
        };
        assert_eq!(tested["status"], status, "{name}: {tested}");
    }
    // Nothing is sent where the connection cannot be encrypted: this one wants TLS at once.
    let plain = json!({"name": "plain", "security": "none", "user": null, "secret": null});
    let plain = channel(&collector, &other, plain).await;
    let tested = test(&collector, &plain).await;
    assert_eq!(
        (&tested["delivered"], &tested["status"]),
        (&json!(false), &json!(530)),
        "{tested}"
    );
    assert_eq!(server.message().await["to"][0], "on-call@corp.example");
    collector.stop().await;
}
