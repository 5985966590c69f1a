use std::fs;

use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

#[test]
fn the_live_machine_has_what_findmnt_lists() {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let ours = || {
        let facts = live::facts(&Mounts);
        facts
            .iter()
            .map(|(_, value)| {
                let root = match value["root"].as_str() {
                    Some("/") | None => String::new(),
                    Some(root) => format!("[{root}]"),
                };
                let options = value["options"].as_array().unwrap();
                let options: Vec<_> = options.iter().map(text).collect();
                (
                    text(&value["target"]),
                    format!("{}{root}", text(&value["source"])),
                    text(&value["fstype"]),
                    options,
                )
            })
            .collect()
    };
    // The kernel's own table, not libmount's idea of what the administrator did.
    let arguments = ["--json", "--list", "--tab-file", "/proc/1/mountinfo", "-o"];
    live::agree(ours, || {
        let columns = "TARGET,SOURCE,FSTYPE,OPTIONS";
        let listed = live::tool("findmnt", &[&arguments[..], &[columns]].concat())?;
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let rows = listed["filesystems"].as_array().unwrap().iter().map(|row| {
            let options = text(&row["options"]);
            let mut options: Vec<_> = options.split(',').map(str::to_owned).collect();
            options.sort();
            options.dedup();
            (
                text(&row["target"]),
                text(&row["source"]),
                text(&row["fstype"]),
                options,
            )
        });
        Some(rows.collect())
    });
}

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Mounts.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

#[test]
fn mounts_over_a_mount_keep_all_and_the_one_that_is_seen_has_the_plain_key() {
    let rows = rows(&Host::at(
        live::recorded("debian-12"),
        SystemClock::shared(),
    ));
    assert_eq!(rows["/mnt"]["source"], "top");
    assert_eq!(rows["hidden 2 /mnt"]["source"], "upper");
    assert_eq!(rows["hidden 1 /mnt"]["source"], "lower");
    assert_eq!(rows["/mnt"]["hidden"], false);
    assert_eq!(rows["hidden 2 /mnt"]["hidden"], true);
}

#[test]
fn a_debian_tree_has_its_mounts() {
    let rows = rows(&Host::at(
        live::recorded("debian-12"),
        SystemClock::shared(),
    ));
    let keys: Vec<_> = rows.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "/",
            "/media/share",
            "/mnt",
            "/proc",
            "/srv/my data",
            "hidden 1 /mnt",
            "hidden 2 /mnt"
        ]
    );
    assert_eq!(
        rows["/srv/my data"],
        json!({
            "target": "/srv/my data", "source": "/dev/vda2", "root": "/sub dir", "fstype": "ext4",
            "options": ["relatime", "ro"], "hidden": false,
        })
    );
    assert!(!rows["/media/share"].to_string().contains("hunter2"));
}

#[test]
fn without_the_view_of_pid_1_it_is_the_own_one() {
    let rows = rows(&Host::at(
        live::recorded("alpine-3.20"),
        SystemClock::shared(),
    ));
    assert_eq!(rows["/"]["fstype"], "overlay");
}

#[test]
fn mounts_that_are_each_others_parents_do_not_hang() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("proc/1")).unwrap();
    let text = "1 2 0:1 / /a rw - x x rw\n2 1 0:1 / /a rw - y y rw\n3 3 0:1 / /a rw - z z rw\n";
    fs::write(root.path().join("proc/1/mountinfo"), text).unwrap();
    assert_eq!(rows(&Host::at(root.path(), SystemClock::shared())).len(), 3);
}

#[test]
fn a_file_without_any_mount_is_malformed() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("proc/1")).unwrap();
    fs::write(root.path().join("proc/1/mountinfo"), "nonsense\n").unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let stale = Mounts.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Malformed);
}
