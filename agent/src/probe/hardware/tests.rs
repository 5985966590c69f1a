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

/// What every kernel since 2.6 writes.
const MEMINFO: &str = "\
MemTotal:       16316412 kB
MemFree:         9000000 kB
Buffers:          100000 kB
Cached:          2000000 kB
SwapCached:            0 kB
Active:          3000000 kB
Inactive:        1000000 kB
SwapTotal:        999420 kB
SwapFree:         999420 kB
Dirty:                96 kB
Writeback:             0 kB
Mapped:           300000 kB
Slab:             200000 kB
Committed_AS:    4000000 kB
VmallocTotal:   34359738367 kB
VmallocUsed:       30000 kB
VmallocChunk:          0 kB
";

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
    write("proc/meminfo", MEMINFO);
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

#[test]
fn files_that_are_not_what_a_kernel_writes_are_told_as_not_known() {
    for text in ["", "\n", ":", "MemTotal: x kB\n", "# processors : 4\n"] {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("proc")).unwrap();
        for name in ["cpuinfo", "meminfo"] {
            fs::write(root.path().join("proc").join(name), text).unwrap();
        }
        let host = Host::at(root.path(), SystemClock::shared());
        let value: Json = serde_json::from_str(&Hardware.read(&host).unwrap()[0].value).unwrap();
        for field in ["cpu_model", "logical_cores", "memory_bytes", "swap_bytes"] {
            assert_eq!(value[field], Json::Null, "{text:?}: {field}");
        }
    }
}
