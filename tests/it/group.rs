//! Groups by what hosts say of themselves.

use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{Api, TestAgent, TestCollector, Tree, until};

async fn make(api: &Api, body: Value) -> String {
    let answer = api.send(Method::POST, "/api/v1/groups", Some(&body)).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    let group: Value = answer.json().await.unwrap();
    format!("/api/v1/groups/{}", group["id"].as_str().unwrap())
}

/// Waits until the group has so many hosts.
async fn has(api: &Api, group: &str, hosts: u64) {
    until("hosts belong", async || {
        let shown = api.get(group).await;
        if shown["hosts"] == hosts {
            Ok(())
        } else {
            Err(shown)
        }
    })
    .await;
}

/// Waits until this is how often the host is compared with what was told.
async fn reconciles(api: &Api, host: &str, seconds: Value) {
    until("the group's settings are in force", async || {
        let found = api.get(&format!("{host}/settings/effective")).await;
        let value = &found["reconcile_s"]["value"];
        if found["on_host"]["state"] == "in_force" && *value == seconds {
            Ok(())
        } else {
            Err(found)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_comes_to_a_group_and_leaves_it_with_what_it_says_of_itself() {
    let mut collector = TestCollector::start().await;
    let api = &collector.api;
    let text = r#"os.id == "debian" && package.exists(p, p.key == "nginx:amd64")"#;
    let web = make(api, json!({"name": "web", "expression": text})).await;
    let id = web.rsplit('/').next().unwrap();
    let all = make(api, json!({"name": "all", "groups": [id]})).await;
    let body = json!({"reconcile_s": 300});
    let set = api
        .send(Method::PUT, &format!("{all}/settings"), Some(&body))
        .await;
    assert!(set.status().is_success());

    let mut tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let host = format!("/api/v1/hosts/{}", agent.id);
    reconciles(api, &host, Value::Null).await;
    assert_eq!(api.get(&web).await["hosts"], 0);
    tree.set_package("nginx", "1");
    has(api, &web, 1).await;
    let members = api.all(&format!("{all}/members")).await;
    assert_eq!(members[0]["why"], json!(["nested"]), "{members:?}");
    assert_eq!(members[0]["through"], json!(["web"]));
    reconciles(api, &host, json!(300)).await;

    // While no collector is there, and another says it than the one that heard it.
    let stopped = collector.halt().await;
    tree.remove_package("nginx");
    collector.resume(stopped).await;
    has(&collector.api, &all, 0).await;
    reconciles(&collector.api, &host, Value::Null).await;
    let other = collector.beside().await;
    tree.set_package("nginx", "2");
    has(&other.api, &all, 1).await;
    let body = json!({"name": "web", "expression": r#"os.id == "rhel""#});
    let put = other.api.send(Method::PUT, &web, Some(&body)).await;
    assert!(put.status().is_success());
    has(&collector.api, &all, 0).await;
    tree.write("etc/os-release", "ID=rhel\nVERSION_ID=9\n");
    has(&collector.api, &all, 1).await;
    agent.halt().await;
    other.stop().await;
    collector.stop().await;
}
