//! How the C library gives memory out and takes it back, and what the agent gives back by itself.
//!
//! Another C library than glibc has nothing to set; it is left alone.

use std::time::Duration;

#[cfg(target_env = "gnu")]
use nix::libc;
use tokio::time::Instant;

/// Up to this a block may stay with the process when it is free, bytes: glibc's first setting.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 128 * 1024;

/// Below this there is nothing worth giving back, bytes resident.
const WORTH_IT: u64 = 10 << 20;

/// To look for it costs some milliseconds: not more often than this.
const PAUSE: Duration = Duration::from_secs(300);

/// Gives memory out from one place, and gives back to the system what is free. By itself glibc has
/// a place for each thread, and keeps in each what the largest reading there took: on a crowded
/// host that is more than the agent's ceiling. Called before there is another thread.
#[cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "a function of the C library")
)]
pub fn settle() {
    #[cfg(target_env = "gnu")]
    for (setting, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_MMAP_THRESHOLD, KEPT),
        (libc::M_TRIM_THRESHOLD, KEPT),
    ] {
        // SAFETY: mallopt(3) takes two numbers and keeps them; one that it does not know it refuses.
        unsafe { libc::mallopt(setting, value) };
    }
}

/// Gives back what a decision of every rule or a reading of every kind has needed, and a host at rest
/// does not: free memory between blocks that are in use.
#[derive(Debug)]
pub struct Thrift {
    not_before: Instant,
}

impl Thrift {
    /// The first readings have been done before it is worth anything.
    pub fn new(now: Instant) -> Self {
        Self {
            not_before: now + PAUSE / 5,
        }
    }

    /// Gives back, if it is time and the agent has so much, bytes, that it is worth it.
    pub fn note(&mut self, now: Instant, resident: u64) {
        if now >= self.not_before && resident > WORTH_IT {
            give_back();
            self.not_before = now + PAUSE;
        }
    }
}

#[cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "a function of the C library")
)]
fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) gives whole pages back that no block lies on.
    unsafe {
        libc::malloc_trim(0)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resident() -> u64 {
        let statm = procfs::process::Process::myself().unwrap().statm().unwrap();
        statm.resident * procfs::page_size()
    }

    /// Blocks of which each hundredth stays: what is free lies between them.
    fn scattered() -> Vec<Vec<u8>> {
        let mut blocks: Vec<Vec<u8>> = (0..100_000_u32).map(|n| vec![n as u8; 1000]).collect();
        let mut number = 0;
        blocks.retain(|_| {
            number += 1;
            number % 100 == 0
        });
        blocks
    }

    #[test]
    fn what_is_free_is_given_back_and_what_is_in_use_stays() {
        let now = Instant::now();
        let mut thrift = Thrift::new(now);
        let kept = scattered();
        let before = resident();
        thrift.note(now, before);
        assert!(resident() > before / 2, "it is not time");
        thrift.note(now + PAUSE, before);
        assert!(resident() < before / 2, "{} of {before}", resident());
        let right = kept.iter().enumerate();
        let right = right.filter(|(n, block)| block[999] == ((n + 1) * 100 - 1) as u8);
        assert_eq!(right.count(), 1000);
        // Sooner than it may, or with too little, it does nothing.
        let kept = scattered();
        let before = resident();
        thrift.note(now + PAUSE * 3 / 2, before);
        thrift.note(now + PAUSE * 3, WORTH_IT);
        assert!(resident() > before / 2, "{} of {before}", resident());
        drop(kept);
    }
}
