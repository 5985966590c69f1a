//! The agent itself: what it takes from its host.
//!
//! Times and context switches are asked with getrusage(2), for all threads of the process, also
//! those that have ended; `/proc/self/status` counts those of its first thread alone.

use nix::{
    sys::resource::{UsageWho, getrusage},
    unistd::{SysconfVar, sysconf},
};

use super::{
    Sampler, Traffic,
    record::Recorder,
    source::{Input, Source, number},
};
use crate::host::HostError;

pub(super) struct Own {
    statm: Source,
    /// Bytes of a page.
    page: f64,
    traffic: Traffic,
}

impl Own {
    pub(super) fn new(traffic: Traffic) -> Self {
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Self {
            statm: Source::new("/proc/self/statm"),
            page: page.map_or(4096.0, |page| page as f64),
            traffic,
        }
    }
}

impl Sampler for Own {
    fn name(&self) -> &'static str {
        "the agent"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let (sent, received) = (self.traffic)();
        record.count("agent.sent_bytes", None, sent, 1.0);
        record.count("agent.received_bytes", None, received, 1.0);
        if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
            let (user, system) = (usage.user_time(), usage.system_time());
            let micros = |seconds: i64, micros: i64| seconds * 1_000_000 + micros;
            let micros =
                micros(user.tv_sec(), user.tv_usec()) + micros(system.tv_sec(), system.tv_usec());
            record.count("agent.cpu_seconds", None, micros.unsigned_abs(), 1e-6);
            let wakeups = usage.voluntary_context_switches().unsigned_abs();
            record.count("agent.wakeups", None, wakeups, 1.0);
        }
        let text = self.statm.read(input)?;
        if let Some(pages) = number(&text, 1) {
            record.gauge("agent.resident_bytes", None, pages as f64 * self.page);
        }
        Ok(())
    }
}
