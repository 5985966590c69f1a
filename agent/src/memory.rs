//! How the C library gives memory out and takes it back, and what the agent gives back by itself.
//!
//! Another C library than glibc has nothing to set; it is left alone.

#[cfg(target_env = "gnu")]
use nix::libc;

/// Up to this a block may stay with the process when it is free, bytes: glibc's first setting.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 128 * 1024;

/// So much more than was left, bytes resident, is worth giving back: to look for it costs a millisecond.
const WORTH_IT: u64 = 256 << 10;

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

/// Gives back what a decision of rules or a reading of every kind has needed, and a host at rest does not:
/// free memory between blocks that are in use.
#[derive(Debug, Default)]
pub struct Thrift {
    /// What was left after it last gave back, bytes.
    left: u64,
}

impl Thrift {
    /// Takes how much is resident, bytes, and gives back if that is worth it; `left` then says what is
    /// resident still.
    pub fn note(&mut self, resident: u64, left: impl FnOnce() -> u64) {
        if resident > self.left + WORTH_IT {
            give_back();
            self.left = left();
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
        let mut thrift = Thrift::default();
        let kept = scattered();
        let before = resident();
        thrift.note(before, resident);
        assert!(resident() < before / 2, "{} of {before}", resident());
        assert!(thrift.left <= before / 2, "{} of {before}", thrift.left);
        let right = kept.iter().enumerate();
        let right = right.filter(|(n, block)| block[999] == ((n + 1) * 100 - 1) as u8);
        assert_eq!(right.count(), 1000);
        // A little more than was left is not worth the search.
        let kept = scattered();
        let before = resident();
        thrift.note(thrift.left + WORTH_IT, || panic!("nothing was given back"));
        assert!(resident() > before / 2, "{} of {before}", resident());
        drop(kept);
    }
}
