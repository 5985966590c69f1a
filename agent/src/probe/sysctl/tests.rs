use std::{collections::BTreeMap, fs};

use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Sysctls.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn recorded(tree: &str) -> BTreeMap<String, Json> {
    rows(&Host::at(live::recorded(tree), SystemClock::shared()))
}

/// A host made of these files.
fn made(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

#[test]
fn the_live_machine_has_what_sysctl_prints() {
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let theirs = || {
        // Those that may not be read make it fail, and are told on standard error.
        let listed = live::tool("sh", &["-c", "sysctl -a 2>/dev/null || true"])?;
        let rows = listed.lines().filter_map(|line| {
            let (name, value) = line.split_once(" = ").or(line.split_once(" ="))?;
            NAMES
                .contains(&name)
                .then(|| (name.to_owned(), spaced(value)))
        });
        let rows: Vec<_> = rows.collect();
        (!rows.is_empty()).then_some(rows)
    };
    live::agree(
        || {
            let facts = live::facts(&Sysctls).into_iter();
            let known = facts.filter_map(|(fact, value)| {
                Some((fact.key, value["running"].as_str()?.to_owned()))
            });
            known.collect()
        },
        theirs,
    );
}

#[test]
fn names_are_sorted_and_each_is_there_once() {
    assert!(NAMES.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_name_beats_a_pattern_and_a_later_file_an_earlier() {
    let (_root, host) = made(&[
        ("usr/lib/systemd/systemd-sysctl", ""),
        (
            "usr/lib/sysctl.d/50-default.conf",
            "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\nkernel.sysrq=16\n",
        ),
        (
            "etc/sysctl.d/60-own.conf",
            "net/ipv4/conf/default/rp_filter=1\nkernel.sysrq = 0\n",
        ),
        (
            "etc/sysctl.d/70-all.conf",
            "net.ipv4.conf.d*.rp_filter = 0\n",
        ),
        ("etc/sysctl.conf", "kernel.sysrq = 1\n"),
    ]);
    let rows = rows(&host);
    let both = |name: &str| json!([rows[name]["configured"], rows[name]["configured_in"]]);
    let own = "/etc/sysctl.d/60-own.conf";
    assert_eq!(both("kernel.sysrq"), json!(["0", own]));
    assert_eq!(both("net.ipv4.conf.default.rp_filter"), json!(["1", own]));
    assert_eq!(both("net.ipv4.conf.all.rp_filter"), json!([null, null]));
    assert_eq!(
        rows["net.ipv4.conf.default.rp_filter"]["assignments"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(rows["kernel.sysrq"]["running_state"], "unknown");
    assert_eq!(rows["vm.swappiness"]["assignments"], json!([]));
}

#[test]
fn a_hidden_file_sets_nothing_and_without_systemd_the_old_file_is_last() {
    let (_root, host) = made(&[
        ("lib/sysctl.d/10-x.conf", "kernel.sysrq = 1\n"),
        ("etc/sysctl.d/10-x.conf", "kernel.kptr_restrict = 2\n"),
        ("etc/sysctl.conf", "kernel.kptr_restrict = 1\n"),
    ]);
    let rows = rows(&host);
    assert_eq!(rows["kernel.sysrq"]["configured"], Json::Null);
    assert_eq!(
        rows["kernel.kptr_restrict"]["configured_in"],
        "/etc/sysctl.conf"
    );
}

#[test]
fn ufw_sets_last_and_only_while_it_is_enabled() {
    for (enabled, expected) in [("yes", json!("0")), ("no", json!("1"))] {
        let (_root, host) = made(&[
            ("etc/sysctl.d/z.conf", "net.ipv4.tcp_syncookies = 1\n"),
            ("etc/ufw/ufw.conf", &format!("# x\nENABLED={enabled}\n")),
            ("etc/default/ufw", "IPT_SYSCTL=/etc/ufw/own.conf\n"),
            ("etc/ufw/own.conf", "net/ipv4/tcp_syncookies=0\n"),
        ]);
        assert_eq!(
            rows(&host)["net.ipv4.tcp_syncookies"]["configured"],
            expected
        );
    }
}

#[test]
fn peeking_tells_a_change_of_a_running_value() {
    let (root, host) = made(&[("proc/sys/kernel/sysrq", "1\n")]);
    let before = Sysctls.peek(&host);
    assert_eq!(before, Sysctls.peek(&host));
    fs::write(root.path().join("proc/sys/kernel/sysrq"), "0\n").unwrap();
    assert_ne!(before, Sysctls.peek(&host));
    assert_eq!(rows(&host)["kernel.sysrq"]["running"], "0");
    assert_eq!(rows(&host)["kernel.panic"]["running_state"], "absent");
}

#[test]
fn a_tree_without_any_of_it_is_unavailable() {
    let (_root, host) = made(&[("etc/hostname", "x")]);
    assert_eq!(
        Sysctls.read(&host).unwrap_err().reason,
        StaleReason::Unavailable
    );
}

#[test]
fn recorded_trees_say_what_their_files_set() {
    for (tree, name, value, file) in [
        (
            "debian-11",
            "kernel.sysrq",
            "438",
            "/etc/sysctl.d/99-sysctl.conf",
        ),
        (
            "debian-12",
            "net.ipv4.ip_forward",
            "0",
            "/etc/sysctl.d/60-hardening.conf",
        ),
        (
            "debian-13",
            "fs.protected_symlinks",
            "1",
            "/usr/lib/sysctl.d/50-default.conf",
        ),
        (
            "ubuntu-22.04",
            "kernel.yama.ptrace_scope",
            "1",
            "/etc/sysctl.d/10-ptrace.conf",
        ),
        (
            "ubuntu-22.04",
            "net.ipv4.tcp_syncookies",
            "0",
            "/etc/ufw/sysctl.conf",
        ),
        (
            "ubuntu-24.04",
            "kernel.printk",
            "4 4 1 7",
            "/etc/sysctl.d/10-console-messages.conf",
        ),
        (
            "rocky-8",
            "net.ipv4.conf.all.rp_filter",
            "1",
            "/usr/lib/sysctl.d/50-default.conf",
        ),
        (
            "rocky-9",
            "net.ipv4.conf.default.rp_filter",
            "1",
            "/usr/lib/sysctl.d/50-redhat.conf",
        ),
        (
            "rocky-10",
            "kernel.kptr_restrict",
            "1",
            "/usr/lib/sysctl.d/50-redhat.conf",
        ),
        (
            "fedora-42",
            "net.core.default_qdisc",
            "fq_codel",
            "/usr/lib/sysctl.d/50-default.conf",
        ),
        (
            "sles-15",
            "kernel.kptr_restrict",
            "1",
            "/usr/lib/sysctl.d/50-default.conf",
        ),
        (
            "amazon-2023",
            "kernel.kptr_restrict",
            "1",
            "/etc/sysctl.d/60-hardening.conf",
        ),
        (
            "alpine-3.20",
            "net.ipv4.tcp_syncookies",
            "1",
            "/lib/sysctl.d/00-alpine.conf",
        ),
    ] {
        let row = &recorded(tree)[name];
        assert_eq!(row["configured"], value, "{tree} {name}");
        assert_eq!(row["configured_in"], file, "{tree} {name}");
    }
}
