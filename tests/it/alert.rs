//! From a change on a host to what people read of it: event, score, alert, mail, and the end of it.

use std::{collections::BTreeSet, fs, time::Instant};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{
    Api, SmtpServer, TestAgent, TestCollector, Tree, WebhookServer, content, decided,
    smtp_server::{PASSWORD, USER},
    until,
};

const ROOT_LOGIN: &str = "ssh-root-login-off";
const FORWARDING: &str = "ssh-x11-forwarding-off";

/// The alert about the rule once it is one, in whatever state.
async fn alert(api: &Api, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        for state in ["active", "acknowledged", "snoozed", "dismissed", "resolved"] {
            for one in api.all(&format!("/api/v1/alerts?state={state}")).await {
                let id = one["id"].as_str().unwrap();
                let whole = api.get(&format!("/api/v1/alerts/{id}")).await;
                let about = whole["about"].as_array().unwrap();
                let is_it = about.iter().any(|subject| subject["item"] == ROOT_LOGIN);
                if is_it && whole["alert_type"] == "event" && so(&whole) {
                    return Ok(whole);
                }
            }
        }
        Err("none")
    })
    .await
}

fn subject(message: &Value) -> String {
    let text = message["text"].as_str().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

/// Mails until one is about the rule.
async fn mail(server: &mut SmtpServer, begin: &str) -> Value {
    loop {
        let message = server.message().await;
        if subject(&message).starts_with(begin) {
            return message;
        }
    }
}

/// What a webhook's secret is made of, in base64 behind `whsec_`.
const KEY: &[u8; 32] = b"thirty-two bytes of a secret key";

/// Requests until one is of that type and about the rule; its signature is the one that the specification has.
async fn request(server: &mut WebhookServer, kind: &str) -> Value {
    loop {
        let (headers, body) = server.request().await;
        let header = |name: &str| headers[name].to_str().unwrap();
        let signed = [header("webhook-id"), header("webhook-timestamp")].join(".");
        let signed = [signed.as_bytes(), b".", &body].concat();
        let signature = header("webhook-signature").strip_prefix("v1,").unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
        hmac::verify(&key, &signed, &signature).expect("the signature of what was sent");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let title = body["data"]["title"].as_str().unwrap();
        if body["type"] == kind && title.starts_with("Began to fail: ") {
            return body;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weakened_setting_is_told_everywhere_within_moments_and_so_is_its_end() {
    let mut server = SmtpServer::start("starttls").await;
    let mut hook = WebhookServer::start().await;
    let flags = [
        ("content.dir", content().display().to_string()),
        ("outbound.allow", "[\"127.0.0.1\", \"::1\"]".into()),
    ];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let api = &collector.api;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let host = tree.host(SystemClock::shared());
    let agent =
        TestAgent::start_set(&collector, host, |config| config.rules.content = content()).await;
    let id = agent.id.to_string();
    decided(api, &id).await;
    // Who has just decided everything rests from it, for up to five seconds; from one thing, as long as that took thrice.
    tree.write(
        "etc/ssh/sshd_config",
        "PermitRootLogin no\nX11Forwarding yes\n",
    );
    until("the first edit to be told", async || {
        let events = api.all("/api/v1/events?code=result.failed").await;
        let is_told = events.iter().any(|event| event["subject"] == FORWARDING);
        is_told.then_some(()).ok_or(events)
    })
    .await;

    // What failed before anybody listened is no news to them.
    let made = api
        .post("/api/v1/accounts", &json!({"name": "admin"}))
        .await;
    let admin = collector.browser();
    let session = json!({"name": "admin", "password": made["password"]});
    admin.post("/api/v1/session", &session).await;
    let score = async || {
        let told = api.get(&format!("/api/v1/hosts/{id}/posture")).await;
        told["lenses"][0]["score"].as_f64().expect("a score")
    };
    let before = score().await;
    let channel = json!({
        "name": "mail",
        "settings": {
            "kind": "email", "host": "localhost", "port": server.port, "security": "starttls",
            "user": USER, "from": "OpenWatch <openwatch@corp.example>",
            "to": ["on-call@corp.example"], "ca_pem": server.ca_pem,
        },
        "secret": PASSWORD,
    });
    let webhook = json!({
        "name": "hook",
        "settings": {"kind": "webhook", "url": hook.url, "ca_pem": hook.ca_pem},
        "secret": format!("whsec_{}", STANDARD.encode(KEY)),
    });
    for channel in [channel, webhook] {
        let channel = api.post("/api/v1/channels", &channel).await;
        let route = json!({"name": "all", "channel": channel["id"], "severity": "info"});
        api.post("/api/v1/notification-routes", &route).await;
    }

    let written = Instant::now();
    tree.write(
        "etc/ssh/sshd_config",
        "PermitRootLogin yes\nX11Forwarding yes\n",
    );
    let fired = mail(&mut server, "[HIGH] Began to fail: ").await;
    eprintln!("mail: {:?}", written.elapsed());
    let text = fired["text"].as_str().unwrap();
    assert!(text.contains("tree"), "it names the host: {text}");
    let requested = request(&mut hook, "alert.fired").await;
    eprintln!("webhook: {:?}", written.elapsed());
    let told = until("the bell", async || {
        let all = admin.get("/api/v1/notifications").await;
        let told = all["items"].as_array().unwrap().clone();
        let one = told.into_iter().find(|one| {
            let title = one["title"].as_str().unwrap();
            one["read_at"].is_null() && title.starts_with("Began to fail: ")
        });
        one.ok_or(all)
    })
    .await;
    let drift = until("the drift", async || {
        let rule = format!("/api/v1/drift?rule={ROOT_LOGIN}&sort=verdict");
        api.all(&rule).await.pop().ok_or("none")
    })
    .await;
    let feed = until("the feed of all that happens", async || {
        let feed = api.get(&format!("/api/v1/activity?host={id}")).await;
        let sources: BTreeSet<String> = feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["source"].as_str().unwrap().to_owned())
            .collect();
        let all = ["alert", "drift", "verdict"]
            .iter()
            .all(|one| sources.contains(*one));
        all.then_some(feed).ok_or(sources)
    })
    .await;
    assert!(score().await < before);
    eprintln!("from the edit to all that is told: {:?}", written.elapsed());
    assert_eq!(drift["state"], "unexplained");
    assert!(feed.to_string().contains(ROOT_LOGIN), "{feed}");
    let open = alert(api, "the alert", |alert| alert["state"] == "active").await;
    assert_eq!(
        (&open["alert_type"], &open["severity"]),
        (&json!("event"), &json!("high"))
    );
    assert_eq!(open["about"][0]["host"]["hostname"], "tree");
    assert_eq!(requested["data"]["alert"], open["id"]);
    assert_eq!(told["alert"], open["id"]);
    let events = api.all("/api/v1/events?code=result.failed").await;
    assert!(
        events.iter().any(|event| event["subject"] == ROOT_LOGIN),
        "{events:?}"
    );

    let path = format!(
        "/api/v1/alerts/{}/acknowledge",
        open["id"].as_str().unwrap()
    );
    let seen = api.post(&path, &json!({"note": "looking at it"})).await;
    assert_eq!(seen["state"], "acknowledged");
    mail(&mut server, "[acknowledged] Began to fail: ").await;

    tree.write(
        "etc/ssh/sshd_config",
        "PermitRootLogin no\nX11Forwarding yes\n",
    );
    mail(&mut server, "[resolved] Began to fail: ").await;
    request(&mut hook, "alert.resolved").await;
    until("the score it was", async || {
        let now = score().await;
        let is_back = (now - before).abs() < 1e-9;
        is_back.then_some(()).ok_or(now)
    })
    .await;
    let closed = alert(api, "its end", |alert| alert["state"] == "resolved").await;
    assert_eq!(closed["id"], open["id"]);
    let history = closed["history"].as_array().unwrap();
    let whats: Vec<&str> = history
        .iter()
        .map(|entry| entry["what"].as_str().unwrap())
        .collect();
    assert_eq!(whats, ["opened", "acknowledged", "resolved"]);
    agent.stop().await;
    collector.stop().await;
}
