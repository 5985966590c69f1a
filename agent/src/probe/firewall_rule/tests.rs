use std::{collections::BTreeSet, process::Command};

use nix::sched::{CloneFlags, unshare};
use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

/// Bad answers of programs.
mod hostile;

fn parsed(facts: Vec<Fact>) -> BTreeMap<String, Json> {
    let rows = facts.into_iter();
    rows.map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn recorded(tree: &str) -> BTreeMap<String, Json> {
    let host = Host::at(live::recorded(tree), SystemClock::shared());
    parsed(FirewallRules.read(&host).unwrap())
}

/// Runs a test in a network of its own, on a thread of its own; says so and returns where the
/// machine does not let it, or has no such filter.
fn alone(scripts: &[&str], test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
                eprintln!("skipped: no network of its own: {error}");
                return;
            }
            for script in scripts {
                let mut words = script.split_whitespace();
                let run = Command::new(words.next().unwrap()).args(words).output();
                match run {
                    Ok(output) if output.status.success() => {}
                    other => {
                        eprintln!("skipped: {script}: {other:?}");
                        return;
                    }
                }
            }
            test();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn now() -> BTreeMap<String, Json> {
    parsed(FirewallRules.read(&live::host()).unwrap())
}

/// Those of an item, by a field of theirs.
fn by<'a>(rows: &'a BTreeMap<String, Json>, item: &str, field: &str) -> Vec<&'a str> {
    let rows = rows.values().filter(|row| row["item"] == item);
    rows.filter_map(|row| row[field].as_str()).collect()
}

const NFT: [&str; 6] = [
    "nft add table inet t",
    "nft add chain inet t in { type filter hook input priority 0; policy drop; }",
    "nft add set inet t office { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }",
    "nft add rule inet t in ct state established,related counter accept",
    "nft add rule inet t in iifname lo tcp dport { 22, 8000-8100 } ip saddr @office accept comment hunter2",
    "nft add rule inet t in udp dport 53 drop",
];

#[test]
fn the_rules_of_a_network_are_those_that_nft_lists() {
    alone(&NFT, || {
        let rows = now();
        let listed = live::tool("nft", &["-s", "list", "ruleset"]).unwrap();
        let theirs: BTreeSet<_> = listed
            .lines()
            .filter(|line| {
                line.starts_with("\t\t") && line.contains(" dport ") | line.contains("ct state")
            })
            .map(|line| line.replace('"', ""))
            .map(|line| {
                line.split(" comment")
                    .next()
                    .unwrap()
                    .trim()
                    .replace(',', ", ")
                    .replace(",  ", ", ")
            })
            .collect();
        let ours: BTreeSet<_> = by(&rows, "rule", "text")
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(ours, theirs);
        let chain = &rows["nftables:inet t in"];
        assert_eq!(
            (&chain["policy"], &chain["rules"]),
            (&json!("drop"), &json!(3))
        );
        assert_eq!(
            rows["nftables:inet t @office"]["elements"],
            json!(["10.0.0.0/8"])
        );
        let summary = &rows["firewall"];
        assert_eq!(summary["drops_input_by_default"], true);
        assert_eq!(
            (&summary["in_force_known"], &summary["rules"]),
            (&json!(true), &json!(3))
        );
        assert!(!format!("{rows:?}").contains("hunter2"));
    });
}

#[test]
fn an_inserted_rule_is_one_row_more_and_a_changed_order() {
    alone(&NFT, || {
        let before = now();
        assert!(
            live::tool(
                "nft",
                &[
                    "insert", "rule", "inet", "t", "in", "tcp", "dport", "1", "drop"
                ]
            )
            .is_some()
        );
        let after = now();
        let changed: Vec<_> = after
            .iter()
            .filter(|(key, row)| before.get(*key) != Some(row))
            .collect();
        let items: Vec<_> = changed
            .iter()
            .map(|(_, row)| row["item"].as_str().unwrap())
            .collect();
        assert_eq!(items, ["summary", "chain", "rule"]);
        let order = |rows: &BTreeMap<String, Json>| {
            rows["nftables:inet t in"]["order"]
                .as_array()
                .unwrap()
                .clone()
        };
        assert_eq!(order(&after)[1..], order(&before)[..]);
    });
}

#[test]
fn rules_of_iptables_are_in_its_own_words_in_either_filter() {
    for (program, framework) in [
        ("iptables-nft", "nftables"),
        ("iptables-legacy", "iptables-legacy"),
    ] {
        let rule = format!(
            "{program} -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m limit --limit 3/min -j ACCEPT"
        );
        let policy = format!("{program} -P INPUT DROP");
        alone(&[&rule, &policy], || {
            let rows = now();
            let rules: Vec<_> = rows.values().filter(|row| row["item"] == "rule").collect();
            assert_eq!(rules.len(), 1, "{rows:?}");
            assert_eq!(rules[0]["framework"], framework);
            assert_eq!(rules[0]["destination_ports"], "22");
            assert_eq!(
                (&rules[0]["states"], &rules[0]["action"]),
                (&json!("new"), &json!("accept"))
            );
            assert_eq!(rules[0]["has_other_matches"], true);
            let saved = live::tool(&format!("{program}-save"), &[]).unwrap();
            let line = format!("-A INPUT {}", rules[0]["text"].as_str().unwrap());
            assert!(
                saved.lines().any(|saved| saved == line),
                "{line} is not in {saved}"
            );
            assert_eq!(rows["firewall"]["drops_input_by_default"], true);
            assert_eq!(
                rows[&format!("{framework}:ip filter INPUT")]["policy"],
                "drop"
            );
        });
    }
}

#[test]
fn what_iptables_leaves_out_of_a_table_is_told_in_the_words_of_nft() {
    let scripts = [
        "iptables-nft -A INPUT -m conntrack --ctstate NEW -j ACCEPT",
        "nft add rule ip filter INPUT tcp dport vmap { 22 : accept, 23 : drop }",
        "nft add chain ip filter odd { type filter hook input priority 5; policy drop; }",
    ];
    alone(&scripts, || {
        let rows = now();
        let texts: BTreeSet<_> = by(&rows, "rule", "text").into_iter().collect();
        assert_eq!(texts.len(), 2);
        assert!(
            texts.contains("-m conntrack --ctstate NEW -j ACCEPT"),
            "{texts:?}"
        );
        assert!(
            texts.iter().any(|text| text.starts_with("vmap")),
            "{texts:?}"
        );
        assert_eq!(rows["nftables:ip filter odd"]["policy"], "drop");
        assert_eq!(rows["nftables:ip filter INPUT"]["rules"], 2);
    });
}

#[test]
fn a_network_without_rules_has_only_its_summary() {
    alone(&[], || {
        let rows = now();
        assert_eq!(rows["firewall"]["in_force_known"], true);
        assert_eq!(rows["firewall"]["rules"], 0);
        assert!(by(&rows, "chain", "framework").is_empty());
    });
}

#[test]
fn trees_have_what_ufw_and_firewalld_are_told_and_say_that_nothing_is_known_to_be_in_force() {
    let rows = recorded("ubuntu-22.04");
    assert_eq!(rows["firewall"]["in_force_known"], false);
    assert_eq!(rows["firewall"]["ufw_enabled"], true);
    assert_eq!(rows["ufw"]["default_input"], "drop");
    assert_eq!(
        by(&rows, "rule", "text"),
        [
            "allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in",
            "allow tcp 22 ::/0 any ::/0 OpenSSH - in"
        ]
    );
    assert_eq!(recorded("ubuntu-24.04")["ufw"]["enabled"], false);
    for (tree, zone) in [
        ("rocky-8", "public"),
        ("rocky-9", "public"),
        ("rocky-10", "public"),
        ("fedora-42", "FedoraServer"),
        ("sles-15", "public"),
    ] {
        let rows = recorded(tree);
        assert_eq!(rows["firewalld"]["default_zone"], zone, "{tree}");
        let zone = &rows[&format!("firewalld:{zone}")];
        assert_eq!(zone["is_default"], true, "{tree}");
        assert!(
            zone["services"].as_array().unwrap().contains(&json!("ssh")),
            "{tree}"
        );
    }
    for tree in [
        "debian-11",
        "debian-12",
        "debian-13",
        "amazon-2023",
        "alpine-3.20",
    ] {
        let host = Host::at(live::recorded(tree), SystemClock::shared());
        let stale = FirewallRules.read(&host).unwrap_err();
        assert_eq!(stale.reason, StaleReason::Unavailable, "{tree}");
    }
}
