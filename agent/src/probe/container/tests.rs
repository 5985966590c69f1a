use std::{collections::BTreeMap, fs};

use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Containers.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn recorded(tree: &str) -> Host {
    Host::at(live::recorded(tree), SystemClock::shared())
}

#[test]
fn a_debian_tree_has_its_containers_of_docker_and_nothing_of_what_they_run() {
    let rows = rows(&recorded("debian-12"));
    assert_eq!(
        rows["docker:1111111111aa"],
        json!({
            "runtime": "docker",
            "id": format!("1111111111aa{}", "0".repeat(52)),
            "name": "web", "image": "nginx:1.27",
            "image_id": format!("sha256:{}", "a".repeat(64)),
            "state": "running", "created_at": "2024-05-01T10:00:00.000000001Z",
            "privileged": false, "network_mode": "bridge", "user": "nginx",
            "restart_policy": "unless-stopped", "ports": ["*:8080->80/tcp"],
            "capabilities_added": ["NET_ADMIN"], "read_only_root": false, "host_processes": false,
            "label_names": ["maintainer"], "pod": null, "owner": null,
        })
    );
    let other = &rows["docker:2222222222bb"];
    assert_eq!(other["state"], "exited");
    assert_eq!(other["privileged"], true);
    assert_eq!(other["network_mode"], "host");
    assert_eq!(other["restart_policy"], "no");
    assert_eq!(rows.len(), 2);
    let all = format!("{rows:?}");
    for secret in [
        "hunter2",
        "PASSWORD",
        "--token",
        "a-label-value",
        "entry.sh",
    ] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn a_rocky_tree_has_containers_of_podman_of_root_and_of_a_user() {
    let rows = rows(&recorded("rocky-9"));
    let root = &rows["podman:3333333333cc"];
    assert_eq!(root["name"], "db");
    assert_eq!(root["image"], "docker.io/library/postgres:16");
    assert_eq!(root["privileged"], true);
    assert_eq!(root["network_mode"], "host");
    assert_eq!(root["user"], "999:999");
    assert_eq!(root["state"], "running");
    assert_eq!(root["owner"], Json::Null);
    let own = &rows["podman:4444444444dd"];
    assert_eq!(own["owner"], "ops");
    assert_eq!(own["state"], "stopped");
    assert_eq!(own["privileged"], Json::Null);
    let unknown = &rows["podman:5555555555ee"];
    assert_eq!(
        (&unknown["name"], &unknown["state"]),
        (&Json::Null, &json!("running"))
    );
    assert!(!format!("{rows:?}").contains("hunter2"));
}

#[test]
fn a_node_of_kubernetes_has_the_containers_of_its_pods() {
    let rows = rows(&recorded("ubuntu-24.04"));
    let app = &rows["containerd:6666666666ff"];
    assert_eq!(app["pod"], "shop/cart-0");
    assert_eq!(
        (&app["name"], &app["image"]),
        (&json!("cart"), &json!("registry.example/cart:2"))
    );
    assert_eq!(app["network_mode"], "private");
    assert_eq!(rows["containerd:777777777700"]["name"], "POD");
    assert!(!format!("{rows:?}").contains("hunter2"));
}

#[test]
fn hosts_without_a_runtime_have_no_containers_and_trees_without_state_say_so() {
    for tree in ["debian-13", "sles-15", "alpine-3.20"] {
        assert!(rows(&recorded(tree)).is_empty(), "{tree}");
    }
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let stale = Containers.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Unavailable);
}

#[test]
fn a_file_that_is_broken_is_named_and_not_quoted() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let folder = root.path().join("var/lib/docker/containers/x");
    fs::create_dir_all(&folder).unwrap();
    // One that is being made is not there yet.
    assert!(rows(&host).is_empty());
    fs::write(folder.join("config.v2.json"), "{\"ID\": \"hunter2\", ]").unwrap();
    fs::write(folder.join("hostconfig.json"), "{}").unwrap();
    let stale = Containers.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Malformed);
    assert!(stale.detail.contains("/containers/x/config.v2.json"));
    assert!(!stale.detail.contains("hunter2"));
}

#[test]
fn a_container_with_endless_labels_does_not_blind_the_kind() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let folder = root.path().join("var/lib/docker/containers/x");
    fs::create_dir_all(&folder).unwrap();
    let labels: BTreeMap<_, _> = (0..10_000)
        .map(|n| (format!("{n}{}", "é".repeat(300)), ""))
        .collect();
    let config = json!({"ID": "x", "Name": "n".repeat(100_000), "Config": {"Labels": labels}});
    fs::write(folder.join("config.v2.json"), config.to_string()).unwrap();
    fs::write(folder.join("hostconfig.json"), "{}").unwrap();
    let row = &rows(&host)["docker:x"];
    assert_eq!(row["label_names"].as_array().unwrap().len(), 100);
    assert!(row["name"].as_str().unwrap().ends_with('…'));
}

#[test]
fn the_folder_that_the_administrator_chose_is_read_and_watched() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    for folder in ["etc/docker", "var/lib", "srv/docker/containers/x"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    fs::write(
        root.path().join("etc/docker/daemon.json"),
        r#"{"data-root": "/srv/docker"}"#,
    )
    .unwrap();
    let folder = root.path().join("srv/docker/containers/x");
    fs::write(
        folder.join("config.v2.json"),
        r#"{"ID": "x", "Name": "/own"}"#,
    )
    .unwrap();
    fs::write(folder.join("hostconfig.json"), "{}").unwrap();
    assert_eq!(rows(&host)["docker:x"]["name"], "own");
    let wakes = Containers.wakes(&host);
    assert!(wakes.contains(&Wake::path("/srv/docker/containers/x/config.v2.json")));
}
