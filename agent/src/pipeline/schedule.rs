//! When each kind is looked at next. Pure: it is told the time.
//!
//! Something that happens to a kind makes it due as soon as it is quiet again, or [`PATIENCE`] after
//! it began: a package manager writes its database a hundred times. A kind without events has a
//! timer. And at one instant in each period, spread over the fleet, everything is read.

use std::time::Duration;

use tokio::time::Instant;

/// How long nothing must happen to a kind before it is read.
const QUIET: Duration = Duration::from_millis(60);

/// How long it is left unread at most while things go on happening.
const PATIENCE: Duration = Duration::from_millis(400);

/// A kind that is stirred all the time takes a quarter of a core at the most: after a reading, three
/// times as long passes before the next that an event asks for.
const REST: u32 = 3;

/// A reading that takes longer than this is dear, and rests twenty times as long.
const DEAR: Duration = Duration::from_millis(100);
const DEAR_REST: u32 = 20;

/// The longest of those rests: of the five seconds from a change to all that is told of it, one is left for what
/// comes after the reading. They do not grow when the agent holds back: what happened is told in time.
const MAX_REST: Duration = Duration::from_secs(4);

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Read the rows.
    Read,
    /// Only ask whether they may have changed.
    Peek,
}

/// When one kind is looked at without an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rhythm {
    /// Read again this long after a reading; `None`: events tell.
    pub(super) every: Option<Duration>,
    /// Peek this often.
    pub(super) peek: Option<Duration>,
}

/// One kind's next look.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    rhythm: Rhythm,
    /// What has happened since the last reading began.
    stirred: Option<Stirred>,
    /// The end of the last reading, and how long it took.
    read: Option<(Instant, Duration)>,
    peeked: Instant,
    running: bool,
}

#[derive(Debug, Clone, Copy)]
struct Stirred {
    first: Instant,
    last: Instant,
}

impl Schedule {
    /// A kind that has never been read, so that it is due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            rhythm: Rhythm::default(),
            stirred: None,
            read: None,
            peeked: now,
            running: false,
        }
    }

    pub(super) fn set(&mut self, rhythm: Rhythm) {
        self.rhythm = rhythm;
    }

    /// Whether it was ever read.
    pub(super) fn was_read(&self) -> bool {
        self.read.is_some()
    }

    /// Something happened.
    pub(super) fn stir(&mut self, now: Instant) {
        let first = self.stirred.map_or(now, |stirred| stirred.first);
        self.stirred = Some(Stirred { first, last: now });
    }

    /// It is due at once, whatever happened or not.
    pub(super) fn demand(&mut self, now: Instant) {
        let long_ago = now.checked_sub(PATIENCE).unwrap_or(now);
        self.stirred = Some(Stirred {
            first: long_ago,
            last: long_ago,
        });
    }

    /// A look begins. What happens from now on makes another.
    pub(super) fn begin(&mut self, look: Look) {
        self.running = true;
        if look == Look::Read {
            self.stirred = None;
        }
    }

    /// A reading ended that took `cost`.
    pub(super) fn read(&mut self, now: Instant, cost: Duration) {
        self.running = false;
        self.read = Some((now, cost));
        self.peeked = now;
    }

    /// A peek ended and told nothing new.
    pub(super) fn peeked(&mut self, now: Instant) {
        self.running = false;
        self.peeked = now;
    }

    /// The next look, and when. `slow`: how much longer than usual timers last.
    /// `None`: an event will tell, or a look is under way.
    pub(super) fn next(&self, slow: u32) -> Option<(Instant, Look)> {
        if self.running {
            return None;
        }
        let Some((read, cost)) = self.read else {
            return Some((self.peeked, Look::Read));
        };
        let event = self.stirred.map(|stirred| {
            let settled = (stirred.last + QUIET).min(stirred.first + PATIENCE);
            settled.max(read + rest(cost))
        });
        let timer = self.rhythm.every.map(|every| read + every * slow);
        let reading = event.into_iter().chain(timer).min();
        let peek = self.rhythm.peek.map(|peek| self.peeked + peek * slow);
        match (reading, peek) {
            (Some(reading), Some(peek)) if peek < reading => Some((peek, Look::Peek)),
            (Some(reading), _) => Some((reading, Look::Read)),
            (None, peek) => Some((peek?, Look::Peek)),
        }
    }
}

/// How long a kind is left alone after a reading of this cost.
fn rest(cost: Duration) -> Duration {
    let times = if cost > DEAR { DEAR_REST } else { REST };
    (cost * times).min(MAX_REST)
}

/// How long after `unix_s` the host is reconciled next: once in each `period`, at an offset that is
/// always the same for a host and even over a fleet.
pub(super) fn until_reconciliation(host: u128, period: Duration, unix_s: u64) -> Duration {
    let period = period.as_secs().max(1);
    // The low bits of a host's UUID (version 7) are random.
    let offset = (host as u64) % period;
    let into = unix_s % period;
    let left = (offset + period - into) % period;
    // At the instant itself the next one is meant.
    Duration::from_secs(if left == 0 { period } else { left })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn read_at(now: Instant) -> Schedule {
        let mut schedule = Schedule::new(now);
        schedule.begin(Look::Read);
        schedule.read(now, MS);
        schedule
    }

    #[test]
    fn a_kind_never_read_is_due_at_once_and_not_again_while_it_is_read() {
        let now = Instant::now();
        let mut schedule = Schedule::new(now);
        assert_eq!(schedule.next(1), Some((now, Look::Read)));
        schedule.begin(Look::Read);
        assert_eq!(schedule.next(1), None);
        schedule.read(now, MS);
        assert_eq!(schedule.next(1), None, "events will tell");
    }

    #[test]
    fn a_burst_is_waited_for_but_not_for_ever() {
        let start = Instant::now();
        let mut schedule = read_at(start);
        let begins = start + 1000 * MS;
        schedule.stir(begins);
        assert_eq!(schedule.next(1), Some((begins + QUIET, Look::Read)));
        for n in 1..100 {
            schedule.stir(begins + 20 * n * MS);
        }
        assert_eq!(schedule.next(1), Some((begins + PATIENCE, Look::Read)));
    }

    #[test]
    fn what_happens_during_a_reading_makes_another() {
        let start = Instant::now();
        let mut schedule = read_at(start);
        schedule.stir(start);
        schedule.begin(Look::Read);
        schedule.stir(start + 5 * MS);
        schedule.read(start + 10 * MS, 10 * MS);
        let due = start + 5 * MS + QUIET;
        assert_eq!(schedule.next(1), Some((due, Look::Read)));
    }

    #[test]
    fn a_peek_that_tells_nothing_leaves_the_timer_of_the_reading() {
        let start = Instant::now();
        let mut schedule = read_at(start);
        schedule.set(Rhythm {
            every: Some(1000 * MS),
            peek: Some(300 * MS),
        });
        for n in 1..=3 {
            assert_eq!(schedule.next(1), Some((start + 300 * n * MS, Look::Peek)));
            schedule.begin(Look::Peek);
            schedule.peeked(start + 300 * n * MS);
        }
        assert_eq!(schedule.next(1), Some((start + 1000 * MS, Look::Read)));
    }

    #[test]
    fn timers_are_shed_and_events_are_not() {
        let start = Instant::now();
        let mut schedule = read_at(start);
        let every = Some(1000 * MS);
        schedule.set(Rhythm { every, peek: None });
        assert_eq!(schedule.next(8), Some((start + 8000 * MS, Look::Read)));
        schedule.stir(start + 100 * MS);
        let due = start + 100 * MS + QUIET;
        assert_eq!(schedule.next(8), Some((due, Look::Read)));
    }

    proptest! {
        /// Whatever happens when, it is read, and soon; and what is read costs a quarter at most.
        #[test]
        fn every_event_is_followed_by_a_reading_in_time(
            events in prop::collection::vec(1_u64..2_000, 1..60),
            cost in 0_u64..3_000,
        ) {
            let start = Instant::now();
            let cost = cost as u32 * MS;
            let mut schedule = Schedule::new(start);
            schedule.begin(Look::Read);
            schedule.read(start, cost);
            let (mut now, mut spent) = (start, Duration::ZERO);
            let mut unread: Option<Instant> = None;
            let longest = PATIENCE + rest(cost) + cost;
            let ends = events.iter().sum::<u64>() + 20_000;
            let mut times = events.iter().scan(start, |at, gap| {
                *at += *gap as u32 * MS;
                Some(*at)
            }).peekable();
            while let Some((due, look)) = schedule.next(1).or(times.peek().map(|at| (*at, Look::Read))) {
                prop_assert_eq!(look, Look::Read);
                if let Some(event) = times.next_if(|at| *at <= due) {
                    now = now.max(event);
                    schedule.stir(event);
                    unread.get_or_insert(event);
                    continue;
                }
                now = now.max(due);
                schedule.begin(Look::Read);
                let since = unread.take().expect("no reading without an event");
                prop_assert!(now + cost <= since + longest + cost, "late");
                while let Some(event) = times.next_if(|at| *at <= now + cost) {
                    schedule.stir(event);
                    unread.get_or_insert(event);
                }
                now += cost;
                spent += cost;
                schedule.read(now, cost);
            }
            prop_assert_eq!(unread, None);
            let elapsed = (now - start) + rest(cost);
            prop_assert!(spent <= elapsed / 2 + cost || rest(cost) == MAX_REST);
            prop_assert!(now <= start + ends as u32 * MS + longest);
        }

        /// Each host has its own instant, once in each period.
        #[test]
        fn a_host_is_reconciled_once_in_each_period(host: u128, unix_s in 0_u64..1 << 40) {
            let period = Duration::from_secs(6 * 3600);
            let wait = until_reconciliation(host, period, unix_s);
            prop_assert!(wait > Duration::ZERO && wait <= period);
            let again = until_reconciliation(host, period, unix_s + wait.as_secs());
            prop_assert_eq!(again, period);
        }
    }

    #[test]
    fn a_fleet_is_spread_evenly() {
        let period = Duration::from_secs(3600);
        let mut hours = [0; 6];
        for _ in 0..600 {
            let host = uuid::Uuid::now_v7().as_u128();
            let wait = until_reconciliation(host, period, 0).as_secs();
            hours[(wait.saturating_sub(1) / 600) as usize] += 1;
        }
        assert!(hours.iter().all(|n| (50..200).contains(n)), "{hours:?}");
    }
}
