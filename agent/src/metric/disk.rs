//! Disks, from `/proc/diskstats` (the kernel's Documentation/admin-guide/iostats.rst).
//!
//! Whole disks only: partitions are parts of them, and what lies upon them (LVM, RAID, dm-crypt)
//! counts again what they count.

use std::collections::HashMap;

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source, number},
};
use crate::host::{Host, HostError};

/// Most disks of a host that are measured: the first ones of the kernel's list.
const MAX: usize = 32;
/// Most names of which it is remembered whether they are disks.
const REMEMBERED: usize = 4096;
/// What has no disk of its own behind it, or is not one that anybody waits for.
const NOT_DISKS: [&str; 8] = ["loop", "ram", "zram", "fd", "sr", "dm-", "md", "nbd"];
/// A sector here is this many bytes, whatever it is on the disk.
const SECTOR: f64 = 512.0;

#[derive(Debug)]
pub(super) struct Disks {
    stats: Source,
    /// Whether each device is a whole disk.
    known: HashMap<String, bool>,
}

impl Default for Disks {
    fn default() -> Self {
        Self {
            stats: Source::new("/proc/diskstats"),
            known: HashMap::new(),
        }
    }
}

impl Sampler for Disks {
    fn name(&self) -> &'static str {
        "disks"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let host = input.host;
        let text = self.stats.read(input)?;
        let known = &mut self.known;
        let named = text.lines().filter_map(|line| {
            let device = line.split_ascii_whitespace().nth(2)?;
            Some((device, line))
        });
        let disks = named.filter(|(device, _)| is_disk(known, host, device));
        for (device, line) in disks.take(MAX) {
            let label = Some(("device", device));
            for (family, field, unit) in [
                ("disk.reads", 3, 1.0),
                ("disk.read_bytes", 5, SECTOR),
                ("disk.writes", 7, 1.0),
                ("disk.write_bytes", 9, SECTOR),
                // Milliseconds in which something was under way.
                ("disk.busy", 12, 1e-3),
            ] {
                if let Some(count) = number(line, field) {
                    record.count(family, label, count, unit);
                }
            }
        }
        Ok(())
    }
}

fn is_disk(known: &mut HashMap<String, bool>, host: &Host, device: &str) -> bool {
    if NOT_DISKS.iter().any(|prefix| device.starts_with(prefix)) {
        return false;
    }
    if let Some(known) = known.get(device) {
        return *known;
    }
    // `cciss/c0d0` is `cciss!c0d0` there. Partitions lie one folder deeper.
    let folder = format!("/sys/block/{}", device.replace('/', "!"));
    let is_disk = host.resolve(folder).is_ok();
    if known.len() < REMEMBERED {
        known.insert(device.to_owned(), is_disk);
    }
    is_disk
}
