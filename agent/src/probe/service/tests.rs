use std::collections::BTreeSet;

use shared::wire::StaleReason;

use super::*;
use crate::probe::live;

fn unit(name: &str, active_state: &str, sub_state: &str) -> Unit {
    Unit {
        name: name.into(),
        description: format!("The {name}"),
        load_state: "loaded".into(),
        active_state: active_state.into(),
        sub_state: sub_state.into(),
    }
}

fn file(path: &str, state: &str) -> UnitFile {
    UnitFile {
        path: path.into(),
        state: state.into(),
    }
}

#[test]
fn units_and_unit_files_of_services_are_joined_by_name() {
    let answer = Answer {
        units: vec![
            unit("ssh.service", "active", "running"),
            unit("run-x.service", "failed", "failed"),
            unit("dbus.socket", "active", "running"),
        ],
        files: vec![
            file("/lib/systemd/system/ssh.service", "enabled"),
            file("/etc/systemd/system/sshd.service", "alias"),
            file("/lib/systemd/system/getty@.service", "enabled"),
            file("/etc/systemd/system/cups.service", "masked"),
            file("/lib/systemd/system/dbus.socket", "static"),
        ],
    };
    let values = values(answer, |path| {
        path.contains("sshd").then(|| "ssh.service".into())
    });
    let names: Vec<_> = values.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "cups.service",
            "getty@.service",
            "run-x.service",
            "ssh.service",
            "sshd.service"
        ]
    );
    let ssh = &values["ssh.service"];
    assert_eq!(ssh.active_state.as_deref(), Some("active"));
    assert_eq!(ssh.unit_file_state.as_deref(), Some("enabled"));
    assert_eq!(ssh.description.as_deref(), Some("The ssh.service"));
    assert_eq!(values["run-x.service"].unit_file_state, None);
    assert_eq!(values["cups.service"].load_state.as_deref(), Some("masked"));
    assert_eq!(values["getty@.service"].active_state, None);
    let alias = &values["sshd.service"];
    assert_eq!(alias.alias_of.as_deref(), Some("ssh.service"));
    assert_eq!(alias.active_state, None);
}

#[test]
fn a_stopped_unit_is_the_same_loaded_or_forgotten() {
    let files = || vec![file("/lib/systemd/system/a.service", "disabled")];
    let forgotten = Answer {
        units: vec![],
        files: files(),
    };
    let loaded = Answer {
        units: vec![unit("a.service", "inactive", "dead")],
        files: files(),
    };
    assert_eq!(values(forgotten, |_| None), values(loaded, |_| None));
}

#[tokio::test]
async fn a_blocking_thread_of_a_runtime_may_ask() {
    let read = tokio::task::spawn_blocking(|| Services::new().read(&live::host()));
    let is_systemd = live::host().path(BOOTED).exists();
    assert_eq!(read.await.unwrap().is_ok(), is_systemd);
}

#[test]
fn the_live_machine_has_what_systemctl_lists_or_says_that_systemd_does_not_run() {
    if !live::host().path(BOOTED).exists() {
        let stale = Services::new().read(&live::host()).unwrap_err();
        assert_eq!(stale.reason, StaleReason::Unavailable);
        assert_eq!(stale.detail, "systemd does not run here");
        return;
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    // Loaded ones: what list-units shows must be there as it is.
    let arguments = [
        "list-units",
        "--all",
        "--type=service",
        "--plain",
        "--no-legend",
        "--full",
    ];
    live::agree(
        || {
            let listed = live::tool("systemctl", &arguments).unwrap();
            let names = listed
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            let names: BTreeSet<_> = names.collect();
            let facts = live::facts(&Services::new());
            let loaded = facts
                .iter()
                .filter(|(fact, _)| names.contains(fact.key.as_str()));
            loaded
                .map(|(fact, value)| {
                    let [load, active, sub] =
                        ["load_state", "active_state", "sub_state"].map(|name| text(&value[name]));
                    format!("{} {load} {active} {sub}", fact.key)
                })
                .collect()
        },
        || {
            let listed = live::tool("systemctl", &arguments)?;
            let rows = listed.lines().map(|line| {
                let fields: Vec<_> = line.split_whitespace().take(4).collect();
                fields.join(" ")
            });
            Some(rows.collect())
        },
    );
    let arguments = ["list-unit-files", "--type=service", "--no-legend", "--full"];
    live::agree(
        || {
            let facts = live::facts(&Services::new());
            let files = facts
                .iter()
                .filter(|(_, v)| !v["unit_file_state"].is_null());
            files
                .map(|(fact, value)| format!("{} {}", fact.key, text(&value["unit_file_state"])))
                .collect()
        },
        || {
            let listed = live::tool("systemctl", &arguments)?;
            let rows = listed.lines().map(|line| {
                let fields: Vec<_> = line.split_whitespace().take(2).collect();
                fields.join(" ")
            });
            Some(rows.collect())
        },
    );
}
