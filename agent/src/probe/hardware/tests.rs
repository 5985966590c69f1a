use std::fs;

use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

#[test]
fn the_live_machine_is_what_getconf_free_and_lscpu_say() {
    let (_, ours) = live::facts(&Hardware).remove(0);
    if let Some(count) = live::tool("getconf", &["_NPROCESSORS_ONLN"]) {
        assert_eq!(ours["logical_cores"].to_string(), count.trim());
    }
    if let Some(free) = live::tool("free", &["-b"]) {
        let total = |name: &str| {
            let line = free.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        assert_eq!(ours["memory_bytes"].to_string(), total("Mem:"));
        assert_eq!(ours["swap_bytes"].to_string(), total("Swap:"));
    }
    if let Some(listed) = live::tool("lscpu", &["-p=CORE,SOCKET"]) {
        let cores = listed.lines().filter(|line| !line.starts_with('#'));
        let cores: std::collections::BTreeSet<_> = cores.collect();
        assert_eq!(ours["physical_cores"], cores.len());
    }
}

#[test]
fn two_passes_are_equal() {
    assert_eq!(live::facts(&Hardware), live::facts(&Hardware));
}

#[test]
fn a_recorded_machine_has_cores_memory_and_maker() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let block = "model name\t: Example  CPU @ 2.00GHz\nflags\t: hypervisor\n\n";
    write(
        "proc/cpuinfo",
        &format!("processor\t: 0\n{block}processor\t: 1\n{block}"),
    );
    write(
        "proc/meminfo",
        "MemTotal:       16316412 kB\nSwapTotal:        999420 kB\n",
    );
    write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    write("sys/class/dmi/id/product_name", "Standard PC\n");
    write("sys/class/dmi/id/product_serial", " \n");
    for cpu in ["cpu0", "cpu1"] {
        let folder = format!("sys/devices/system/cpu/{cpu}/topology");
        write(&format!("{folder}/physical_package_id"), "0\n");
        write(&format!("{folder}/core_id"), "3\n");
    }
    write("run/systemd/container", "lxc\n");
    let host = Host::at(root.path(), SystemClock::shared());
    let facts = Hardware.read(&host).unwrap();
    let value: Json = serde_json::from_str(&facts[0].value).unwrap();
    assert_eq!(
        value,
        json!({
            "cpu_model": "Example CPU @ 2.00GHz", "logical_cores": 2, "physical_cores": 1,
            "memory_bytes": 16_316_412_u64 * 1024, "swap_bytes": 999_420 * 1024,
            "vendor": "QEMU", "product": "Standard PC", "serial": null, "firmware": null,
            "virtualisation": "qemu", "container": "lxc",
        })
    );
}
