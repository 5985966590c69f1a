//! The same as an administrator meets it: what is published, tried, started, stopped and taken back with
//! `owadm`, on hosts that answer.

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::{Publisher, TestCollector, publisher::Files, until};

use super::fleet::{Answer, Fleet};
use crate::cli::ran::owadm;

const HOSTS: usize = 20;

fn files(content: &str) -> Files {
    [("rules/one.yaml".to_owned(), content.into())].into()
}

/// A file with a plan whose first ring stands for so long before the next.
fn plan(folder: &Path, soak_s: u32) -> String {
    let ring = |name, percent, soak_s| json!({"name": name, "hosts": {"percent": percent}, "soak_s": soak_s});
    let plan = json!({"rings": [ring("canary", 50, soak_s), ring("all", 100, 0)]});
    let path = folder.join(format!("plan-{soak_s}.json"));
    fs::write(&path, plan.to_string()).unwrap();
    path.display().to_string()
}

/// Waits until `rollout show` tells of a state.
async fn becomes(collector: &TestCollector, state: &str) -> Value {
    until(&format!("the rollout is {state}"), async || {
        let shown = owadm(collector, &["rollout", "show", "--json"])
            .await
            .json();
        if shown["state"] == state {
            Ok(shown)
        } else {
            Err(shown)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_is_published_tried_rolled_out_and_taken_back_by_commands() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ow = async |args: &[&str]| owadm(&collector, args).await;
    ow(&["rollout", "show"])
        .await
        .ended(1, &["no rollout yet", "owadm rollout start"]);
    let fleet = Fleet::connect(&collector, HOSTS).await;
    let publisher = Publisher::default();
    publisher.introduce(&collector.api).await;
    // The third has the content of the first.
    for (serial, content) in [(1, "good"), (2, "bad"), (3, "good")] {
        let path = folder.join(format!("{serial}.owb"));
        fs::write(&path, publisher.bundle(serial, &files(content))).unwrap();
        let said = ow(&["bundle", "publish", path.to_str().unwrap()])
            .await
            .text();
        assert!(said.starts_with("Published."), "{said}");
    }
    ow(&["rollout", "start", "9"])
        .await
        .ended(1, &["bundle 9", "bundle_not_found"]);
    let quick = plan(folder, 1);
    let said = ow(&["rollout", "start", "1", "--plan", &quick])
        .await
        .text();
    assert!(said.contains("bundle 1 is running"), "{said}");
    becomes(&collector, "completed").await;
    assert_eq!(fleet.in_force(1).len(), HOSTS);

    // Tried first: it comes in force nowhere, and what was tried is what is started.
    let slow = plan(folder, 3600);
    ow(&["rollout", "start", "2", "--what-if", "--plan", &slow])
        .await
        .text();
    let tried = until("the first ring has tried it", async || {
        let shown = ow(&["rollout", "show", "--json"]).await.json();
        let ring = &shown["rings"][0];
        if ring["tried"] == ring["hosts"] && ring["hosts"] != 0 {
            Ok(shown)
        } else {
            Err(shown)
        }
    })
    .await;
    assert!(fleet.in_force(2).is_empty());
    ow(&["rollout", "start", "3"])
        .await
        .ended(1, &["rollout_refused"]);
    ow(&["rollout", "start", "2", "--reason", "nothing turns"])
        .await
        .text();
    let running = becomes(&collector, "running").await;
    assert_eq!(running["id"], tried["id"]);
    until("the first ring has it", async || {
        let had = fleet.in_force(2).len();
        if had as u64 == tried["rings"][0]["hosts"].as_u64().unwrap() {
            Ok(())
        } else {
            Err(had)
        }
    })
    .await;

    ow(&["rollout", "pause", "--reason", "lunch"]).await.text();
    becomes(&collector, "paused").await;
    ow(&["rollout", "pause"])
        .await
        .ended(1, &["only one that runs can be paused", "rollout_refused"]);
    ow(&["rollout", "resume"]).await.text();
    becomes(&collector, "running").await;
    ow(&["rollout", "halt", "--reason", "it is bad"])
        .await
        .text();
    becomes(&collector, "halted").await;
    ow(&["rollout", "rollback", "1"])
        .await
        .ended(1, &["rollout_refused"]);
    ow(&["rollout", "rollback", "3", "--reason", "back to good"])
        .await
        .text();
    becomes(&collector, "rolled_back").await;
    assert!(fleet.in_force(2).is_empty() && !fleet.in_force(3).is_empty());
    let shown = ow(&["rollout", "show"]).await.text();
    for part in [
        "bundle 2  rolled_back",
        "canary",
        "lunch",
        "it is bad",
        "back to good",
        "(local administrator)",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let first = ow(&["get", "rollouts", "-o", "json"]).await.json()["items"][1]["id"].take();
    let shown = ow(&["rollout", "show", first.as_str().unwrap()])
        .await
        .text();
    assert!(shown.contains("bundle 1  completed"), "{shown}");
    let listed = ow(&["rollout", "list"]).await.text();
    assert_eq!(listed.lines().count(), 3, "{listed}");
    fleet.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hosts_refuse_is_shown_by_the_command() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::connect(&collector, HOSTS).await;
    let publisher = Publisher::default();
    publisher.introduce(&collector.api).await;
    let path = folder.path().join("1.owb");
    fs::write(&path, publisher.bundle(1, &files("bad"))).unwrap();
    owadm(&collector, &["bundle", "publish", path.to_str().unwrap()])
        .await
        .text();
    fleet.answer(1, |_| {
        Answer::Is(shared::wire::OfferStage::Refused(
            shared::wire::ContentRefusal::Errors,
        ))
    });
    let plan = plan(folder.path(), 1);
    owadm(&collector, &["rollout", "start", "1", "--plan", &plan])
        .await
        .text();
    becomes(&collector, "halted").await;
    let shown = owadm(&collector, &["rollout", "show"]).await.text();
    assert!(shown.contains("refused") && shown.contains("! "), "{shown}");
    fleet.stop().await;
    collector.stop().await;
}
