//! Minutes that wait for the collector: in memory, bounded, the oldest dropped first.
//!
//! The lane has nothing to do with the journal. Metrics of an hour without a collector are worth
//! little on the next day, and never the disk's space or a fact's place in the queue. What is sent
//! stays until it is acknowledged; what a restart takes is gone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use shared::metric::Minute;
use tokio::sync::watch;

/// Most minutes that are sent at once: some tens of KiB at the most.
const BATCH: usize = 30;

/// The lane.
#[derive(Debug)]
pub struct Lane {
    inner: Mutex<Inner>,
    /// The number of the last minute that may be sent.
    released: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    waiting: VecDeque<(u64, Arc<Minute<Arc<str>>>)>,
    /// The number of the minute that was added last.
    last: u64,
    bound: usize,
    /// Minutes that were dropped, and the collector was not told.
    dropped: u64,
}

/// Minutes that may be sent now.
#[derive(Debug, Clone)]
pub struct Released {
    pub minutes: Vec<Arc<Minute<Arc<str>>>>,
    /// The number of the last of them.
    pub through: u64,
    /// How many others were dropped since the collector was last told.
    pub dropped: u64,
}

impl Lane {
    /// A lane for `bound` minutes.
    pub fn new(bound: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                waiting: VecDeque::new(),
                last: 0,
                bound,
                dropped: 0,
            }),
            released: watch::Sender::new(0),
        }
    }

    /// Adds a minute; the oldest goes when there is no room.
    pub fn push(&self, minute: Minute<Arc<str>>) {
        let mut inner = self.lock();
        inner.last += 1;
        let number = inner.last;
        inner.waiting.push_back((number, Arc::new(minute)));
        while inner.waiting.len() > inner.bound {
            inner.waiting.pop_front();
            inner.dropped += 1;
        }
    }

    /// Lets go what waits.
    pub fn release(&self) {
        let last = self.lock().last;
        self.released
            .send_if_modified(|released| std::mem::replace(released, last) != last);
    }

    /// Changes when there is more to send.
    pub fn released(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }

    /// What may be sent, the oldest first, a message at most; `None` when that is nothing.
    pub fn next(&self) -> Option<Released> {
        let released = *self.released.borrow();
        let inner = self.lock();
        let next = inner.waiting.iter().take(BATCH);
        let next = next.take_while(|(number, _)| *number <= released);
        let (numbers, minutes): (Vec<_>, Vec<_>) = next.cloned().unzip();
        Some(Released {
            minutes,
            through: *numbers.last()?,
            dropped: inner.dropped,
        })
    }

    /// What was sent has arrived.
    pub fn acknowledge(&self, sent: &Released) {
        let mut inner = self.lock();
        while inner
            .waiting
            .pop_front_if(|(number, _)| *number <= sent.through)
            .is_some()
        {}
        inner.dropped = inner.dropped.saturating_sub(sent.dropped);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(lane: &Lane, minutes: std::ops::Range<i64>) {
        for at in minutes {
            let rows = Vec::new();
            lane.push(Minute { at, rows });
        }
    }

    fn minutes(released: &Released) -> Vec<i64> {
        released.minutes.iter().map(|minute| minute.at).collect()
    }

    #[test]
    fn what_is_released_is_sent_until_it_is_acknowledged() {
        let lane = Lane::new(10);
        push(&lane, 0..2);
        assert!(lane.next().is_none(), "not released");
        lane.release();
        push(&lane, 2..3);
        let sent = lane.next().unwrap();
        assert_eq!((minutes(&sent), sent.dropped), (vec![0, 1], 0));
        assert_eq!(minutes(&lane.next().unwrap()), [0, 1], "again");
        lane.acknowledge(&sent);
        assert!(lane.next().is_none());
        lane.release();
        assert_eq!(minutes(&lane.next().unwrap()), [2]);
    }

    #[test]
    fn the_oldest_goes_first_and_how_many_went_is_told_once() {
        let lane = Lane::new(3);
        push(&lane, 0..5);
        lane.release();
        let sent = lane.next().unwrap();
        assert_eq!((minutes(&sent), sent.dropped), (vec![2, 3, 4], 2));
        // More goes while it is under way.
        push(&lane, 5..6);
        lane.acknowledge(&sent);
        lane.release();
        let sent = lane.next().unwrap();
        assert_eq!((minutes(&sent), sent.dropped), (vec![5], 1));
        lane.acknowledge(&sent);
        push(&lane, 6..7);
        lane.release();
        assert_eq!(lane.next().unwrap().dropped, 0);
    }

    #[test]
    fn a_long_queue_goes_in_messages() {
        let lane = Lane::new(100);
        push(&lane, 0..70);
        lane.release();
        for length in [BATCH, BATCH, 10] {
            let sent = lane.next().unwrap();
            assert_eq!(sent.minutes.len(), length);
            lane.acknowledge(&sent);
        }
        assert!(lane.next().is_none());
    }

    #[test]
    fn those_who_wait_hear_of_a_release_and_not_of_nothing() {
        let lane = Lane::new(3);
        let mut released = lane.released();
        lane.release();
        assert!(!released.has_changed().unwrap());
        push(&lane, 0..1);
        lane.release();
        assert!(released.has_changed().unwrap());
        released.mark_unchanged();
        lane.release();
        assert!(!released.has_changed().unwrap());
    }
}
