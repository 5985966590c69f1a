//! How much is sent a second, over all hosts: each message waits for its turn behind those before it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How far ahead messages may go that come after a pause.
const BURST: Duration = Duration::from_millis(250);

/// A limit on bytes a second.
#[derive(Debug)]
pub(super) struct Rate {
    bytes_per_s: u64,
    /// When everything is sent that has its turn.
    free: Mutex<Option<Instant>>,
}

impl Rate {
    /// `bytes_per_s`: above 0.
    pub(super) fn new(bytes_per_s: u64) -> Self {
        Self {
            bytes_per_s,
            free: Mutex::new(None),
        }
    }

    /// Takes the next turn for so many bytes, and returns how long to wait for it.
    pub(super) fn take(&self, bytes: u64) -> Duration {
        self.take_at(bytes, Instant::now())
    }

    fn take_at(&self, bytes: u64, now: Instant) -> Duration {
        let needs = Duration::from_secs_f64(bytes as f64 / self.bytes_per_s as f64);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = free.map_or(now, |free| free.max(now));
        *free = Some(begins + needs);
        (begins - now).saturating_sub(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_wait_until_those_before_them_are_sent() {
        let (rate, now) = (Rate::new(1000), Instant::now());
        assert_eq!(rate.take_at(2000, now), Duration::ZERO);
        assert_eq!(rate.take_at(1000, now), Duration::from_secs(2) - BURST);
        let later = now + Duration::from_secs(2);
        assert_eq!(rate.take_at(500, later), Duration::from_secs(1) - BURST);
        let idle = now + Duration::from_secs(60);
        assert_eq!(
            rate.take_at(1, idle),
            Duration::ZERO,
            "a pause saves nothing up"
        );
        assert_eq!(rate.take_at(1, idle), Duration::ZERO);
    }
}
