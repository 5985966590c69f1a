//! Metrics: how busy the host is, sampled every few seconds, told as minutes.
//!
//! What can be read at once is read in the task itself: files of `/proc` and `/sys` that the kernel
//! makes up from memory, opened once and read again into one buffer, some 200 us for all. A thread
//! for that would cost as much again. What can make the reader wait (filesystems, sensors) is read
//! once a minute on a thread of its own. A reading that fails is missing, and nothing else is.

/// Reading and reading again.
mod source;

/// From samples to minutes.
mod record;

/// Minutes that wait for the collector.
mod lane;

/// When they go.
mod schedule;

/// Processors, load and processes.
mod cpu;

/// Memory and swap.
mod memory;

/// What waits for processors, memory and disks.
mod pressure;

/// Disks.
mod disk;

/// Interfaces.
mod network;

/// TCP.
mod tcp;

/// Open files of the whole host.
mod file;

/// The agent itself.
mod own;

/// What is read once a minute.
mod slow;

use std::{sync::Arc, time::Duration};

use shared::metric::{MINUTE_S, Minute};
use tracing::debug;

pub use self::{
    lane::{Lane, Released},
    schedule::Schedule,
    slow::{Gauge, gauges},
};
use self::{record::Recorder, source::Input};
use crate::host::{Host, HostError};

/// Everything that is opened or asked to measure a host, for the administrator who wants to know
/// (`openwatch-agent facts --sources`).
pub const SOURCES: [&str; 24] = [
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/meminfo",
    "/proc/pressure/cpu",
    "/proc/pressure/memory",
    "/proc/pressure/io",
    "/proc/diskstats",
    "/sys/block/*",
    "/proc/self/net/dev",
    "/proc/self/net/snmp",
    "/proc/sys/fs/file-nr",
    "/proc/self/statm",
    "getrusage(2)",
    "/proc/1/mountinfo",
    "/proc/self/mountinfo",
    "statvfs(2) of local filesystems",
    "/sys/class/hwmon/hwmon*/name",
    "/sys/class/hwmon/hwmon*/temp*_input",
    "/sys/class/hwmon/hwmon*/temp*_label",
    "/sys/class/thermal",
    "/sys/class/thermal/thermal_zone*/type",
    "/sys/class/thermal/thermal_zone*/temp",
    "the agent's own QUIC connection",
];

/// Whether and how often minutes leave the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Whether anything is measured. What waits already is sent in any case.
    pub enabled: bool,
    /// How often minutes are sent. At least a minute.
    pub send_every: Duration,
}

/// Bytes sent and received by the agent since it started.
pub type Traffic = Arc<dyn Fn() -> (u64, u64) + Send + Sync>;

/// What reads one sort of thing.
trait Sampler: Send {
    /// What it reads, for the log.
    fn name(&self) -> &'static str;

    /// Reads it, and notes what it says.
    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError>;
}

/// Measures a host.
#[expect(
    missing_debug_implementations,
    reason = "samplers have nothing to show"
)]
pub struct Meter {
    host: Host,
    samplers: Vec<Box<dyn Sampler>>,
    record: Recorder,
    /// What is read into, again and again.
    buffer: Vec<u8>,
    /// The minute that is being measured, since the Unix epoch.
    minute: Option<i64>,
}

impl Meter {
    /// What measures `host`; `traffic` is the agent's own.
    pub fn new(host: Host, traffic: Traffic) -> Self {
        Self {
            host,
            samplers: vec![
                Box::new(cpu::Processors::default()),
                Box::new(cpu::Load::default()),
                Box::new(memory::Memory::default()),
                Box::new(pressure::Pressure::default()),
                Box::new(disk::Disks::default()),
                Box::new(network::Interfaces::default()),
                Box::new(tcp::Tcp::default()),
                Box::new(file::Files::default()),
                Box::new(own::Own::new(traffic)),
            ],
            record: Recorder::default(),
            buffer: Vec::new(),
            minute: None,
        }
    }

    /// Takes a sample, `elapsed` after some fixed instant by a clock that nobody sets. When another
    /// minute than that of the sample before has begun, by the host's clock, that one is returned.
    pub fn sample(&mut self, elapsed: Duration) -> Option<Minute<Arc<str>>> {
        let minute = self.host.clock().now().timestamp().div_euclid(MINUTE_S);
        let before = self
            .minute
            .replace(minute)
            .filter(|before| *before != minute);
        let whole = before.and_then(|before| self.record.minute(before, elapsed));
        self.record.begin(elapsed);
        let mut input = Input {
            host: &self.host,
            buffer: &mut self.buffer,
        };
        for sampler in &mut self.samplers {
            if let Err(error) = sampler.sample(&mut input, &mut self.record) {
                let (error, what) = (&error as &dyn std::error::Error, sampler.name());
                debug!(error, what, "not measured");
            }
        }
        whole
    }

    /// Notes what was read on a thread of its own.
    pub fn note(&mut self, gauges: Vec<Gauge>) {
        for gauge in gauges {
            let label = gauge.label.as_ref().map(|(key, value)| (*key, &**value));
            self.record.gauge(gauge.family, label, gauge.value);
        }
    }

    /// Forgets what was sampled: nobody has looked for a while.
    pub fn pause(&mut self) {
        self.record = Recorder::default();
        self.minute = None;
    }
}

#[cfg(test)]
mod tests;
