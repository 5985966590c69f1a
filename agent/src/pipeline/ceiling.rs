//! The agent's own ceiling on processor time and memory. Above it, timers grow, so that
//! kinds are read less often; what happened to a kind is read as soon as ever. Service
//! managers that set limits of their own end a program that passes them, and nothing is seen then.

use std::time::Duration;

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike as _,
};
use procfs::process::Process;
use tokio::time::Instant;
use tracing::{info, warn};

/// How often the agent looks at itself.
pub(super) const LOOK: Duration = Duration::from_secs(10);

/// Timers are at most this many times as long as usual.
const SLOWEST: u32 = 16;

/// What the agent may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Of one core, percent.
    pub(super) cpu_percent: u32,
    /// Resident, bytes.
    pub(super) memory: u64,
}

/// What it uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    /// Since it started, all its threads.
    pub(super) cpu: Duration,
    /// Resident, bytes.
    pub(super) memory: u64,
}

/// How far the agent holds back.
#[derive(Debug)]
pub(super) struct Ceiling {
    limits: Limits,
    last: (Instant, Duration),
    slow: u32,
}

impl Usage {
    /// Of this process. What cannot be read counts as nothing.
    pub(super) fn now() -> Self {
        let cpu = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| {
            usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
        });
        let resident = || Some(Process::myself().ok()?.statm().ok()?.resident);
        Self {
            cpu: Duration::from_micros(u64::try_from(cpu).unwrap_or(0)),
            memory: resident().unwrap_or(0) * procfs::page_size(),
        }
    }
}

impl Ceiling {
    pub(super) fn new(limits: Limits, now: Instant, usage: Usage) -> Self {
        Self {
            limits,
            last: (now, usage.cpu),
            slow: 1,
        }
    }

    /// How many times as long as usual timers are to last.
    pub(super) fn slow(&self) -> u32 {
        self.slow
    }

    /// Judges what comes after `now`, and not what was used before: the first look at everything
    /// is dear and done once.
    pub(super) fn pass_over(&mut self, now: Instant, usage: Usage) {
        self.last = (now, usage.cpu);
    }

    /// Takes note of what was used by `now`.
    pub(super) fn note(&mut self, now: Instant, usage: Usage) {
        let (then, before) = self.last;
        self.last = (now, usage.cpu);
        let allowed = (now - then) * self.limits.cpu_percent / 100;
        let spent = usage.cpu.saturating_sub(before);
        let above = spent > allowed || usage.memory > self.limits.memory;
        let well_below = spent < allowed / 2 && usage.memory < self.limits.memory;
        let slow = if above {
            (self.slow * 2).min(SLOWEST)
        } else if well_below {
            (self.slow / 2).max(1)
        } else {
            self.slow
        };
        if slow > 1 && self.slow == 1 {
            warn!(
                cpu_ms = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX),
                memory = usage.memory,
                "above its ceiling, the agent looks at the host less often"
            );
        }
        if slow == 1 && self.slow > 1 {
            info!("below its ceiling again");
        }
        self.slow = slow;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        cpu_percent: 5,
        memory: 1 << 20,
    };

    /// How slow the agent is after each of these: CPU milliseconds within ten seconds, and KiB.
    fn slowness(uses: &[(u64, u64)]) -> Vec<u32> {
        let mut now = Instant::now();
        let mut usage = Usage {
            cpu: Duration::ZERO,
            memory: 0,
        };
        let mut ceiling = Ceiling::new(LIMITS, now, usage);
        let after = |&(cpu, kib): &(u64, u64)| {
            now += LOOK;
            usage.cpu += Duration::from_millis(cpu);
            usage.memory = kib << 10;
            ceiling.note(now, usage);
            ceiling.slow()
        };
        uses.iter().map(after).collect()
    }

    #[test]
    fn the_more_it_uses_the_longer_it_waits_and_it_recovers() {
        let (much, some, little) = ((501, 1), (400, 1), (100, 1));
        assert_eq!(slowness(&[much, much, some, little]), [2, 4, 4, 2]);
        assert_eq!(slowness(&[much; 6]), [2, 4, 8, 16, 16, 16]);
        assert_eq!(slowness(&[much, little, little]), [2, 1, 1]);
    }

    #[test]
    fn memory_counts_as_processor_time_does() {
        let (much, little) = ((1, 1025), (1, 1000));
        assert_eq!(slowness(&[much, much, little, little]), [2, 4, 2, 1]);
    }

    #[test]
    fn its_own_use_is_read() {
        let before = Usage::now();
        assert!(before.memory > 1 << 20);
        let mut n = 0_u64;
        while Usage::now().cpu <= before.cpu {
            n = std::hint::black_box(n + 1);
        }
    }
}
