use std::fs;

use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = KernelModules.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn recorded(tree: &str) -> BTreeMap<String, Json> {
    rows(&Host::at(live::recorded(tree), SystemClock::shared()))
}

#[test]
fn the_live_machine_has_what_lsmod_lists() {
    let ours = || {
        let facts = live::facts(&KernelModules).into_iter();
        let loaded = facts.filter(|(_, value)| value["loaded"] == true);
        loaded
            .map(|(fact, value)| format!("{} {}", fact.key, value["size_bytes"]))
            .collect()
    };
    live::agree(ours, || {
        // It fails where the kernel can load no module.
        let listed = live::tool("sh", &["-c", "lsmod 2>/dev/null || true"])?;
        let rows = listed.lines().skip(1).map(|line| {
            let words: Vec<_> = line.split_whitespace().take(2).collect();
            words.join(" ")
        });
        Some(rows.collect())
    });
}

#[test]
fn a_debian_tree_has_loaded_disabled_and_built_in_modules() {
    let rows = recorded("debian-13");
    assert_eq!(
        rows["ext4"],
        json!({
            "loaded": true, "state": "live", "size_bytes": 1_134_592, "taints": "",
            "builtin": false, "file": "kernel/fs/ext4/ext4.ko", "indexed": true,
            "blacklisted_in": null, "install": null, "install_in": null, "disabled": false,
        })
    );
    assert_eq!(rows["example_dkms"]["taints"], "OE");
    assert_eq!(rows["cramfs"]["disabled"], true);
    assert_eq!(rows["cramfs"]["install"], "/bin/false");
    assert_eq!(rows["cramfs"]["install_in"], "/etc/modprobe.d/cis.conf");
    assert_eq!(rows["cramfs"]["blacklisted_in"], "/etc/modprobe.d/cis.conf");
    assert_eq!(rows["cramfs"]["file"], "kernel/fs/cramfs/cramfs.ko");
    assert_eq!(rows["usb_storage"]["loaded"], false);
    assert_eq!(rows["usb_storage"]["disabled"], false);
    assert_eq!(rows["squashfs"]["builtin"], true);
    assert_eq!(rows["hfs"]["file"], Json::Null);
}

#[test]
fn recorded_trees_say_what_their_files_keep_out() {
    for (tree, module, file) in [
        ("debian-11", "pcspkr", "/etc/modprobe.d/local.conf"),
        (
            "debian-13",
            "aty128fb",
            "/usr/lib/modprobe.d/fbdev-blacklist.conf",
        ),
        (
            "ubuntu-22.04",
            "amd76x_edac",
            "/etc/modprobe.d/blacklist.conf",
        ),
        (
            "ubuntu-24.04",
            "ath_pci",
            "/etc/modprobe.d/blacklist-ath_pci.conf",
        ),
        ("rocky-8", "sctp", "/etc/modprobe.d/sctp-blacklist.conf"),
        ("rocky-9", "dccp", "/etc/modprobe.d/dccp-blacklist.conf"),
        ("rocky-10", "sctp", "/etc/modprobe.d/sctp-blacklist.conf"),
        ("fedora-42", "tipc", "/etc/modprobe.d/tipc-blacklist.conf"),
        (
            "sles-15",
            "cramfs",
            "/usr/lib/modprobe.d/60-blacklist_fs-cramfs.conf",
        ),
        ("amazon-2023", "pcspkr", "/etc/modprobe.d/local.conf"),
        ("alpine-3.20", "ath_pci", "/etc/modprobe.d/blacklist.conf"),
    ] {
        let row = &recorded(tree)[module];
        assert_eq!(row["blacklisted_in"], file, "{tree} {module}");
    }
}

#[test]
fn what_rules_ask_for_has_a_row_and_without_a_kernel_nothing_is_said_to_be_unloaded() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let stale = KernelModules.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Unavailable);
    fs::create_dir_all(root.path().join("etc/modprobe.d")).unwrap();
    let known = rows(&host);
    assert_eq!(known.len(), ASKED.len());
    assert_eq!(known["cramfs"]["loaded"], Json::Null);
    assert_eq!(known["cramfs"]["indexed"], false);
    fs::create_dir_all(root.path().join("proc/sys/kernel")).unwrap();
    assert_eq!(rows(&host)["cramfs"]["loaded"], false);
}

#[test]
fn peeking_tells_a_module_that_came_and_not_one_that_found_a_user() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    fs::create_dir(root.path().join("proc")).unwrap();
    let write = |text: &str| fs::write(root.path().join("proc/modules"), text).unwrap();
    write("a 1 0 - Live 0x0\n");
    let before = KernelModules.peek(&host);
    write("a 1 1 b, Live 0x0\n");
    assert_eq!(KernelModules.peek(&host), before);
    write("a 1 0 - Live 0x0\nb 1 0 - Live 0x0\n");
    assert_ne!(KernelModules.peek(&host), before);
}
