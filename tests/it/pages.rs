//! The console's pages in a real browser, over a real collector and a real agent that decides rules: one test a
//! family, as `collector/web/e2e/pages.mjs` has them.

use std::fs;

use agent::host::Host;
use serde_json::json;
use shared::clock::SystemClock;
use support::{TestAgent, TestCollector, Tree, browser, content, decided};

/// Looks at the pages of a family.
async fn look(family: &str) {
    let flags = [
        ("content.dir", content().display().to_string()),
        // Some of the tests ask beside the browser, which knows more addresses of this machine than they do.
        ("https.listen", "127.0.0.1:0".into()),
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
    decided(api, &agent.id.to_string()).await;
    // Only a machine of its own is busy: this one is measured, and decides nothing.
    let machine = TestAgent::start_with(&collector, Host::live(SystemClock::shared()), &[]).await;
    let name = api.get(&format!("/api/v1/hosts/{}", machine.id)).await["hostname"].take();
    let name = name.as_str().expect("a name").to_owned();
    let account = api
        .post("/api/v1/accounts", &json!({"name": "admin"}))
        .await;
    let passwd = tree.path().join("etc/passwd");
    let passwd = passwd.display();
    // Beside and over, as useradd does.
    let change = format!(
        "{{ cat '{passwd}'; echo \"eve$$:x:1001:0::/home/eve:/bin/sh\"; }} > '{passwd}+' && mv '{passwd}+' '{passwd}'"
    );
    let environment = [
        ("OPENWATCH_URL", collector.browser().base().to_owned()),
        ("OPENWATCH_USER", "admin".to_owned()),
        (
            "OPENWATCH_PASSWORD",
            account["password"].as_str().expect("a password").to_owned(),
        ),
        ("OPENWATCH_HOST", "tree".to_owned()),
        ("OPENWATCH_MEASURED_HOST", name),
        ("OPENWATCH_CHANGE_CMD", change),
        // Two families beside each other, and whatever else is tested.
        ("OPENWATCH_PATIENCE_MS", "30000".to_owned()),
        ("OPENWATCH_FAMILY", family.to_owned()),
    ];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    browser::log(&browser::run("pages.mjs", &environment).await);
    machine.stop().await;
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_the_fleet_stands_is_shown_now_and_then() {
    look("posture").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exceptions_drift_activity_and_lists_are_worked_with() {
    look("decide").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_kept_for_as_long_as_is_set_and_hosts_are_let_go() {
    look("retention").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_groups_and_people_are_managed() {
    look("govern").await;
}
