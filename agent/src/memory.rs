//! How the C library gives memory out and takes it back, and what the agent gives back by itself.
//!
//! Another C library than glibc has nothing to set; it is left alone.

use std::{env, fs};

use nix::libc;

/// Up to this a block may stay with the process when it is free, bytes: glibc's first setting.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 128 * 1024;

/// So much more than was left, bytes resident, is given back at once.
const WORTH_IT: u64 = 256 << 10;

/// After so many looks it is given back whatever it seems to be: what was in use the last time may be free
/// by now, and nothing shows that. It costs a millisecond.
const LOOKS: u32 = 6;

/// Gives memory out from one place, and gives back to the system what is free. By itself glibc has
/// a place for each thread, and keeps in each what the largest reading there took: on a crowded
/// host that is more than the agent's ceiling. Called before there is another thread.
pub fn settle() {
    set_allocator();
    give_back_what_loading_took();
}

#[cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "a function of the C library")
)]
fn set_allocator() {
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

/// Gives back what the dynamic loader has read of the program's file to set it up: some 400 KiB that nobody
/// reads again. What else lies there, such as texts and tables, comes back when it is asked for: some 300 KiB
/// of those are asked for at the start and when every rule is decided, and not by a host at rest.
#[expect(unsafe_code, reason = "a call of the kernel")]
fn give_back_what_loading_took() {
    let (Ok(program), Ok(maps)) = (env::current_exe(), fs::read_to_string("/proc/self/maps"))
    else {
        return;
    };
    // `55d0c0a00000-55d0c0b3b000 r--p 00000000 fd:00 123 /usr/bin/openwatch-agent` (proc_pid_maps(5))
    let program = program.to_string_lossy();
    let first = maps.lines().find(|line| line.ends_with(&*program));
    let range = first.and_then(|line| line.split_once(" r--p ")?.0.split_once('-'));
    let address = |text: &str| usize::from_str_radix(text, 16).ok();
    let range = range.and_then(|(from, to)| Some((address(from)?, address(to)?)));
    if let Some((from, to)) = range {
        let place = std::ptr::without_provenance_mut(from);
        // SAFETY: madvise(2) of pages that are the file's and cannot be written: they stay what they are.
        unsafe { libc::madvise(place, to - from, libc::MADV_DONTNEED) };
    }
}

/// Gives back what a decision of rules or a reading of every kind has needed, and a host at rest does not:
/// free memory between blocks that are in use.
#[derive(Debug, Default)]
pub struct Thrift {
    /// What was left after it last gave back, bytes.
    left: u64,
    /// How often it was looked at since.
    looks: u32,
}

impl Thrift {
    /// Takes how much is resident, bytes, and gives back if that is worth it; `left` then says what is
    /// resident still.
    pub fn note(&mut self, resident: u64, left: impl FnOnce() -> u64) {
        self.looks += 1;
        if resident > self.left + WORTH_IT || self.looks == LOOKS {
            give_back();
            give_back_what_loading_took();
            self.left = left();
            self.looks = 0;
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
        // A little more than was left can wait, but not for ever.
        let kept = scattered();
        let before = resident();
        for _ in 1..LOOKS {
            thrift.note(thrift.left + WORTH_IT, || panic!("nothing was given back"));
        }
        assert!(resident() > before / 2, "{} of {before}", resident());
        thrift.note(thrift.left + WORTH_IT, resident);
        assert!(resident() < before, "{} of {before}", resident());
        drop(kept);
    }
}
