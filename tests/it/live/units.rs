//! What systemd does with a service is one change each, told by its signals.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{LiveHost, Watched, until};

const TRIAL: &str = "/run/systemd/system/trial.service";
const UNIT: &str = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=bus.target\n";
const KEY: &str = "trial.service";

fn write_unit(host: &LiveHost) {
    let write = format!("printf '{}' > {TRIAL}", UNIT.replace('\n', "\\n"));
    host.run("sh", &["-c", &write]);
    host.run("systemctl", &["daemon-reload"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_systemd_does_with_a_service_is_told() {
    let Some(host) = LiveHost::boot() else {
        return;
    };
    let watched = Watched::on(host, write_unit).await;
    let is = async |what: &str, states: [&str; 3]| {
        until(what, async || {
            let facts = watched.api.facts(&watched.id, "service").await;
            let trial = facts.get(KEY).cloned().unwrap_or_default();
            let told = ["active_state", "sub_state", "unit_file_state"].map(|name| &trial[name]);
            let matches = told.iter().zip(states).all(|(told, state)| **told == state);
            matches.then_some(()).ok_or((trial, watched.agent.said()))
        })
        .await;
    };
    let systemctl = |verb: &str| drop(watched.host.run("systemctl", &[verb, KEY]));
    is("a unit at rest", ["inactive", "dead", "disabled"]).await;
    systemctl("start");
    is("started", ["active", "running", "disabled"]).await;
    systemctl("enable");
    is("enabled", ["active", "running", "enabled"]).await;
    watched
        .host
        .run("systemctl", &["kill", "--signal=KILL", KEY]);
    is("killed", ["failed", "failed", "enabled"]).await;
    systemctl("reset-failed");
    is("forgiven", ["inactive", "dead", "enabled"]).await;
    systemctl("disable");
    is("disabled", ["inactive", "dead", "disabled"]).await;

    let changes = format!("/api/v1/hosts/{}/changes?kind=service", watched.id);
    let told: Vec<Value> = watched.api.all(&changes).await;
    let states = told.iter().filter(|row| row["key"] == KEY);
    let states: Vec<_> = states.map(|row| &row["after"]["active_state"]).collect();
    assert_eq!(
        states,
        [
            &json!("inactive"),
            &json!("inactive"),
            &json!("failed"),
            &json!("active"),
            &json!("active"),
        ]
    );
}

/// Timers in every state that `systemctl is-enabled` knows of a timer that is a file.
const TIMERS: &str = r#"
cd /etc/systemd/system
timer='[Timer]\nOnCalendar=daily\n'
install='[Install]\nWantedBy=timers.target\n'
for name in enabled runtime disabled known other@; do printf "$timer$install" > trial-$name.timer; done
printf "$timer" > trial-static.timer
printf "$timer[Install]\nAlias=trial-second.timer\n" > trial-named.timer
printf "$timer[Install]\nAlso=trial-disabled.timer\n" > trial-also.timer
printf "$timer" > /usr/lib/trial-linked.timer
printf '[Unit]\n[Service]\nExecStart=/bin/true\n' > trial-enabled.service
ln -s trial-known.timer trial-alias.timer
ln -s /dev/null trial-masked.timer
systemctl daemon-reload
systemctl enable trial-enabled.timer trial-named.timer
systemctl link /usr/lib/trial-linked.timer
systemctl enable --runtime trial-runtime.timer
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_are_in_the_states_that_systemctl_lists() {
    let Some(host) = LiveHost::boot() else {
        return;
    };
    let watched = Watched::on(host, |host| drop(host.run("sh", &["-ec", TIMERS]))).await;
    let list = ["list-unit-files", "--type=timer", "--no-legend", "--full"];
    let listed = watched.host.run("systemctl", &list);
    let theirs: BTreeSet<String> = listed
        .lines()
        .map(|line| {
            line.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    for state in [
        "enabled",
        "enabled-runtime",
        "disabled",
        "static",
        "alias",
        "masked",
        "indirect",
        "linked",
    ] {
        let there = theirs
            .iter()
            .any(|row| row.starts_with("trial-") && row.ends_with(state));
        assert!(there, "{state} in {theirs:?}");
    }
    until("agreement on timers", async || {
        let facts = watched.api.facts(&watched.id, "timer").await;
        let ours = facts.iter().filter_map(|(key, value)| {
            let name = key.strip_prefix("systemd:")?;
            Some(format!("{name} {}", value["state"].as_str()?))
        });
        let ours: BTreeSet<String> = ours.collect();
        let differ: Vec<_> = ours.symmetric_difference(&theirs).cloned().collect();
        differ.is_empty().then_some(()).ok_or(differ)
    })
    .await;
}
