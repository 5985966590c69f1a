use std::path::Path;

use shared::clock::SystemClock;

use super::*;

fn recorded(tree: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(tree);
    let gauges = temperature::gauges(&Host::at(root, SystemClock::shared()));
    let text = |gauge: &Gauge| {
        let (key, value) = gauge.label.as_ref().unwrap();
        format!("{}{{{key}={value}}} {}", gauge.family, gauge.value)
    };
    gauges.iter().map(text).collect()
}

#[test]
fn temperatures_are_of_processors_and_of_no_disk_and_broken_sensors_are_left_out() {
    assert_eq!(
        recorded("metrics/linux-6.1"),
        [
            "temperature.celsius{sensor=coretemp/Package id 0} 46",
            "temperature.celsius{sensor=coretemp/Core 0} 44.5",
            "temperature.celsius{sensor=coretemp/Core 0/hwmon2} 43",
        ]
    );
}

#[test]
fn zones_are_read_where_there_are_no_chips() {
    assert_eq!(
        recorded("metrics/linux-5.14"),
        ["temperature.celsius{sensor=x86_pkg_temp/thermal_zone0} 52"]
    );
    assert_eq!(recorded("alpine-3.20"), [""; 0]);
}

#[test]
fn live_the_space_of_this_host_is_what_statvfs_says_of_its_root() {
    let host = Host::live(SystemClock::shared());
    let gauges = gauges(&host);
    let Some(size) = gauges
        .iter()
        .find(|gauge| gauge.family == "filesystem.size_bytes" && gauge.is_of("/"))
    else {
        // The root of a container is an overlay.
        return;
    };
    let told = nix::sys::statvfs::statvfs("/").unwrap();
    assert_eq!(size.value, (told.blocks() * told.fragment_size()) as f64);
}
