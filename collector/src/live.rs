//! What happens, as it happens: a ring of events that any number of followers read at their own
//! pace.
//!
//! A follower holds the number of the next event it wants, nothing more. It is woken when there is
//! one; when the ring has moved past it, it is told to fetch everything afresh. So a slow follower
//! costs no memory and holds nobody up, and one that comes back resumes where it was. Identifiers
//! begin with a text that is random for each process: those of another process are not known. What follows
//! tells nobody how many events there were.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use shared::{clock::SharedClock, id::HostId};
use tokio::sync::watch;
use uuid::Uuid;

use self::place::Names;

/// What places in the feed are called.
mod place;

/// Events that are kept for those who come back: minutes of a busy fleet, a megabyte of memory.
const KEPT: usize = 10_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    HostConnected {
        host: HostId,
    },
    HostDisconnected {
        host: HostId,
    },
    HostEnrolled {
        host: HostId,
    },
    HostRevoked {
        host: HostId,
    },
    /// Rows of these kinds are not what they were; with none of them, the host itself is not.
    HostChanged {
        host: HostId,
        kinds: Vec<String>,
    },
    /// How a host stands was looked at anew.
    PostureChanged {
        host: HostId,
    },
    /// Something happened to a story of drift.
    DriftChanged {
        drift: Uuid,
    },
    /// Something happened to an alert.
    AlertChanged {
        alert: Uuid,
    },
    /// Something happened to a waiver.
    WaiverChanged {
        waiver: Uuid,
    },
    /// These accounts have something new to read, or have read something.
    Notified {
        accounts: Arc<BTreeSet<Uuid>>,
    },
    /// Something happened to a rollout.
    RolloutChanged {
        rollout: Uuid,
    },
}

/// An event and when it was published, by the collector's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    pub at: DateTime<Utc>,
    pub event: Event,
}

/// What a follower is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The next event.
    Event(Stamped),
    /// Events were missed and are gone: fetch everything.
    Resync,
}

/// Where events are published and followed. Clones share one ring.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: SharedClock,
    process: String,
    names: Names,
    kept: usize,
    ring: Mutex<Ring>,
    /// The number of the next event, as in the ring.
    next: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Stamped>,
    /// The number of the next event; that of the oldest is this less the length.
    next: u64,
}

impl Feed {
    /// An empty feed.
    pub fn new(clock: SharedClock) -> Self {
        Self::keeping(KEPT, clock)
    }

    fn keeping(kept: usize, clock: SharedClock) -> Self {
        let process = Uuid::new_v4().simple().to_string()[..12].to_owned();
        let next = watch::Sender::new(0);
        Self(Arc::new(Shared {
            clock,
            process,
            names: Names::new(),
            kept,
            ring: Mutex::default(),
            next,
        }))
    }

    /// Tells everybody. Never waits: the oldest event makes room.
    pub fn publish(&self, event: Event) {
        let at = self.0.clock.now();
        let mut ring = self.0.ring.lock().expect("no panic while held");
        if ring.events.len() == self.0.kept {
            ring.events.pop_front();
        }
        ring.events.push_back(Stamped { at, event });
        ring.next += 1;
        // Under the lock, so that the number never goes back.
        self.0.next.send_replace(ring.next);
    }

    /// Follows the feed: from now on, or from just behind the event whose identifier is `after`.
    pub fn subscribe(&self, after: Option<&str>) -> Subscription {
        let ring = self.0.ring.lock().expect("no panic while held");
        let oldest = ring.next - ring.events.len() as u64;
        let wanted = after.map(|id| {
            self.position(id)
                .filter(|at| (oldest..=ring.next).contains(at))
        });
        Subscription {
            missed: wanted == Some(None),
            at: wanted.flatten().unwrap_or(ring.next),
            next: self.0.next.subscribe(),
            feed: self.0.clone(),
        }
    }

    /// The number of the event behind the one that is called `id`.
    fn position(&self, id: &str) -> Option<u64> {
        let (process, name) = id.split_once('-')?;
        (process == self.0.process)
            .then(|| self.0.names.place(name))
            .flatten()
    }
}

/// One follower of a [`Feed`].
#[derive(Debug)]
pub struct Subscription {
    feed: Arc<Shared>,
    next: watch::Receiver<u64>,
    /// The number of the event that comes next.
    at: u64,
    missed: bool,
}

impl Subscription {
    /// The identifier of the place that has been reached: what to pass to [`Feed::subscribe`].
    pub fn id(&self) -> String {
        format!("{}-{}", self.feed.process, self.feed.names.of(self.at))
    }

    /// Waits for what comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.take() {
                return message;
            }
            let at = self.at;
            // The sender lives in `self.feed`, so that this cannot fail.
            let _ = self.next.wait_for(|next| *next > at).await;
        }
    }

    fn take(&mut self) -> Option<Message> {
        let ring = self.feed.ring.lock().expect("no panic while held");
        let oldest = ring.next - ring.events.len() as u64;
        if self.missed || self.at < oldest {
            self.missed = false;
            self.at = ring.next;
            return Some(Message::Resync);
        }
        let index = usize::try_from(self.at - oldest).ok()?;
        let event = ring.events.get(index)?.clone();
        self.at += 1;
        Some(Message::Event(event))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::clock::{ManualClock, SystemClock};

    use super::*;

    fn event(n: u128) -> Event {
        Event::HostConnected {
            host: HostId(Uuid::from_u128(n)),
        }
    }

    async fn next(subscription: &mut Subscription) -> Event {
        match subscription.next().await {
            Message::Event(stamped) => stamped.event,
            Message::Resync => panic!("resync"),
        }
    }

    #[tokio::test]
    async fn a_follower_hears_what_is_published_from_then_on_in_order() {
        let feed = Feed::new(SystemClock::shared());
        feed.publish(event(1));
        let mut follower = feed.subscribe(None);
        feed.publish(event(2));
        feed.publish(event(3));
        assert_eq!(next(&mut follower).await, event(2));
        assert_eq!(next(&mut follower).await, event(3));
    }

    #[tokio::test]
    async fn a_follower_that_waits_is_woken() {
        let feed = Feed::new(SystemClock::shared());
        let mut follower = feed.subscribe(None);
        let publish = async {
            tokio::task::yield_now().await;
            feed.publish(event(1));
        };
        let (heard, ()) = tokio::join!(next(&mut follower), publish);
        assert_eq!(heard, event(1));
    }

    #[tokio::test]
    async fn one_that_comes_back_hears_what_it_missed_once() {
        let feed = Feed::new(SystemClock::shared());
        let mut follower = feed.subscribe(None);
        feed.publish(event(1));
        feed.publish(event(2));
        next(&mut follower).await;
        let id = follower.id();
        drop(follower);
        feed.publish(event(3));
        let mut back = feed.subscribe(Some(&id));
        assert_eq!(next(&mut back).await, event(2));
        assert_eq!(next(&mut back).await, event(3));
    }

    #[tokio::test]
    async fn identifiers_of_another_process_and_nonsense_ask_for_a_resync() {
        let clock = SystemClock::shared();
        let feed = Feed::new(clock.clone());
        let other = Feed::new(clock);
        for id in [other.subscribe(None).id(), "x".into(), String::new()] {
            let mut follower = feed.subscribe(Some(&id));
            assert_eq!(follower.next().await, Message::Resync, "{id}");
            feed.publish(event(1));
            assert_eq!(next(&mut follower).await, event(1));
        }
        let ahead = format!("{}-{}", feed.0.process, feed.0.names.of(4));
        assert_eq!(feed.subscribe(Some(&ahead)).next().await, Message::Resync);
    }

    #[tokio::test]
    async fn one_that_is_too_slow_is_told_so_and_goes_on_from_now() {
        let feed = Feed::keeping(2, SystemClock::shared());
        let mut follower = feed.subscribe(None);
        let id = follower.id();
        (1..=3).for_each(|n| feed.publish(event(n)));
        assert_eq!(follower.next().await, Message::Resync);
        assert_eq!(feed.subscribe(Some(&id)).next().await, Message::Resync);
        feed.publish(event(4));
        assert_eq!(next(&mut follower).await, event(4));
    }

    #[tokio::test]
    async fn events_carry_the_collectors_time() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        let feed = Feed::new(clock.clone());
        let mut follower = feed.subscribe(None);
        clock.advance(TimeDelta::seconds(5));
        feed.publish(event(1));
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(5);
        assert_eq!(
            follower.next().await,
            Message::Event(Stamped {
                at,
                event: event(1)
            })
        );
    }
}
