//! The console in a real browser, over a real collector and a real agent.

use serde_json::json;
use shared::clock::SystemClock;
use support::{TestAgent, TestCollector, Tree, browser, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_shows_a_fleet_and_its_changes_in_a_real_browser() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "3.0.1");
    let agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    let id = agent.id.to_string();
    until("the first report", async || {
        let packages = collector.api.facts(&id, "package").await;
        let openssl = packages.contains_key("openssl:amd64");
        if openssl { Ok(()) } else { Err(packages) }
    })
    .await;

    let account = collector
        .api
        .post("/api/v1/accounts", &json!({"name": "admin"}))
        .await;
    let passwd = tree.path().join("etc/passwd");
    let passwd = passwd.display();
    // Beside and over, as useradd does.
    let change = format!(
        "{{ cat '{passwd}'; echo 'eve:x:1001:0::/home/eve:/bin/sh'; }} > '{passwd}+' && mv '{passwd}+' '{passwd}'"
    );
    browser::look(browser::Sight {
        url: collector.browser().base(),
        user: "admin",
        password: account["password"].as_str().expect("a password"),
        host: "tree",
        change: &change,
    })
    .await;

    agent.stop().await;
    collector.stop().await;
}
