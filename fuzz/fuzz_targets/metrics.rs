//! Files that metrics are sampled from; the first byte chooses the file.
#![no_main]

use std::{cell::RefCell, fs, path::PathBuf, sync::Arc, time::Duration};

use agent::{
    host::Host,
    metric::{Meter, gauges},
};
use chrono::{DateTime, TimeDelta};
use shared::clock::ManualClock;

const FILES: [&str; 12] = [
    "proc/stat",
    "proc/loadavg",
    "proc/uptime",
    "proc/meminfo",
    "proc/pressure/cpu",
    "proc/pressure/io",
    "proc/diskstats",
    "proc/self/net/dev",
    "proc/self/net/snmp",
    "proc/sys/fs/file-nr",
    "proc/self/mountinfo",
    "sys/class/hwmon/hwmon0/temp1_input",
];

struct World {
    root: PathBuf,
    host: Host,
    clock: Arc<ManualClock>,
    meter: Meter,
    elapsed: Duration,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder").keep();
        for file in FILES {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("a folder of its own")).expect("folders in it");
            fs::write(path, "").expect("a file");
        }
        fs::create_dir_all(root.join("sys/block/sda")).expect("a disk");
        fs::write(root.join("sys/class/hwmon/hwmon0/name"), "coretemp").expect("a sensor");
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        let host = Host::at(&root, clock.clone());
        Self {
            clock,
            meter: Meter::new(host.clone(), Arc::new(|| (0, 0))),
            root,
            host,
            elapsed: Duration::ZERO,
        }
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    WORLD.with_borrow_mut(|world| {
        let path = FILES[usize::from(*choice) % FILES.len()];
        fs::write(world.root.join(path), bytes).expect("a file");
        world.elapsed += Duration::from_secs(20);
        world.clock.advance(TimeDelta::seconds(20));
        world.meter.note(gauges(&world.host));
        if let Some(minute) = world.meter.sample(world.elapsed) {
            let sane = |value: f32| value.is_finite();
            assert!(minute.rows.iter().all(|(_, r)| sane(r.min) && sane(r.max)));
        }
    });
});
