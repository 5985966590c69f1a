use std::fs;

use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::{hostile, live};

#[test]
fn the_live_machine_is_what_getconf_free_and_lscpu_say() {
    let facts = live::facts(&Hardware);
    let (_, ours) = facts
        .iter()
        .find(|(fact, _)| fact.key == "hardware")
        .unwrap();
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
fn the_live_machine_has_the_disks_sockets_and_flags_that_lsblk_and_lscpu_list() {
    let ours = || {
        let facts = live::facts(&Hardware).into_iter();
        let disks = facts.filter_map(|(fact, value)| {
            let name = fact.key.strip_prefix("disk:")?.to_owned();
            let claim = |field: &str| value[field] == true;
            let size = value["size_bytes"].clone();
            Some((
                name,
                size.to_string(),
                claim("rotational"),
                claim("removable"),
            ))
        });
        disks.collect()
    };
    live::agree(ours, || {
        let columns = "NAME,SIZE,ROTA,RM,TYPE";
        let listed = live::tool("lsblk", &["--json", "--bytes", "--nodeps", "-o", columns])?;
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let rows = listed["blockdevices"].as_array().unwrap().iter();
        let disks = rows.filter(|row| row["type"] == "disk");
        // Compressed memory is one for lsblk.
        let disks = disks.filter(|row| !row["name"].as_str().unwrap().starts_with("zram"));
        let disks = disks.map(|row| {
            let name = row["name"].as_str().unwrap().to_owned();
            let claim = |field: &str| row[field] == true;
            (name, row["size"].to_string(), claim("rota"), claim("rm"))
        });
        Some(disks.collect())
    });
    let facts = live::facts(&Hardware);
    let (_, ours) = facts
        .iter()
        .find(|(fact, _)| fact.key == "hardware")
        .unwrap();
    let Some(listed) = live::tool("lscpu", &["--json"]) else {
        return;
    };
    let listed: Json = serde_json::from_str(&listed).unwrap();
    let field = |name: &str| {
        let rows = listed["lscpu"].as_array().unwrap().iter();
        let mut found = rows.filter(|row| row["field"] == format!("{name}:"));
        found
            .next()
            .and_then(|row| row["data"].as_str())
            .map(str::to_owned)
    };
    if let Some(sockets) = field("Socket(s)") {
        assert_eq!(ours["sockets"].to_string(), sockets);
    }
    if let (Some(flags), Some(ours)) = (field("Flags"), ours["cpu_flags"].as_array()) {
        let flags: Vec<_> = flags.split(' ').collect();
        assert!(!ours.is_empty());
        assert!(
            ours.iter()
                .all(|flag| flags.contains(&flag.as_str().unwrap()))
        );
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
    let block = "model name\t: Example  CPU @ 2.00GHz\nmicrocode\t: 0x1f\nflags\t: fpu nx hypervisor aes\n\n";
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
    write(
        "sys/devices/system/cpu/vulnerabilities/meltdown",
        "Mitigation: PTI\n",
    );
    write("sys/firmware/efi/fw_platform_size", "64\n");
    let secure_boot = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    write(secure_boot, "\x06\0\0\0\x01");
    write("sys/class/tpm/tpm0/tpm_version_major", "2\n");
    for (file, text) in [
        ("sda/size", "2048\n"),
        ("sda/removable", "0\n"),
        ("sda/ro", "0\n"),
        ("sda/queue/rotational", "1\n"),
        ("sda/device/model", "EXAMPLE  DISK   \n"),
        ("sda/device/wwid", "naa.5000000000000001\n"),
        ("sr0/device/model", "EXAMPLE CD\n"),
        ("dm-0/size", "8\n"),
        ("loop0/size", "8\n"),
    ] {
        write(&format!("sys/block/{file}"), text);
    }
    let host = Host::at(root.path(), SystemClock::shared());
    let facts = Hardware.read(&host).unwrap();
    let keys: Vec<_> = facts.iter().map(|fact| fact.key.as_str()).collect();
    assert_eq!(keys, ["hardware", "disk:sda"]);
    let value: Json = serde_json::from_str(&facts[1].value).unwrap();
    assert_eq!(
        value,
        json!({
            "model": "EXAMPLE  DISK", "serial": null, "wwid": "naa.5000000000000001",
            "size_bytes": 1024 * 1024, "rotational": true, "removable": false, "read_only": false,
        })
    );
    let value: Json = serde_json::from_str(&facts[0].value).unwrap();
    assert_eq!(
        value,
        json!({
            "cpu_model": "Example CPU @ 2.00GHz", "logical_cores": 2, "physical_cores": 1,
            "memory_bytes": 16_316_412_u64 * 1024, "swap_bytes": 999_420 * 1024,
            "sockets": 1, "cpu_flags": ["aes", "hypervisor", "nx"], "microcode": "0x1f",
            "vulnerabilities": {"meltdown": "Mitigation: PTI"}, "clocksource": null,
            "vendor": "QEMU", "product": "Standard PC", "serial": null, "uuid": null,
            "firmware": null, "firmware_vendor": null, "firmware_date": null,
            "boot_mode": "uefi", "secure_boot": true, "tpm": "2",
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

/// Most of these files are the kernel's or the firmware's; what is in none is not told, and no
/// reason to tell nothing.
#[test]
fn a_thousand_bad_files_harm_no_hardware() {
    let root = tempfile::tempdir().unwrap();
    let files = [
        "proc/cpuinfo",
        "proc/meminfo",
        "sys/devices/system/cpu/online",
    ];
    for file in files {
        fs::create_dir_all(root.path().join(file).parent().unwrap()).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    let (_, rows) = hostile::answers("hardware", |bytes| {
        // The first byte tells the fuzz target which file it is for.
        let (_, text) = bytes.split_at(bytes.len().min(1));
        for file in files {
            fs::write(root.path().join(file), text).unwrap();
        }
        Hardware.read(&host)
    });
    assert!(rows > 0);
}
