//! Memory and swap, from `/proc/meminfo` (proc_meminfo(5)).

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source, number},
};
use crate::host::HostError;

/// What is taken, in the kernel's order: KiB there, bytes here.
const FIELDS: [(&str, &str); 11] = [
    ("MemTotal:", "memory.total_bytes"),
    ("MemFree:", "memory.free_bytes"),
    ("MemAvailable:", "memory.available_bytes"),
    ("Buffers:", "memory.buffers_bytes"),
    ("Cached:", "memory.cached_bytes"),
    ("SwapTotal:", "swap.total_bytes"),
    ("SwapFree:", "swap.free_bytes"),
    ("Dirty:", "memory.dirty_bytes"),
    ("Shmem:", "memory.shared_bytes"),
    ("SReclaimable:", "memory.reclaimable_bytes"),
    ("Committed_AS:", "memory.committed_bytes"),
];

#[derive(Debug)]
pub(super) struct Memory(Source);

impl Default for Memory {
    fn default() -> Self {
        Self(Source::new("/proc/meminfo"))
    }
}

impl Sampler for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.0.read(input)?;
        for line in text.lines() {
            let field = line.split(' ').next().unwrap_or_default();
            let known = FIELDS.iter().find(|(name, _)| *name == field);
            if let (Some((_, family)), Some(kib)) = (known, number(line, 1)) {
                record.gauge(family, None, kib as f64 * 1024.0);
            }
        }
        Ok(())
    }
}
