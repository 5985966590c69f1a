//! From a setting that is weakened to one that people accept for a while, and to the end of it.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{Api, TestAgent, TestCollector, Tree, content, decided, until};

const ROOT_LOGIN: &str = "ssh-root-login-off";
const PASSWORD: &str = "correct horse battery staple";
const CONTROLS: &str = "framework=cis_debian12";

/// How the fleet stands, once it is so.
async fn stands(api: &Api, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        let posture = api.get(&format!("/api/v1/posture?{CONTROLS}")).await;
        if so(&posture) {
            Ok(posture)
        } else {
            Err(posture.to_string())
        }
    })
    .await
}

/// A person of this role, who signs in.
async fn person(collector: &TestCollector, name: &str, role: &str) -> Api {
    let account = json!({"name": name, "password": PASSWORD, "role": role});
    collector.api.post("/api/v1/accounts", &account).await;
    let browser = collector.browser();
    let credentials = json!({"name": name, "password": PASSWORD});
    browser.post("/api/v1/session", &credentials).await;
    browser
}

/// The status and the code with which something is refused.
async fn refused(api: &Api, path: &str) -> (u16, Value) {
    let answer = api.send(Method::POST, path, Some(&json!({}))).await;
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["code"].clone())
}

async fn result(api: &Api, id: &str) -> Value {
    api.get(&format!("/api/v1/hosts/{id}/results/{ROOT_LOGIN}"))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_two_people_accept_stays_one_and_leaves_a_second_score() {
    let flags = [("content.dir", content().display().to_string())];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let host = tree.host(SystemClock::shared());
    let agent =
        TestAgent::start_set(&collector, host, |config| config.rules.content = content()).await;
    let (api, id) = (&collector.api, agent.id.to_string());
    decided(api, &id).await;
    let before = stands(api, "a score", |posture| posture["score"].is_number()).await;
    assert_eq!(
        (&before["waived"], &before["score_with_waivers"]),
        (&json!(0), &before["score"])
    );
    tree.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let failed = before["failed"].as_i64().unwrap() + 1;
    let weaker = stands(api, "one more to fail", |posture| {
        posture["failed"] == failed
    })
    .await;

    let operator = person(&collector, "olga", "operator").await;
    let security = person(&collector, "sven", "security_admin").await;
    let asked = json!({
        "host": id, "rule": ROOT_LOGIN, "days": 30, "reason": "the appliance is configured as root until May",
        "compensating_control": "only from the bastion", "risk_acceptance": "the CISO, 12 February",
    });
    let waiver = operator.post("/api/v1/waivers", &asked).await;
    let path = format!("/api/v1/waivers/{}", waiver["id"].as_str().unwrap());
    assert_eq!(waiver["state"], "requested");
    assert_eq!(
        refused(&operator, &format!("{path}/approve")).await,
        (403, json!("forbidden"))
    );
    // It is asked for, and nothing more.
    assert_eq!(result(api, &id).await["waived"], Value::Null);
    let alert = until("somebody to hear of it", async || {
        let alerts = api.all("/api/v1/alerts").await.into_iter();
        let mut asked = alerts.filter(|alert| alert["alert_type"] == "exception_requested");
        asked.next().ok_or("no alert")
    })
    .await;
    assert_eq!(alert["state"], "active");

    let approved = security
        .post(&format!("{path}/approve"), &json!({"note": "until May"}))
        .await;
    assert_eq!(approved["state"], "approved");
    let told = result(api, &id).await;
    assert_eq!(told["result"]["status"], "fail", "it fails as before");
    assert_eq!(
        told["waived"],
        json!({"waiver": waiver["id"], "until": approved["expires_at"]})
    );
    let waived = api.get(&format!("/api/v1/posture?{CONTROLS}")).await;
    assert_eq!(
        (&waived["score"], &waived["failed"], &waived["waived"]),
        (&weaker["score"], &json!(failed), &json!(1))
    );
    let number = |value: &Value| value.as_f64().unwrap();
    assert!(
        number(&waived["score_with_waivers"]) > number(&waived["score"]),
        "{waived}"
    );
    let whole = operator.get(&path).await;
    assert_eq!(whole["affects"]["results"][0]["host"]["id"], json!(id));
    assert!(number(&whole["effect"]["score_with"]) > number(&whole["effect"]["score_without"]));
    until("its alert to end", async || {
        let alerts = api.all("/api/v1/alerts").await;
        let open = alerts
            .iter()
            .any(|alert| alert["alert_type"] == "exception_requested");
        (!open).then_some(()).ok_or("open")
    })
    .await;

    // Who asked for more time does not give it.
    let renewal = json!({"reason": "the appliance stays until the end of June", "days": 60});
    let more = security.post(&format!("{path}/renew"), &renewal).await;
    let more = format!("/api/v1/waivers/{}", more["id"].as_str().unwrap());
    assert_eq!(
        refused(&security, &format!("{more}/approve")).await,
        (403, json!("own_waiver"))
    );

    security
        .post(
            &format!("{path}/revoke"),
            &json!({"note": "it was replaced"}),
        )
        .await;
    let back = api.get(&format!("/api/v1/posture?{CONTROLS}")).await;
    assert_eq!(
        (&back["score_with_waivers"], &back["waived"]),
        (&weaker["score"], &json!(0))
    );
    assert_eq!(result(api, &id).await["waived"], Value::Null);
    // At the instant of its approval it counted, and does so for ever.
    let then = approved["approved_at"].as_str().unwrap();
    let past = api
        .get(&format!("/api/v1/posture?{CONTROLS}&at={then}"))
        .await;
    assert_eq!(past["waived"], 1);
    agent.stop().await;
    collector.stop().await;
}
