//! Files of `/proc` and `/sys` that tell of the hardware; the first byte chooses the file.
#![no_main]

use std::{fs, sync::LazyLock};

use agent::{
    host::Host,
    probe::{Probe as _, hardware::Hardware},
};
use shared::clock::SystemClock;
use tempfile::TempDir;

const FILES: [&str; 6] = [
    "proc/cpuinfo",
    "proc/meminfo",
    "sys/devices/system/cpu/online",
    "sys/class/dmi/id/sys_vendor",
    "sys/hypervisor/type",
    "run/.containerenv",
];

static ROOT: LazyLock<TempDir> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a folder");
    for file in FILES {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder of its own")).expect("folders in it");
    }
    root
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let path = FILES[usize::from(*choice) % FILES.len()];
    fs::write(ROOT.path().join(path), bytes).expect("a file");
    let _ = Hardware.read(&Host::at(ROOT.path(), SystemClock::shared()));
});
