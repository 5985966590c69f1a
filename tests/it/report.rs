//! The way of one change: from a file on a host to what a person reads.

use serde_json::json;
use shared::clock::{Clock as _, SystemClock};
use support::{TestAgent, TestCollector, Tree, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_a_host_is_told_with_before_and_after_and_the_past_can_be_asked() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "3.0.1");
    let agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let (api, id) = (&collector.api, agent.id.to_string());

    until("the first report", async || {
        let packages = api.facts(&id, "package").await;
        packages
            .get("openssl:amd64")
            .map(|p| p["version"].clone())
            .ok_or(packages)
    })
    .await;
    // Kinds are read two at a time, in no order that anybody may rely on.
    let host = until("the name of its system", async || {
        let host = api.get(&format!("/api/v1/hosts/{id}")).await;
        if host["os_name"].is_null() {
            Err(host)
        } else {
            Ok(host)
        }
    })
    .await;
    assert_eq!(host["state"], "online", "{host}");
    assert_eq!(host["os_name"], "Debian GNU/Linux 12", "{host}");
    let changes = format!("/api/v1/hosts/{id}/changes");
    assert_eq!(
        api.all(&changes).await,
        Vec::<serde_json::Value>::new(),
        "enrolment is no change"
    );

    let before = SystemClock.now();
    tree.set_package("openssl", "3.0.2");
    tree.set_user("ann", 1000);
    let told = until("both changes", async || {
        let told = api.all(&changes).await;
        if told.len() == 2 { Ok(told) } else { Err(told) }
    })
    .await;
    let package = told
        .iter()
        .find(|change| change["kind"] == "package")
        .unwrap();
    assert_eq!(package["key"], "openssl:amd64");
    assert_eq!(package["before"]["version"], "3.0.1");
    assert_eq!(package["after"]["version"], "3.0.2");
    let user = told.iter().find(|change| change["kind"] == "user").unwrap();
    assert_eq!(
        (&user["key"], &user["before"]),
        (&json!("ann"), &json!(null))
    );
    assert_eq!(user["after"]["uid"], 1000);

    let at = before.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let then = api
        .all(&format!("/api/v1/hosts/{id}/facts?kind=package&at={at}"))
        .await;
    let openssl = then
        .iter()
        .find(|fact| fact["key"] == "openssl:amd64")
        .unwrap();
    assert_eq!(openssl["value"]["version"], "3.0.1");
    assert!(!openssl["valid_to"].is_null(), "{openssl}");
    let then = api
        .all(&format!("/api/v1/hosts/{id}/facts?kind=user&at={at}"))
        .await;
    assert!(then.iter().all(|fact| fact["key"] != "ann"), "{then:?}");

    tree.remove_package("openssl");
    until("the removal", async || {
        let told = api.all(&changes).await;
        if told[0]["after"].is_null() {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
    let fleet = api
        .get("/api/v1/facts?kind=package&key=openssl:amd64")
        .await;
    assert_eq!(fleet["hosts"], 0, "{fleet}");

    agent.stop().await;
    until("the host is seen to have gone", async || {
        let host = api.get(&format!("/api/v1/hosts/{id}")).await;
        if host["state"] == "agent_stopped" {
            Ok(())
        } else {
            Err(host)
        }
    })
    .await;
    collector.stop().await;
}
