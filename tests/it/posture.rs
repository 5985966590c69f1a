//! What a change on a host makes of how it stands, and what people are told of it.

use std::fs;

use chrono::SecondsFormat;
use serde_json::Value;
use shared::clock::{Clock as _, SystemClock};
use support::{Api, TestAgent, TestCollector, Tree, content, until};

const ROOT_LOGIN: &str = "ssh-root-login-off";

/// How the fleet stands, once it is so.
async fn stands(api: &Api, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        let posture = api.get("/api/v1/posture?framework=cis_debian12").await;
        if so(&posture) {
            Ok(posture)
        } else {
            Err(posture.to_string())
        }
    })
    .await
}

/// The texts of what happened, the oldest first.
async fn happened(api: &Api, query: &str) -> Vec<(String, String)> {
    let events = api.all(&format!("/api/v1/events?{query}")).await;
    let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
    let events = events.iter().rev();
    events
        .map(|event| (text(event, "code"), text(event, "text")))
        .collect()
}

fn now() -> String {
    SystemClock
        .now()
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weakened_setting_lowers_the_score_is_told_and_is_compared_with_what_was() {
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

    // Once every rule was decided, nothing moves.
    let walked = async || {
        let results = api.get(&format!("/api/v1/hosts/{id}/results")).await;
        let counts = results["counts"].as_object().unwrap();
        counts.values().filter_map(Value::as_i64).sum::<i64>()
    };
    let total = {
        let lenses = until("posture", async || {
            let told = api.get(&format!("/api/v1/hosts/{id}/posture")).await;
            let all = told["lenses"][0].clone();
            let sum: i64 = [
                "passed",
                "failed",
                "error",
                "not_assessable",
                "not_applicable",
                "manual",
            ]
            .iter()
            .filter_map(|field| all[field].as_i64())
            .sum();
            (sum > 100 && sum == walked().await)
                .then_some(all.clone())
                .ok_or(all.to_string())
        });
        lenses.await
    };
    assert_eq!(
        (&total["sort"], &total["key"]),
        (&"all".into(), &"".into()),
        "{total}"
    );
    let before = stands(api, "a score", |posture| posture["score"].is_number()).await;
    assert_eq!(
        (&before["hosts"], &before["counted"], &before["silent"]),
        (&1.into(), &1.into(), &0.into())
    );
    assert_eq!(before["coverage"], 100.0);
    assert_eq!(
        happened(api, "").await,
        [],
        "a host that joins makes no events"
    );

    let then = now();
    tree.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let failed = before["failed"].as_i64().unwrap();
    let weaker = stands(api, "one more to fail", |posture| {
        posture["failed"] == failed + 1
    })
    .await;
    let score = |posture: &Value| posture["score"].as_f64().unwrap();
    assert!(score(&weaker) < score(&before), "{weaker}");
    let told = happened(api, &format!("host={id}&code=result.*")).await;
    let told: Vec<_> = told
        .iter()
        .filter(|(_, text)| text.contains(ROOT_LOGIN))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "result.failed");
    let failing = api
        .get("/api/v1/posture/failing?framework=cis_debian12&limit=100")
        .await;
    let failing = failing["items"].as_array().unwrap();
    assert_eq!(failing.len(), 100);
    assert!(
        failing
            .iter()
            .all(|one| one["hosts"] == 1 && one["title"].is_string())
    );

    // At that instant it stood as it stood.
    let past = api
        .get(&format!("/api/v1/posture?framework=cis_debian12&at={then}"))
        .await;
    assert_eq!(
        (&past["score"], &past["failed"]),
        (&before["score"], &before["failed"])
    );
    let compared = api
        .all(&format!("/api/v1/posture/compare?from={then}&host={id}"))
        .await;
    let broken: Vec<_> = compared
        .iter()
        .filter(|one| one["rule"] == ROOT_LOGIN)
        .collect();
    assert_eq!(
        (&broken[0]["turn"], &broken[0]["before"]),
        (&"broken".into(), &"pass".into()),
        "{compared:?}"
    );

    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    stands(api, "it to be mended", |posture| {
        posture["failed"] == failed
    })
    .await;
    let told = happened(api, &format!("host={id}&q={ROOT_LOGIN}")).await;
    let codes: Vec<_> = told.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["result.failed", "result.fixed"], "{told:?}");

    // What else happens is told as well.
    tree.set_package("openssh-server", "1:9.2p1-3");
    until("the package's event", async || {
        let told = happened(api, "code=package.updated").await;
        (told.len() == 1).then_some(()).ok_or(format!("{told:?}"))
    })
    .await;
    agent.stop().await;
    collector.stop().await;
}
