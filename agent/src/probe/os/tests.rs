use serde_json::json;
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

#[test]
fn the_live_machine_is_what_uname_hostname_and_os_release_say() {
    let (_, ours) = live::facts(&Os).remove(0);
    for (field, program, arguments) in [
        ("kernel", "uname", ["-r"].as_slice()),
        ("architecture", "uname", &["-m"]),
        ("hostname", "uname", &["-n"]),
        ("id", "sh", &["-c", ". /etc/os-release; echo $ID"]),
        (
            "version",
            "sh",
            &["-c", ". /etc/os-release; echo $VERSION_ID"],
        ),
    ] {
        if let Some(theirs) = live::tool(program, arguments) {
            assert_eq!(ours[field].as_str().unwrap_or_default(), theirs.trim_end());
        }
    }
}

#[test]
fn two_passes_are_equal() {
    assert_eq!(live::facts(&Os), live::facts(&Os));
    let (_, value) = live::facts(&Os).remove(0);
    assert!(value["boot_time"].as_i64().unwrap() > 1_000_000_000);
    assert_eq!(value["boot_id"].as_str().unwrap().len(), 36);
}

fn read(tree: &str) -> serde_json::Value {
    let host = Host::at(live::recorded(tree), SystemClock::shared());
    let facts = Os.read(&host).unwrap();
    serde_json::from_str(&facts[0].value).unwrap()
}

#[test]
fn a_debian_tree_without_a_kernel_has_nulls_for_it() {
    assert_eq!(
        read("debian-12"),
        json!({
            "hostname": "web1", "id": "debian", "id_like": [], "name": "Debian GNU/Linux",
            "version": "12", "codename": "bookworm", "pretty_name": "Debian GNU/Linux 12 (bookworm)",
            "kernel": null, "architecture": null, "boot_id": null, "boot_time": null,
            "timezone": "Europe/Berlin",
        })
    );
}

#[test]
fn a_rocky_tree_has_its_release_below_usr_lib() {
    let value = read("rocky-9");
    assert_eq!(value["id"], "rocky");
    assert_eq!(value["id_like"], json!(["rhel", "centos", "fedora"]));
    assert_eq!(value["version"], "9.4");
    assert_eq!(value["timezone"], "America/New_York");
}

#[test]
fn an_alpine_tree_with_a_recorded_proc_has_kernel_and_boot() {
    let value = read("alpine-3.20");
    assert_eq!(value["id"], "alpine");
    assert_eq!(value["hostname"], "edge");
    assert_eq!(value["kernel"], "6.6.31-0-virt");
    assert_eq!(value["boot_time"], 1_717_000_000);
    assert_eq!(value["timezone"], json!(null));
}
