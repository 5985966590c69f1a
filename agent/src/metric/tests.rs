use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use shared::{clock::ManualClock, metric::Reading};
use tempfile::TempDir;

use super::*;
use crate::probe::live;

/// A copy of a recorded tree whose files a test changes between samples.
struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    meter: Meter,
    elapsed: Duration,
    sent: Arc<AtomicU64>,
}

type Readings = BTreeMap<String, Reading>;

impl World {
    fn of(tree: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata")
            .join(tree);
        for top in ["proc", "sys"] {
            copy(&recorded.join(top), &folder.path().join(top));
        }
        let clock = ManualClock::at(DateTime::UNIX_EPOCH + TimeDelta::minutes(1_000));
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let traffic = Arc::new(move || (counter.load(Ordering::SeqCst), 7));
        let meter = Meter::new(Host::at(folder.path(), clock.clone()), traffic);
        Self {
            folder,
            clock,
            meter,
            elapsed: Duration::ZERO,
            sent,
        }
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path}: {from}");
        self.write(path, &text.replace(from, to));
    }

    fn sample(&mut self) -> Option<Minute<Arc<str>>> {
        self.meter.sample(self.elapsed)
    }

    fn wait(&mut self, seconds: u32) {
        self.elapsed += Duration::from_secs(seconds.into());
        self.clock.advance(TimeDelta::seconds(seconds.into()));
    }

    /// The minute that was measured so far, with what it said.
    fn minute(&mut self) -> Readings {
        self.wait(60);
        let minute = self.sample().expect("a minute");
        assert_eq!(minute.at, 1_000);
        let rows = minute.rows.into_iter();
        rows.map(|(name, reading)| (name.to_string(), reading))
            .collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn last(readings: &Readings, name: &str) -> f32 {
    let reading = readings.get(name);
    reading
        .unwrap_or_else(|| panic!("no {name} in {readings:#?}"))
        .last
}

#[test]
fn two_samples_of_a_host_say_what_happened_between_them() {
    let mut world = World::of("metrics/linux-6.1");
    assert!(world.sample().is_none());
    world.wait(10);
    // A second of each of two processors: 120 ticks of 2000 for users.
    world.replace(
        "proc/stat",
        "cpu  20000 1000 8000 900000 500 0 300 200",
        "cpu  20120 1000 8060 901700 600 0 310 210",
    );
    world.replace("proc/pressure/cpu", "total=4692652285", "total=4693652285");
    world.replace("proc/pressure/memory", "total=10677672", "total=10677672");
    world.replace("proc/pressure/io", "total=600000000", "total=605000000");
    world.replace(
        "proc/diskstats",
        "sda 1000 28500 20000 128743 3000 1209391 40000 2730807 0 50000",
        "sda 1010 28500 20080 128743 3100 1209391 40400 2730807 0 52500",
    );
    world.replace(
        "proc/self/net/dev",
        "1443743645   67481    1    2",
        "1443744645   67491    2    4",
    );
    world.replace(
        "proc/self/net/snmp",
        "17 100000 120000 500",
        "18 100100 120200 505",
    );
    world.sent.store(1_230, Ordering::SeqCst);
    world.sample();
    let seen = world.minute();
    let mib = 1024.0;
    for (name, value) in [
        ("cpu.user", 0.06),
        ("cpu.nice", 0.0),
        ("cpu.system", 0.03),
        ("cpu.idle", 0.85),
        ("cpu.iowait", 0.05),
        ("cpu.softirq", 0.005),
        ("cpu.steal", 0.005),
        ("load.avg1", 0.52),
        ("load.avg15", 1.22),
        ("process.threads", 345.0),
        ("process.running", 3.0),
        ("process.blocked", 1.0),
        ("host.uptime_seconds", 93_784.0),
        ("memory.total_bytes", 8_139_520.0 * mib),
        ("memory.available_bytes", 6_310_976.0 * mib),
        ("memory.reclaimable_bytes", 478_492.0 * mib),
        ("swap.free_bytes", 1_000_440.0 * mib),
        ("pressure.cpu_some", 0.1),
        ("pressure.memory_some", 0.0),
        ("pressure.io_full", 0.5),
        ("disk.reads{device=sda}", 1.0),
        ("disk.read_bytes{device=sda}", 4_096.0),
        ("disk.writes{device=sda}", 10.0),
        ("disk.write_bytes{device=sda}", 20_480.0),
        ("disk.busy{device=sda}", 0.25),
        ("disk.busy{device=nvme0n1}", 0.0),
        ("network.rx_bytes{interface=enp1s0}", 100.0),
        ("network.rx_packets{interface=enp1s0}", 1.0),
        ("network.rx_errors{interface=enp1s0}", 0.1),
        ("network.rx_drops{interface=enp1s0}", 0.2),
        ("network.tx_drops{interface=enp1s0}", 0.0),
        ("tcp.established", 18.0),
        ("tcp.received_segments", 10.0),
        ("tcp.sent_segments", 20.0),
        ("tcp.retransmitted_segments", 0.5),
        ("file.allocated", 2_144.0),
        ("agent.sent_bytes", 123.0),
        ("agent.received_bytes", 0.0),
    ] {
        let found = last(&seen, name);
        assert!(
            (found - value).abs() <= value.abs() * 1e-5,
            "{name}: {found}, not {value}"
        );
    }
    assert!(last(&seen, "agent.resident_bytes") >= 2_500.0 * 4_096.0);
    assert!(seen.contains_key("agent.cpu_seconds") && seen.contains_key("agent.wakeups"));
    let unwanted = seen.keys().filter(|name| {
        ["loop", "sda1", "dm-", "zram", "sr0", "=lo}", "veth", "n1p1"]
            .iter()
            .any(|word| name.contains(word))
    });
    assert_eq!(unwanted.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn what_a_kernel_does_not_have_is_missing_and_nothing_else() {
    let mut world = World::of("metrics/linux-5.14");
    world.sample();
    world.wait(10);
    world.replace("proc/diskstats", "vda 100 0 2000", "vda 110 0 2080");
    world.sample();
    let seen = world.minute();
    assert_eq!(last(&seen, "memory.total_bytes"), 3_734_284.0 * 1024.0);
    assert_eq!(last(&seen, "disk.read_bytes{device=vda}"), 4_096.0);
    for missing in ["pressure.", "tcp.", "network.", "file.", "host.uptime"] {
        let found = seen.keys().find(|name| name.starts_with(missing));
        assert_eq!(found, None);
    }
}

#[test]
fn a_file_that_fails_is_read_again_when_it_is_back() {
    let mut world = World::of("metrics/linux-6.1");
    let meminfo = world.path("proc/meminfo");
    let kept = fs::read_to_string(&meminfo).unwrap();
    fs::remove_file(&meminfo).unwrap();
    fs::create_dir(&meminfo).unwrap();
    world.sample();
    fs::remove_dir(&meminfo).unwrap();
    world.write("proc/meminfo", &kept);
    world.sample();
    assert!(world.minute().contains_key("memory.total_bytes"));
}

#[test]
fn processors_that_were_taken_out_give_no_parts_for_that_sample() {
    let mut world = World::of("metrics/linux-6.1");
    world.sample();
    world.wait(10);
    world.replace(
        "proc/stat",
        "cpu  20000 1000 8000 900000",
        "cpu  20010 500 4000 450000",
    );
    world.sample();
    let seen = world.minute();
    assert!(!seen.contains_key("cpu.user"), "{seen:#?}");
    assert!(seen.contains_key("load.avg1"));
}

#[test]
fn a_minute_is_given_once_when_another_has_begun_whichever_way_the_clock_goes() {
    let mut world = World::of("metrics/linux-6.1");
    assert!(world.sample().is_none());
    world.wait(59);
    assert!(world.sample().is_none());
    world.wait(1);
    assert_eq!(world.sample().unwrap().at, 1_000);
    world.clock.advance(TimeDelta::minutes(-5));
    assert_eq!(world.sample().unwrap().at, 1_001);
    world.wait(120);
    assert_eq!(world.sample().unwrap().at, 996);
    world.meter.pause();
    world.wait(60);
    assert!(world.sample().is_none(), "what was sampled is forgotten");
}

#[test]
fn what_was_read_elsewhere_joins_the_minute() {
    let mut world = World::of("metrics/linux-6.1");
    world.sample();
    let host = world.meter.host.clone();
    world.meter.note(gauges(&host));
    let seen = world.minute();
    assert_eq!(
        last(&seen, "temperature.celsius{sensor=coretemp/Package_id_0}"),
        46.0
    );
}

/// Every source of the samplers, with whatever is in it.
#[test]
fn live_this_host_is_measured_whole_and_adds_up() {
    let clock = ManualClock::at(DateTime::UNIX_EPOCH);
    let mut meter = Meter::new(Host::live(clock.clone()), Arc::new(|| (0, 0)));
    meter.sample(Duration::ZERO);
    // Until the kernel has counted a tick.
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_millis(50) {
        std::hint::spin_loop();
    }
    meter.sample(Duration::from_secs(1));
    clock.advance(TimeDelta::minutes(1));
    let minute = meter.sample(Duration::from_secs(2)).unwrap();
    let value = |name: &str| {
        let row = minute.rows.iter().find(|(other, _)| **other == *name);
        row.unwrap_or_else(|| panic!("no {name}")).1.last
    };
    let parts: f32 = minute
        .rows
        .iter()
        .filter(|(name, _)| name.starts_with("cpu."))
        .map(|(_, reading)| reading.last)
        .sum();
    assert!((parts - 1.0).abs() < 1e-3, "{parts}");
    assert!(value("memory.free_bytes") < value("memory.total_bytes"));
    assert!(value("file.allocated") > 0.0 && value("tcp.established") >= 0.0);
}

/// What the samplers read, and a proptest writes.
const FILES: [&str; 9] = [
    "proc/stat",
    "proc/loadavg",
    "proc/meminfo",
    "proc/diskstats",
    "proc/pressure/io",
    "proc/self/net/dev",
    "proc/self/net/snmp",
    "proc/sys/fs/file-nr",
    "proc/uptime",
];

/// Measures a host whose files change to these.
fn read_without_panic<'a>(texts: impl Iterator<Item = &'a [u8]>) {
    let mut world = World::of("metrics/linux-6.1");
    world.sample();
    for (path, text) in FILES.iter().zip(texts) {
        fs::write(world.path(path), text).unwrap();
    }
    world.wait(10);
    world.sample();
    for (name, reading) in world.minute() {
        let finite = reading.min.is_finite() && reading.max.is_finite();
        assert!(finite, "{name}: {reading:?}");
    }
}

/// In every file; the first byte tells the fuzz target for which one it was.
#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("metrics", |bytes| {
        read_without_panic(std::iter::repeat(bytes.get(1..).unwrap_or_default()));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_files_hold_is_measured_without_panic(
        texts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                "(cpu|Tcp:|sda|some|  eth0:|MemTotal:)? ?([a-z0-9:=/.-]{0,20}[ \n]){0,30}"
                    .prop_map(String::into_bytes),
            ], 9)
    ) {
        read_without_panic(texts.iter().map(Vec::as_slice));
    }
}
