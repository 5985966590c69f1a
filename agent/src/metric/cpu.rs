//! Processors (`/proc/stat`), load and processes (`/proc/loadavg`, `/proc/uptime`); see proc(5).

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source, number},
};
use crate::host::HostError;

/// The first fields of the line `cpu`. Time of guests is in `user` and `nice` already.
const STATES: [&str; 8] = [
    "cpu.user",
    "cpu.nice",
    "cpu.system",
    "cpu.idle",
    "cpu.iowait",
    "cpu.irq",
    "cpu.softirq",
    "cpu.steal",
];

/// What processors spent their time on, as parts of all of it.
#[derive(Debug)]
pub(super) struct Processors {
    stat: Source,
    /// Ticks of each state at the sample before.
    before: Option<[u64; STATES.len()]>,
}

impl Default for Processors {
    fn default() -> Self {
        Self {
            stat: Source::new("/proc/stat"),
            before: None,
        }
    }
}

impl Sampler for Processors {
    fn name(&self) -> &'static str {
        "processors"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.stat.read(input)?;
        let mut lines = text.lines();
        let now = lines.next().and_then(ticks);
        let before = std::mem::replace(&mut self.before, now);
        if let (Some(before), Some(now)) = (before, now) {
            parts(&before, &now, record);
        }
        for line in lines {
            let family = match line.split_once(' ') {
                Some(("procs_running", _)) => "process.running",
                Some(("procs_blocked", _)) => "process.blocked",
                _ => continue,
            };
            if let Some(count) = number(line, 1) {
                record.gauge(family, None, count as f64);
            }
        }
        Ok(())
    }
}

fn ticks(line: &str) -> Option<[u64; STATES.len()]> {
    let mut words = line.split_ascii_whitespace();
    if words.next()? != "cpu" {
        return None;
    }
    let mut ticks = [0; STATES.len()];
    for tick in &mut ticks {
        // Kernels of long ago have fewer states.
        *tick = words.next().map_or(Ok(0), str::parse).ok()?;
    }
    Some(ticks)
}

/// Parts of the time between two samples. A processor that was taken out takes its ticks along, so
/// that all of them together go back; single ones (`iowait`) do so by a little, and count nothing.
fn parts(before: &[u64; STATES.len()], now: &[u64; STATES.len()], record: &mut Recorder) {
    let sum = |ticks: &[u64; STATES.len()]| ticks.iter().map(|t| u128::from(*t)).sum::<u128>();
    if sum(now) <= sum(before) {
        return;
    }
    let spent = |n: usize| now[n].saturating_sub(before[n]) as f64;
    let all: f64 = (0..STATES.len()).map(spent).sum();
    for (n, family) in STATES.into_iter().enumerate() {
        record.gauge(family, None, spent(n) / all);
    }
}

/// Load averages, threads, uptime.
#[derive(Debug)]
pub(super) struct Load {
    load: Source,
    uptime: Source,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            load: Source::new("/proc/loadavg"),
            uptime: Source::new("/proc/uptime"),
        }
    }
}

impl Sampler for Load {
    fn name(&self) -> &'static str {
        "load"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.load.read(input)?;
        let mut words = text.split_ascii_whitespace();
        for family in ["load.avg1", "load.avg5", "load.avg15"] {
            if let Some(load) = words.next().and_then(|word| word.parse().ok()) {
                record.gauge(family, None, load);
            }
        }
        // `2/345`: threads that can run, and all of them.
        let threads = words.next().and_then(|word| word.split_once('/'));
        if let Some(threads) = threads.and_then(|(_, all)| all.parse().ok()) {
            record.gauge("process.threads", None, threads);
        }
        let text = self.uptime.read(input)?;
        let seconds = text.split('.').next().and_then(|s| s.parse::<u64>().ok());
        if let Some(seconds) = seconds {
            record.gauge("host.uptime_seconds", None, seconds as f64);
        }
        Ok(())
    }
}
