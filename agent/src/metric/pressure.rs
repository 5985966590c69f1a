//! Pressure stall information, `/proc/pressure` (Linux 4.20; off by default on some
//! distributions): the part of the time in which something, or everything, waited.
//!
//! From the totals in microseconds, not from the kernel's own averages: those lag by their ten
//! seconds.

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source},
};
use crate::host::HostError;

#[derive(Debug)]
pub(super) struct Pressure {
    /// With the families of the lines `some` and `full`. Of the whole host's processors `full` says
    /// nothing.
    resources: [(Source, &'static str, Option<&'static str>); 3],
}

impl Default for Pressure {
    fn default() -> Self {
        let of = |path, some, full| (Source::new(path), some, full);
        Self {
            resources: [
                of("/proc/pressure/cpu", "pressure.cpu_some", None),
                of(
                    "/proc/pressure/memory",
                    "pressure.memory_some",
                    Some("pressure.memory_full"),
                ),
                of(
                    "/proc/pressure/io",
                    "pressure.io_some",
                    Some("pressure.io_full"),
                ),
            ],
        }
    }
}

impl Sampler for Pressure {
    fn name(&self) -> &'static str {
        "pressure"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        for (source, some, full) in &mut self.resources {
            let text = source.read(input)?;
            for line in text.lines() {
                let family = match line.split(' ').next() {
                    Some("some") => Some(*some),
                    Some("full") => *full,
                    _ => None,
                };
                let total = line
                    .split_once("total=")
                    .map(|(_, total)| total.trim().parse());
                if let (Some(family), Some(Ok(micros))) = (family, total) {
                    record.count(family, None, micros, 1e-6);
                }
            }
        }
        Ok(())
    }
}
