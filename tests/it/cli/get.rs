//! What a collector has, in each form.

use serde_json::json;
use support::{RawHost, TestCollector};

use super::ran::{owadm, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_are_shown_in_the_form_that_is_wanted() {
    let collector = TestCollector::start().await;
    let get = async |args: &[&str]| owadm(&collector, &[&["get"], args].concat()).await;
    assert_eq!(
        get(&["hosts"]).await.text(),
        "NAME  STATE  SYSTEM  GROUPS  LAST SEEN\n"
    );
    let host = RawHost::enrol(&collector).await;
    let id = host.id.to_string();
    let table = get(&["hosts"]).await.text();
    assert!(table.contains("\nraw ") && !table.contains(&id), "{table}");
    assert!(get(&["hosts", "-o", "wide"]).await.text().contains(&id));
    assert_eq!(get(&["hosts", "-o", "name"]).await.text(), "raw\n");
    let listed = get(&["hosts", "-o", "json"]).await.json();
    assert_eq!(listed["items"][0]["id"], json!(id));
    assert_eq!(get(&["hosts", "--json"]).await.json(), listed);
    let one = get(&["host", "raw", "-o", "json"]).await.json();
    assert_eq!((&one["id"], &one["kinds"]), (&json!(id), &json!([])));
    let yaml = get(&["host", &id, "-o", "yaml"]).await.text();
    assert!(yaml.contains("\nhostname: raw\n"), "{yaml}");

    let found = |args: &'static [&'static str]| get(args);
    assert_eq!(
        found(&["hosts", "-w", "q=ra", "-o", "name"]).await.text(),
        "raw\n"
    );
    assert_eq!(
        found(&["hosts", "-w", "q=none", "-o", "name"]).await.text(),
        ""
    );
    found(&["hosts", "-w", "colour=red"])
        .await
        .ended(1, &["colour"]);
    found(&["hosts", "-w", "red"])
        .await
        .ended(2, &["NAME=VALUE"]);
    found(&["host", "other"])
        .await
        .ended(1, &["no host \"other\""]);
    found(&["group", "other"])
        .await
        .ended(1, &["no group \"other\"", "owadm get groups"]);
    found(&["clouds"])
        .await
        .ended(2, &["there are hosts, groups, settings"]);
    found(&["groups", "-o", "yaml", "--limit", "1"])
        .await
        .ended(1, &["shown whole"]);
    for kind in [
        "groups",
        "settings",
        "maintenance",
        "enrolment-tokens",
        "rollouts",
        "bundles",
        "roots",
        "releases",
        "rules",
        "frameworks",
        "profiles",
        "accounts",
        "roles",
        "bindings",
        "tokens",
    ] {
        for form in ["table", "wide", "json", "yaml", "name"] {
            found_any(&collector, kind, form).await;
        }
    }
    let twin = RawHost::enrol(&collector).await;
    let limited = get(&["hosts", "--limit", "1", "-o", "name"]).await.text();
    assert_eq!(limited, "raw\n");
    let both = [id.as_str(), &twin.id.to_string()];
    get(&["host", "raw"]).await.ended(1, &both);
    collector.stop().await;
}

async fn found_any(collector: &TestCollector, kind: &str, form: &str) {
    owadm(collector, &["get", kind, "-o", form]).await.text();
}

#[tokio::test]
async fn shells_and_man_know_the_commands_without_any_collector() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run("owadm", ["completions", shell], &[], "").await.text();
        assert!(
            script.contains("rollback") && script.contains("dry-run"),
            "{shell}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("man1");
    let path = man.display().to_string();
    run("owadm", ["man", &path], &[], "").await.text();
    for page in ["owadm.1", "owadm-get.1", "owadm-rollout-start.1"] {
        let text = std::fs::read_to_string(man.join(page)).unwrap();
        assert!(
            text.starts_with(".ie") && text.contains(".SH NAME"),
            "{page}: {text}"
        );
    }
    run("owadm", ["man", "/dev/null/man"], &[], "")
        .await
        .ended(1, &["/dev/null/man"]);
}
