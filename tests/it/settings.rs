//! What an administrator sets, and what comes of it on a host.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{Api, TestAgent, TestCollector, Tree, until};

async fn put(api: &Api, path: &str, body: Value) -> Value {
    let answer = api.send(Method::PUT, path, Some(&body)).await;
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or_default()
}

/// Waits until what is set for the host is in force there.
async fn in_force(api: &Api, host: &str) -> Value {
    let path = format!("{host}/settings/effective");
    until("the settings are in force", async || {
        let found = api.get(&path).await;
        if found["on_host"]["state"] == "in_force" {
            Ok(found)
        } else {
            Err(found)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_is_in_force_at_once_and_stays_so_without_the_collector() {
    let mut collector = TestCollector::start().await;
    let tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let host = format!("/api/v1/hosts/{}", agent.id);
    in_force(&collector.api, &host).await;

    let api = &collector.api;
    let own = json!({"kinds": {"package": {"enabled": false}, "tape": {"every_s": 60}}});
    put(api, &format!("{host}/settings"), own).await;
    put(api, "/api/v1/settings", json!({"reconcile_s": 120})).await;
    put(api, &format!("{host}/labels"), json!({"role": "web"})).await;
    // The group that the enrolment token named.
    let groups = api.all("/api/v1/groups").await;
    let group = format!("/api/v1/groups/{}", groups[0]["id"].as_str().unwrap());
    assert_eq!(groups[0]["hosts"], 1, "{groups:?}");
    put(
        api,
        &format!("{group}/settings"),
        json!({"kinds": {"user": {"every_s": 90}}}),
    )
    .await;
    let found = in_force(api, &host).await;
    assert_eq!(found["on_host"]["unknown_kinds"], json!(["tape"]));
    assert_eq!(found["on_host"]["version"], found["version"]);
    assert_eq!(found["kinds"]["user"]["every_s"]["from"]["name"], "default");
    assert!(!agent.control().kind("package").enabled);

    let stopped = collector.halt().await;
    agent.halt().await;
    agent.resume();
    let control = agent.control();
    assert!(!control.kind("package").enabled && control.kind("os").enabled);
    assert_eq!(control.kind("user").every, Some(Duration::from_secs(90)));
    assert_eq!(control.reconcile, Some(Duration::from_secs(120)));
    assert_eq!(control.labels["role"], "web");

    // Set while the host is away: pending until it is back.
    agent.halt().await;
    collector.resume(stopped).await;
    let api = &collector.api;
    put(api, "/api/v1/settings", json!({"reconcile_s": 180})).await;
    let pending = api.get(&format!("{host}/settings/effective")).await;
    assert_eq!(pending["on_host"]["state"], "pending", "{pending}");
    assert!(pending["on_host"]["since"].is_string(), "{pending}");
    agent.resume();
    in_force(api, &host).await;
    assert_eq!(agent.control().reconcile, Some(Duration::from_secs(180)));
    agent.stop().await;
    collector.stop().await;
}
