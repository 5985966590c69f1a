use serde_json::Value;
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

/// apt's lists.
mod apt;

/// dnf's and zypper's.
mod rpm;

fn at(root: impl Into<std::path::PathBuf>) -> Host {
    Host::at(root, SystemClock::shared())
}

fn rows(host: &Host) -> Vec<(String, Value)> {
    let mut facts = Updates.read(host).unwrap();
    facts.sort();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn row(rows: &[(String, Value)], key: &str) -> Value {
    let found = rows.iter().find(|(name, _)| name == key);
    found
        .unwrap_or_else(|| panic!("{key} in {rows:#?}"))
        .1
        .clone()
}

/// `key available origin`, with marks, of each update.
fn lines(rows: &[(String, Value)]) -> Vec<String> {
    let updates = rows.iter().filter(|(key, _)| !key.starts_with('@'));
    updates
        .map(|(key, value)| {
            let text = |name: &str| value[name].as_str().unwrap_or("-").to_owned();
            let mut line = format!("{key} {} {}", text("available"), text("origin"));
            for mark in ["security", "held"] {
                if value[mark] == true {
                    line = format!("{line} {mark}");
                }
            }
            for advisory in value["advisories"].as_array().unwrap() {
                line = format!("{line} {}", advisory.as_str().unwrap());
            }
            line
        })
        .collect()
}

fn stale(host: &Host) -> Stale {
    Updates.read(host).unwrap_err()
}

#[test]
fn a_host_without_a_manager_that_is_read_says_so() {
    let stale = stale(&at(live::recorded("alpine-3.20")));
    assert_eq!(stale.reason, StaleReason::Unavailable);
    assert!(
        stale.detail.contains("apt, dnf and zypper"),
        "{}",
        stale.detail
    );
}
