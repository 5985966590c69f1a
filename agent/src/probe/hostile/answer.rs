//! Bad answers of the kernel, of systemd and of programs, for the kinds that read no file of a
//! tree: what this machine answered once, spoilt, goes through what decodes it.

use nix::sys::resource::{UsageWho, getrusage};
use shared::{fact::Fact, wire::Stale};

use super::input::{Chance, spoilt};
use crate::probe::live;

pub(in crate::probe) const INPUTS: usize = 1000;

/// What a probe may take more than before it met a bad input, KiB. The ceiling of the agent is 64
/// MiB; in a debug build, with a thousand inputs behind it, the allocator keeps some.
const MOST_KIB: i64 = 64 << 10;

/// The inputs in this folder of the corpus, and a thousand bad ones made of them: none panics or
/// takes much memory, and what yields no rows says why. How many did not, and how many rows there
/// were.
pub(in crate::probe) fn answers(
    corpus: &str,
    read: impl Fn(&[u8]) -> Result<Vec<Fact>, Stale>,
) -> (usize, usize) {
    let good = live::inputs(corpus);
    let mut chance = Chance(13);
    let (mut refused, mut rows) = (0, 0);
    let spoilt = (0..INPUTS.max(good.len() * 200)).map(|n| {
        let good = &good[n % good.len()];
        spoilt(good, &mut chance)
    });
    within_memory(corpus, || {
        for input in good.iter().cloned().chain(spoilt) {
            match read(&input) {
                Ok(facts) => rows += facts.len(),
                Err(stale) => {
                    assert!(stale.detail.len() > 5, "{stale:?}");
                    refused += 1;
                }
            }
        }
    });
    (refused, rows)
}

/// Fails when the process needed much more memory for this than ever before.
pub(in crate::probe) fn within_memory(what: &str, run: impl FnOnce()) {
    let before = peak_kib();
    run();
    let grown = peak_kib() - before;
    assert!(grown < MOST_KIB, "{what} grew by {grown} KiB");
}

fn peak_kib() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss()
}
