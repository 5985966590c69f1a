//! The one-machine mode: what lies in the collector's folder is signed there and comes to every host.

use std::{fs, path::Path};

use serde_json::Value;
use shared::clock::SystemClock;
use support::{Api, TestAgent, TestCollector, Tree, content, until};

const TRIES: &str = "ssh-max-auth-tries";

/// Lays one of the shipped rules down, which allows so many attempts.
fn lay(folder: &Path, most: u32) {
    let rules = folder.join("rules/access");
    fs::create_dir_all(&rules).unwrap();
    for name in [format!("{TRIES}.yaml"), format!("{TRIES}.tests.yaml")] {
        let text = fs::read_to_string(content().join("rules/access").join(&name)).unwrap();
        let text = text.replace("default: 4", &format!("default: {most}"));
        fs::write(rules.join(name), text).unwrap();
    }
}

async fn in_force(api: &Api, host: &str, serial: u64) -> Value {
    until(&format!("bundle {serial} is in force"), async || {
        let told = api.get(&format!("/api/v1/hosts/{host}")).await["content"].take();
        let now = told["in_force"]["serial"] == serial;
        now.then(|| told.clone()).ok_or(told)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_the_collectors_folder_comes_to_every_host_and_again_when_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    lay(folder.path(), 4);
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "MaxAuthTries 4\n");
    let flags = [
        ("content.dir", folder.path().display().to_string()),
        ("content.one_machine", "true".into()),
    ];
    let mut collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let mode = collector.api.get("/api/v1/content/mode").await;
    assert_eq!(mode["one_machine"], true);
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start(&collector, host).await;
    let id = agent.id.to_string();
    in_force(&collector.api, &id, 1).await;
    let result = format!("/api/v1/hosts/{id}/results/{TRIES}");
    until("the rule passes", async || {
        match collector.api.try_get(&result).await {
            Ok(told) if told["result"]["status"] == "pass" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;

    // Every result is new, and that is no reason to halt.
    until("the rollout has come to its end", async || {
        let rollouts = collector.api.get("/api/v1/rollouts").await;
        let state = &rollouts["items"][0]["state"];
        if state == "completed" {
            Ok(())
        } else {
            Err(rollouts.to_string())
        }
    })
    .await;

    // The same content is no new bundle.
    let stopped = collector.halt().await;
    collector.resume(stopped).await;
    in_force(&collector.api, &id, 1).await;
    let bundles = collector.api.get("/api/v1/bundles").await;
    assert_eq!(bundles["items"].as_array().unwrap().len(), 1, "{bundles}");

    lay(folder.path(), 3);
    let stopped = collector.halt().await;
    collector.resume(stopped).await;
    in_force(&collector.api, &id, 2).await;
    until("the rule fails", async || {
        match collector.api.try_get(&result).await {
            Ok(told) if told["result"]["status"] == "fail" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_signs_nothing_says_so() {
    let collector = TestCollector::start().await;
    let mode = collector.api.get("/api/v1/content/mode").await;
    assert_eq!(mode["one_machine"], false);
    collector.stop().await;
}
