//! When minutes are sent: at the same offset from the wall clock's minutes for as long as the agent
//! runs, and another one on each host. Minutes end everywhere at once, and a fleet that told of them
//! at once would be a peak in each minute.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// When what waits is sent. Pure.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    offset_ms: i64,
    sent: Option<i64>,
}

/// Over how much of a minute hosts are spread: with a sample each ten seconds, what a minute was is
/// known at most this long and ten seconds after its end.
const SPREAD_MS: u64 = 20_000;

impl Schedule {
    /// `drawn`: any number, another one on each host.
    pub fn new(drawn: u64) -> Self {
        Self {
            offset_ms: i64::try_from(drawn % SPREAD_MS).unwrap_or(0),
            sent: None,
        }
    }

    /// Whether what waits is sent now: once in each stretch of `every`. Also after the clock was set.
    pub fn is_due(&mut self, now: DateTime<Utc>, every: Duration) -> bool {
        let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
        let stretch = (now.timestamp_millis() - self.offset_ms).div_euclid(every);
        self.sent.replace(stretch) != Some(stretch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_in_each_stretch_behind_the_host_s_own_offset() {
        let mut schedule = Schedule::new(SPREAD_MS * 3 + 5_000);
        let due = |schedule: &mut Schedule, second: i64| {
            let now = DateTime::from_timestamp(600 + second, 0).unwrap();
            schedule.is_due(now, Duration::from_secs(60))
        };
        assert!(due(&mut schedule, 0), "whatever is left from the start");
        let second = |n: &i64| due(&mut schedule, *n);
        let seconds: Vec<i64> = (1..200).filter(second).collect();
        assert_eq!(seconds, [5, 65, 125, 185]);
        assert!(due(&mut schedule, -3_600), "the clock was set back");
        assert!(!due(&mut schedule, -3_599));
    }
}
