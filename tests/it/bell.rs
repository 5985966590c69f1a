//! From a change on a host to the bell of a page that is open.

use std::fs;

use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{TestAgent, TestCollector, Tree, browser, content, decided};

const ROOT_LOGIN: &str = "ssh-root-login-off";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weakened_setting_rings_the_bell_of_an_open_page() {
    let flags = [("content.dir", content().display().to_string())];
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
    // What fails before anybody is there to be told is told to nobody.
    decided(api, &id).await;
    let rule = api.get(&format!("/api/v1/rules/{ROOT_LOGIN}")).await;
    let title = format!(
        "Began to fail: {}",
        rule["title"].as_str().expect("a title")
    );
    let account = json!({"name": "admin"});
    let account: Value = api.post("/api/v1/accounts", &account).await;
    let config = tree.path().join("etc/ssh/sshd_config");
    let config = config.display();
    let change = format!("echo 'PermitRootLogin yes' > '{config}+' && mv '{config}+' '{config}'");
    browser::run(
        "bell-run.mjs",
        &[
            ("OPENWATCH_URL", collector.browser().base()),
            ("OPENWATCH_USER", "admin"),
            (
                "OPENWATCH_PASSWORD",
                account["password"].as_str().expect("a password"),
            ),
            ("OPENWATCH_HOST", "tree"),
            ("OPENWATCH_TITLE", &title),
            ("OPENWATCH_CHANGE_CMD", &change),
        ],
    )
    .await;
    agent.stop().await;
    collector.stop().await;
}
