//! The agent, told to look at a folder instead of the machine.

use std::fs;

use support::{Process, TestCollector, Tree, process::binary, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_tells_of_the_tree_that_its_settings_name() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "3.0.1");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    let settings = format!(
        "state_dir = {:?}\n[collect]\nroot = {:?}\n",
        folder.path().join("state"),
        tree.path()
    );
    fs::write(&file, settings).unwrap();
    let file = file.to_str().unwrap();
    let token = collector.api.token(1).await;
    let enrolled = tokio::process::Command::new(binary("openwatch-agent"))
        .args(["enroll", "--config", file, "--token", &token])
        .args(["--collector", &collector.agents()])
        .output()
        .await
        .unwrap();
    assert!(enrolled.status.success(), "{enrolled:?}");
    let log = folder.path().join("log");
    let agent = Process::start("openwatch-agent", ["run", "--config", file], &log);

    let hosts = collector.api.get("/api/v1/hosts").await;
    let id = hosts["items"][0]["id"].as_str().unwrap();
    assert_eq!(hosts["items"][0]["hostname"], "tree", "{hosts}");
    let packages = until("the tree's packages", async || {
        let packages = collector.api.facts(id, "package").await;
        if packages.len() == 2 {
            Ok(packages)
        } else {
            Err((packages, agent.said()))
        }
    })
    .await;
    assert_eq!(packages["openssl:amd64"]["version"], "3.0.1");
    tree.set_package("openssl", "3.0.2");
    until("the change in the tree", async || {
        let packages = collector.api.facts(id, "package").await;
        let version = packages["openssl:amd64"]["version"].clone();
        if version == "3.0.2" {
            Ok(())
        } else {
            Err(version)
        }
    })
    .await;
    drop(agent);
    collector.stop().await;
}
