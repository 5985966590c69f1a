//! Temperatures of processors and boards, from `/sys/class/hwmon` and, where that has none, from
//! `/sys/class/thermal` (the kernel's Documentation/hwmon/sysfs-interface.rst).
//!
//! Not of disks: to ask an NVMe or SATA disk is a command to it, which can keep it from sleeping.

use super::Gauge;
use crate::host::Host;

/// Most sensors of a host that are measured.
const MAX: usize = 16;
/// Most chips and zones that are looked at.
const MAX_CHIPS: usize = 64;
/// Drivers whose sensors are of processors and boards.
const CHIPS: [&str; 9] = [
    "acpitz",
    "applesmc",
    "coretemp",
    "cpu_thermal",
    "dell_smm",
    "k10temp",
    "scpi_sensors",
    "thinkpad",
    "zenpower",
];
/// What one of these files can hold.
const MAX_FILE: u64 = 4096;

pub(super) fn gauges(host: &Host) -> Vec<Gauge> {
    let mut found = chips(host);
    if found.is_empty() {
        found = zones(host);
    }
    found.truncate(MAX);
    found
}

fn chips(host: &Host) -> Vec<Gauge> {
    let mut found = Vec::new();
    for chip in names(host, "/sys/class/hwmon").into_iter().take(MAX_CHIPS) {
        let folder = format!("/sys/class/hwmon/{chip}");
        let Some(driver) = text(host, &format!("{folder}/name")) else {
            continue;
        };
        if !CHIPS.contains(&driver.as_str()) {
            continue;
        }
        let files = names(host, &folder);
        let inputs = files.iter().filter_map(|file| file.strip_suffix("_input"));
        for input in inputs.filter(|input| input.starts_with("temp")).take(MAX) {
            let label = text(host, &format!("{folder}/{input}_label"));
            let mut sensor = format!("{driver}/{}", label.as_deref().unwrap_or(input));
            // The second processor of a board calls its cores what the first one does.
            if found.iter().any(|other: &Gauge| other.is_of(&sensor)) {
                sensor = format!("{sensor}/{chip}");
            }
            found.extend(gauge(host, &format!("{folder}/{input}_input"), sensor));
        }
    }
    found
}

fn zones(host: &Host) -> Vec<Gauge> {
    let zones = names(host, "/sys/class/thermal");
    let zones = zones.iter().filter(|name| name.starts_with("thermal_zone"));
    let gauges = zones.take(MAX_CHIPS).filter_map(|zone| {
        let folder = format!("/sys/class/thermal/{zone}");
        let kind = text(host, &format!("{folder}/type"))?;
        gauge(host, &format!("{folder}/temp"), format!("{kind}/{zone}"))
    });
    gauges.collect()
}

/// Thousandths of a degree. What cannot be the temperature of anything that works is an error of
/// the sensor, such as 127 below zero.
fn gauge(host: &Host, path: &str, sensor: String) -> Option<Gauge> {
    let celsius = text(host, path)?.parse::<i64>().ok()? as f64 / 1000.0;
    let plausible = celsius > -60.0 && celsius < 200.0 && celsius != 0.0;
    plausible.then_some(Gauge {
        family: "temperature.celsius",
        label: Some(("sensor", sensor)),
        value: celsius,
    })
}

fn names(host: &Host, folder: &str) -> Vec<String> {
    let names = host.list(folder).unwrap_or_default().into_iter();
    names.filter_map(|name| name.into_string().ok()).collect()
}

fn text(host: &Host, path: &str) -> Option<String> {
    let text = host.read_text(path, MAX_FILE).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
