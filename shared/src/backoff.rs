//! How long to wait before the next attempt: exponential with full jitter, as a value.
//!
//! Full jitter (a uniform draw from nothing up to the ceiling) spreads a fleet that lost its
//! collector at one instant over the whole interval when it comes back.

use std::time::Duration;

/// Grows from `first` to `most`, doubling with each failure.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits of at most `first` after the first failure, and never more than `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: 0,
        }
    }

    /// The same where `failures` waits have been had already, for those who remember no more than that.
    pub const fn after(first: Duration, most: Duration, failures: u32) -> Self {
        Self {
            first,
            most,
            failures,
        }
    }

    /// The next wait: `draw`, uniform in `0..=u64::MAX`, chooses from nothing up to the ceiling.
    pub fn next(&mut self, draw: u64) -> Duration {
        let ceiling = self
            .first
            .saturating_mul(1 << self.failures.min(20))
            .min(self.most);
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(draw as f64 / u64::MAX as f64)
    }

    /// An attempt succeeded: the next failure starts from the beginning.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceilings(backoff: &mut Backoff, n: usize) -> Vec<u64> {
        (0..n).map(|_| backoff.next(u64::MAX).as_secs()).collect()
    }

    #[test]
    fn doubles_up_to_the_most_and_starts_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        assert_eq!(
            ceilings(&mut backoff, 10),
            [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
        );
        backoff.reset();
        assert_eq!(ceilings(&mut backoff, 2), [1, 2]);
    }

    #[test]
    fn the_draw_spreads_the_wait_over_the_whole_interval() {
        let mut backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(8));
        assert_eq!(backoff.next(0), Duration::ZERO);
        assert_eq!(backoff.next(u64::MAX / 2).as_secs(), 4);
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        assert!((0..1000).all(|_| backoff.next(u64::MAX) <= Duration::from_secs(300)));
    }
}
