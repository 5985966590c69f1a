//! One kind as the observer has it: its probe, when it is looked at, and a look at it.

use std::{panic::resume_unwind, time::Duration};

use shared::wire::{Stale, StaleReason};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout},
};

use super::schedule::{Look, Rhythm, Schedule};
use crate::{
    host::Host,
    probe::{self, Observation, Probe, Wake},
};

/// How often the wait after a reading that failed is doubled at most: from a minute to an hour.
const MAX_DOUBLINGS: u32 = 6;

/// A probe, when it is looked at, and its run that was given up and goes on nevertheless: a thread
/// that waits for a dead network mount cannot be stopped. It is not started again before that one
/// has come back, so that hanging threads never outnumber the probes.
pub(super) struct Slot {
    pub(super) probe: &'static dyn Probe,
    pub(super) schedule: Schedule,
    /// What wakes it; `None` until it was asked.
    pub(super) wakes: Option<Vec<Wake>>,
    /// Whether it is looked at at all.
    pub(super) on: bool,
    /// Instead of its own timer.
    pub(super) every: Option<Duration>,
    /// What the last peek before a reading told.
    pub(super) peeked: Option<u64>,
    /// Readings in a row that failed.
    pub(super) failures: u32,
    /// Whether the journal has not got what was last seen.
    pub(super) unkept: bool,
    /// Whether it is to be read before everything counts as reconciled.
    pub(super) awaited: bool,
    pub(super) hanging: Option<JoinHandle<Reading>>,
}

/// What is done on a thread that may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Ask what wakes the kind, so that it is listened to before the first reading.
    Wakes,
    /// Read the rows; and what a peek tells, just before.
    Read { peeks: bool },
}

/// What a reading gave.
pub(super) struct Reading {
    pub(super) observation: Observation,
    pub(super) wakes: Vec<Wake>,
    pub(super) peeked: Option<u64>,
    pub(super) cost: Duration,
}

/// How a task ended.
pub(super) enum Seen {
    Wakes(Vec<Wake>),
    Read(Reading),
    /// It has not come back; it may later.
    Hangs(JoinHandle<Reading>, Stale),
}

impl Slot {
    /// A kind of which nothing is known, due at once.
    pub(super) fn new(probe: &'static dyn Probe, now: Instant) -> Self {
        Self {
            probe,
            schedule: Schedule::new(now),
            wakes: None,
            on: true,
            every: None,
            peeked: None,
            failures: 0,
            unkept: false,
            awaited: false,
            hanging: None,
        }
    }

    pub(super) fn is_hanging(&self) -> bool {
        self.hanging.as_ref().is_some_and(|run| !run.is_finished())
    }

    /// What a reading begins with.
    pub(super) fn task(&self) -> Task {
        match &self.wakes {
            None => Task::Wakes,
            Some(wakes) => Task::Read {
                peeks: peek_of(wakes).is_some(),
            },
        }
    }

    /// Asks whether the rows may have changed; if so, they are due. On this thread: a peek does not
    /// wait, and to hand it to another would cost more than it does.
    pub(super) fn peek(&mut self, host: &Host) {
        self.schedule.begin(Look::Peek);
        let told = probe::peek(self.probe, host);
        let now = Instant::now();
        self.schedule.peeked(now);
        if told.is_none() || told != self.peeked {
            self.schedule.demand(now);
        }
    }

    /// Sets when it is looked at without an event, as far as is known. `blind`: events cannot be
    /// relied on, and it is read once in an `interval`.
    pub(super) fn set_rhythm(&mut self, blind: bool, interval: Duration) {
        let wakes = self.wakes.as_deref().unwrap_or_default();
        let timers = wakes.iter().filter_map(|wake| match wake {
            Wake::Every(every) => Some(self.every.unwrap_or(*every)),
            _ => None,
        });
        let fallback = (blind || wakes.is_empty()).then_some(interval);
        // What fails is tried again, less and less often: to be asked may be what hurts it.
        let fails = self.failures > 0;
        let again = interval * 2_u32.pow(self.failures.saturating_sub(1).min(MAX_DOUBLINGS));
        let every = timers.chain(fallback).chain(fails.then_some(again)).min();
        // A peek that tells nothing would have it read each time.
        let peek = peek_of(wakes).filter(|_| !fails);
        self.schedule.set(Rhythm { every, peek });
    }
}

/// Does a task, within `limit`.
pub(super) async fn perform(
    task: Task,
    probe: &'static dyn Probe,
    host: Host,
    limit: Duration,
) -> Seen {
    let Task::Read { peeks } = task else {
        let wakes = spawn_blocking(move || probe::wakes(probe, &host));
        // The reading that follows will hang, and say so.
        let wakes = timeout(limit, wakes).await.ok().and_then(Result::ok);
        return Seen::Wakes(wakes.unwrap_or_default());
    };
    let mut run = spawn_blocking(move || read(probe, &host, peeks));
    match timeout(limit, &mut run).await {
        Ok(Ok(reading)) => Seen::Read(reading),
        // A panic has ended the process, unless this is a test.
        Ok(Err(panic)) => resume_unwind(panic.into_panic()),
        Err(_) => {
            let stale = Stale {
                reason: StaleReason::TimedOut,
                detail: format!("no answer within {} s", limit.as_secs()),
            };
            Seen::Hangs(run, stale)
        }
    }
}

fn read(probe: &dyn Probe, host: &Host, peeks: bool) -> Reading {
    let begun = std::time::Instant::now();
    let peeked = peeks.then(|| probe::peek(probe, host)).flatten();
    Reading {
        observation: probe::observe(probe, host),
        wakes: probe::wakes(probe, host),
        peeked,
        cost: begun.elapsed(),
    }
}

fn peek_of(wakes: &[Wake]) -> Option<Duration> {
    let peeks = wakes.iter().filter_map(|wake| match wake {
        Wake::Peek(every) => Some(*every),
        _ => None,
    });
    peeks.min()
}

#[cfg(test)]
mod tests {
    use shared::fact::Fact;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const SECOND: Duration = Duration::from_secs(1);

    /// Has no rows, and peeks at a number, or cannot.
    struct Number(Option<u64>);

    impl Probe for Number {
        fn kind(&self) -> &'static str {
            "os"
        }

        fn sources(&self) -> &'static [&'static str] {
            &[]
        }

        fn wakes(&self, _: &Host) -> Vec<Wake> {
            Vec::new()
        }

        fn peek(&self, _: &Host) -> Option<u64> {
            self.0
        }

        fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
            Ok(Vec::new())
        }
    }

    /// When a kind that was read just now is looked at next without an event.
    fn next(wakes: &[Wake], failures: u32, blind: bool) -> Option<(Duration, Look)> {
        let now = Instant::now();
        let mut slot = Slot::new(&Number(None), now);
        slot.wakes = Some(wakes.to_vec());
        slot.failures = failures;
        slot.schedule.begin(Look::Read);
        slot.schedule.read(now, Duration::ZERO);
        slot.set_rhythm(blind, MINUTE);
        slot.schedule.next(1).map(|(at, look)| (at - now, look))
    }

    #[test]
    fn a_kind_is_asked_what_wakes_it_before_it_is_read_the_first_time() {
        let mut slot = Slot::new(&Number(None), Instant::now());
        assert_eq!(slot.task(), Task::Wakes);
        slot.wakes = Some(vec![Wake::Peek(SECOND)]);
        assert_eq!(slot.task(), Task::Read { peeks: true });
    }

    #[test]
    fn a_kind_with_an_event_rests_and_one_whose_event_is_not_heard_has_a_timer() {
        let path = [Wake::path("/etc/passwd")];
        assert_eq!(next(&path, 0, false), None);
        assert_eq!(next(&path, 0, true), Some((MINUTE, Look::Read)));
        assert_eq!(next(&[], 0, false), Some((MINUTE, Look::Read)));
    }

    #[test]
    fn what_fails_is_not_peeked_at_and_read_less_and_less_often() {
        let peek = [Wake::Peek(SECOND)];
        assert_eq!(next(&peek, 0, false), Some((SECOND, Look::Peek)));
        for (failures, minutes) in [(1, 1), (2, 2), (3, 4), (7, 64), (1000, 64)] {
            let again = Some((MINUTE * minutes, Look::Read));
            assert_eq!(next(&peek, failures, false), again, "{failures}");
        }
    }

    #[test]
    fn a_peek_that_tells_something_new_or_fails_has_the_rows_read() {
        let host = Host::at("/nonexistent", shared::clock::SystemClock::shared());
        for (number, read) in [(Some(7), false), (Some(8), true), (None, true)] {
            let number: &'static Number = Box::leak(Box::new(Number(number)));
            let now = Instant::now();
            let mut slot = Slot::new(number, now);
            slot.wakes = Some(vec![Wake::Peek(SECOND)]);
            slot.peeked = Some(7);
            slot.schedule.begin(Look::Read);
            slot.schedule.read(now, Duration::ZERO);
            slot.set_rhythm(false, MINUTE);
            slot.peek(&host);
            let (_, next) = slot.schedule.next(1).expect("something is due");
            assert_eq!(next == Look::Read, read);
        }
    }
}
