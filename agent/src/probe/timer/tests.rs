use std::{collections::BTreeMap, fs, os::unix::fs::symlink};

use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Timers.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn recorded(tree: &str) -> BTreeMap<String, Json> {
    rows(&Host::at(live::recorded(tree), SystemClock::shared()))
}

/// The only row whose key begins so.
fn only<'a>(rows: &'a BTreeMap<String, Json>, beginning: &str) -> &'a Json {
    let mut found = rows.iter().filter(|(key, _)| key.starts_with(beginning));
    let (_, row) = found
        .next()
        .unwrap_or_else(|| panic!("no {beginning} in {:?}", rows.keys()));
    assert!(found.next().is_none(), "{beginning}");
    row
}

#[test]
fn a_debian_tree_has_its_tables_scripts_and_timers() {
    let rows = recorded("debian-12");
    let hourly = only(&rows, "cron:/etc/crontab 17 * * * *");
    assert_eq!(
        (&hourly["user"], &hourly["program"]),
        (&json!("root"), &json!("cd"))
    );
    assert_eq!(hourly["path"], Json::Null);
    let own = only(&rows, "cron:/var/spool/cron/crontabs/web @reboot");
    assert_eq!(own["user"], "web");
    assert_eq!(own["program"], "/home/web/start");
    assert_eq!(own["mailto"], "ops@example.org");
    assert!(!rows.keys().any(|key| key.contains("backup.disabled")));
    assert_eq!(rows["run-parts:/etc/cron.daily/dpkg"]["runs"], true);
    assert_eq!(rows["run-parts:/etc/cron.daily/notes.txt"]["runs"], false);
    assert_eq!(
        rows["systemd:apt-daily.timer"],
        json!({
            "source": "systemd", "file": "/usr/lib/systemd/system/apt-daily.timer",
            "drop_ins": ["/etc/systemd/system/apt-daily.timer.d/override.conf"],
            "unit": "apt-daily.service", "calendar": ["*-*-* 03:00"], "monotonic": [],
            "persistent": true, "randomized_delay": "12h", "wake_system": false,
            "state": "enabled", "wanted_by": ["timers.target"], "alias_of": null,
        })
    );
    assert_eq!(rows["systemd:fstrim.timer"]["state"], "disabled");
    let clean = &rows["systemd:systemd-tmpfiles-clean.timer"];
    assert_eq!(
        (&clean["state"], &clean["wanted_by"]),
        (&json!("static"), &json!(["timers.target"]))
    );
    assert_eq!(
        clean["monotonic"],
        json!(["OnBootSec=15min", "OnUnitActiveSec=1d"])
    );
    assert_eq!(rows["systemd:man-db.timer"]["state"], "masked");
    assert!(!format!("{rows:?}").contains("hunter2"));
}

#[test]
fn recorded_trees_have_what_their_distribution_starts() {
    for (tree, key, field, expected) in [
        (
            "debian-11",
            "cron:/etc/crontab 25 6 * * *",
            "program",
            json!("test"),
        ),
        (
            "debian-13",
            "systemd:dpkg-db-backup.timer",
            "state",
            json!("enabled"),
        ),
        (
            "ubuntu-22.04",
            "cron:/etc/cron.d/e2scrub_all 30 3 * * 0",
            "program",
            json!("test"),
        ),
        (
            "ubuntu-24.04",
            "systemd:motd-news.timer",
            "calendar",
            json!(["00,12:00:00"]),
        ),
        (
            "rocky-8",
            "cron:/etc/cron.d/0hourly 01 * * * *",
            "program",
            json!("run-parts"),
        ),
        ("rocky-8", "anacron:cron.daily", "schedule", json!("1")),
        (
            "rocky-9",
            "cron:/var/spool/cron/root @daily",
            "user",
            json!("root"),
        ),
        (
            "rocky-10",
            "systemd:dnf-makecache.timer",
            "monotonic",
            json!(["OnBootSec=10min", "OnUnitInactiveSec=1h"]),
        ),
        (
            "fedora-42",
            "systemd:fstrim.timer",
            "state",
            json!("enabled"),
        ),
        (
            "sles-15",
            "cron:/etc/crontab -*/15 * * * *",
            "program",
            json!("test"),
        ),
        (
            "sles-15",
            "cron:/var/spool/cron/tabs/root 5 4 * * *",
            "file",
            json!("/var/spool/cron/tabs/root"),
        ),
        (
            "amazon-2023",
            "systemd:update-motd.timer",
            "state",
            json!("enabled"),
        ),
        (
            "alpine-3.20",
            "cron:/var/spool/cron/crontabs/root */15 * * * *",
            "program",
            json!("run-parts"),
        ),
        (
            "alpine-3.20",
            "run-parts:/etc/periodic/daily/backup",
            "runs",
            json!(true),
        ),
    ] {
        let rows = recorded(tree);
        let key = key.replace(" -*", " *");
        assert_eq!(only(&rows, &key)[field], expected, "{tree} {key}");
    }
}

#[test]
fn a_line_before_another_changes_only_its_own_row() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    fs::create_dir(root.path().join("etc")).unwrap();
    assert!(rows(&host).is_empty());
    let write = |text: &str| fs::write(root.path().join("etc/crontab"), text).unwrap();
    write("@daily root a 1\n@daily root a 1\n");
    let before = rows(&host);
    assert_eq!(before.len(), 2);
    write("@hourly root b\n@daily root a 1\n@daily root a 1\n");
    let after = rows(&host);
    assert_eq!(after.len(), 3);
    assert!(before.iter().all(|(key, value)| after[key] == *value));
}

#[test]
fn a_line_without_end_does_not_blind_the_kind() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    fs::create_dir(root.path().join("etc")).unwrap();
    let path = "/x:".repeat(50_000);
    let minutes = "0,".repeat(50_000);
    let table = format!("PATH={path}\n{minutes}1 * * * * root a\n");
    fs::write(root.path().join("etc/crontab"), table).unwrap();
    let rows = rows(&host);
    let row = only(&rows, "cron:/etc/crontab 0,");
    assert_eq!(row["program"], "a");
    assert!(row["path"].as_str().unwrap().ends_with('…'));
}

#[test]
fn instances_aliases_and_what_is_wanted_and_gone() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let etc = root.path().join("etc/systemd/system");
    fs::create_dir_all(etc.join("timers.target.wants")).unwrap();
    fs::write(
        etc.join("a@.timer"),
        "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=x\n",
    )
    .unwrap();
    symlink("a@.timer", etc.join("other@.timer")).unwrap();
    symlink("../a@.timer", etc.join("timers.target.wants/a@one.timer")).unwrap();
    symlink("../lost.timer", etc.join("timers.target.wants/lost.timer")).unwrap();
    let rows = rows(&host);
    let state = |name: &str| rows[name]["state"].clone();
    assert_eq!(state("systemd:a@one.timer"), "enabled");
    assert_eq!(rows["systemd:a@one.timer"]["calendar"], json!(["daily"]));
    assert_eq!(rows["systemd:a@one.timer"]["unit"], "a@one.service");
    assert_eq!(state("systemd:a@.timer"), "indirect");
    assert_eq!(state("systemd:other@.timer"), "alias");
    assert_eq!(state("systemd:lost.timer"), "not-found");
}

#[test]
fn a_table_of_a_hundred_thousand_lines_is_read_and_a_longer_one_told_as_too_large() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    fs::create_dir(root.path().join("etc")).unwrap();
    let mut lines: Vec<_> = (0..100_000).map(|n| format!("@daily root a {n}")).collect();
    let write = |lines: &[String]| {
        fs::write(root.path().join("etc/crontab"), lines.join("\n")).unwrap();
    };
    write(&lines);
    assert_eq!(Timers.read(&host).unwrap().len(), 100_000);
    write(&vec!["@daily root a".to_owned(); 100_000]);
    assert_eq!(Timers.read(&host).unwrap().len(), 100_000);
    lines.push("@daily root one more".into());
    write(&lines);
    assert_eq!(
        Timers.read(&host).unwrap_err().reason,
        StaleReason::TooLarge
    );
}
