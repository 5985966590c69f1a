//! Looks at the host when something happened to it, and tells the journal.
//!
//! Each kind has a slot with its own schedule. Two looks at most run at a time, so that a slow kind
//! holds no other back and their memory does not add up.

use std::{collections::BTreeMap, panic::resume_unwind, sync::Arc, time::Duration};

use shared::{
    id::HostId,
    wire::{Stale, StaleReason},
};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    ceiling::{Ceiling, LOOK, Limits, Usage},
    comply::Heard,
    faults::JournalFaults,
    schedule::{Look, until_reconciliation},
    slot::{Seen, Slot, Task, perform},
};
use crate::{
    control::Control,
    host::Host,
    journal::Journal,
    memory::Thrift,
    probe::{Observation, Probe},
    watch::{UnitsHeard, Watch},
};

/// Looks that may run at a time. One that hangs is not counted once it is given up.
const MAX_LOOKS: usize = 2;

/// How long a journal that could not be written is left alone.
const JOURNAL_AGAIN: Duration = Duration::from_secs(10);

/// How kinds are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Whose turn in the fleet's reconciliation it is.
    pub(super) host: HostId,
    /// How long one look may take.
    pub(super) limit: Duration,
    /// How often a kind is read of which nobody tells.
    pub(super) interval: Duration,
    /// How often everything is.
    pub(super) reconciliation: Duration,
    /// What the agent may use for it.
    pub(super) limits: Limits,
}

/// What looks at the host.
pub(super) struct Observer {
    host: Host,
    journal: Arc<Journal>,
    pace: Pace,
    ceiling: Ceiling,
    thrift: Thrift,
    watch: Watch,
    slots: Vec<Slot>,
    looks: JoinSet<(usize, Seen)>,
    control: watch::Receiver<Control>,
    told: Told,
    /// When kinds whose rows the journal could not take are read again.
    journal_again: Option<Instant>,
}

/// What the observer hears, beside the host itself.
pub(super) struct Ears {
    /// systemd's signals.
    pub(super) units: UnitsHeard,
    /// What the collector's settings and the host's own make together.
    pub(super) control: watch::Receiver<Control>,
}

/// What the observer tells the others.
pub(super) struct Told {
    /// Why the journal cannot be written at present.
    pub(super) faults: JournalFaults,
    /// How often the rows of each kind have changed.
    pub(super) heard: watch::Sender<Heard>,
    pub(super) blind: watch::Sender<Blind>,
    /// How often everything was read, whatever was heard.
    pub(super) reconciled: watch::Sender<u64>,
}

/// Kinds of which events may be missed, and why, for people.
pub(super) type Blind = BTreeMap<String, String>;

impl Observer {
    pub(super) fn new(
        probes: &'static [&'static dyn Probe],
        host: Host,
        journal: Arc<Journal>,
        pace: Pace,
        ears: Ears,
        told: Told,
    ) -> Self {
        let now = Instant::now();
        let slot = |probe: &&'static dyn Probe| Slot::new(*probe, now);
        Self {
            ceiling: Ceiling::new(pace.limits, now, Usage::now()),
            thrift: Thrift::default(),
            watch: Watch::new(&host, ears.units),
            host,
            journal,
            pace,
            slots: probes.iter().map(slot).collect(),
            looks: JoinSet::new(),
            control: ears.control,
            told,
            journal_again: None,
        }
    }

    /// Looks at everything, and then at whatever something happened to.
    pub(super) async fn run(mut self, token: CancellationToken) {
        token.run_until_cancelled(self.observe()).await;
    }

    async fn observe(&mut self) {
        self.adopt().await;
        let mut reconcile = self.next_reconciliation();
        let mut look_at_itself = Instant::now() + LOOK;
        loop {
            self.begin_what_is_due();
            let until = reconcile.min(look_at_itself).min(self.next_look());
            tokio::select! {
                kinds = self.watch.woken() => {
                    let now = Instant::now();
                    for slot in &mut self.slots {
                        if kinds.contains(slot.probe.kind()) {
                            slot.schedule.stir(now);
                        }
                    }
                }
                Some(seen) = self.looks.join_next() => self.end(seen).await,
                Ok(()) = self.control.changed() => {
                    self.adopt().await;
                    reconcile = self.next_reconciliation();
                }
                () = sleep_until(until) => {}
            }
            let now = Instant::now();
            if now >= look_at_itself {
                let usage = Usage::now();
                let begun = |slot: &Slot| !slot.on || slot.schedule.was_read();
                if self.slots.iter().all(begun) {
                    self.ceiling.note(now, usage);
                } else {
                    self.ceiling.pass_over(now, usage);
                }
                self.thrift.note(usage.memory, || Usage::now().memory);
                look_at_itself = now + LOOK;
            }
            if now >= reconcile {
                debug!("reconciling");
                self.demand_all(now);
                for slot in &mut self.slots {
                    // What hangs is read when it comes back; the others do not wait for it.
                    slot.awaited = slot.on && !slot.is_hanging();
                }
                reconcile = self.next_reconciliation();
            }
            if self.journal_again.is_some_and(|again| now >= again) {
                self.journal_again = None;
                for slot in self.slots.iter_mut().filter(|slot| slot.unkept) {
                    slot.schedule.demand(now);
                }
            }
        }
    }

    /// Takes what the settings say of each kind. A kind that is switched off keeps its rows, and
    /// says that nobody looks at them.
    pub(super) async fn adopt(&mut self) {
        let control = self.control.borrow_and_update().clone();
        let now = Instant::now();
        for n in 0..self.slots.len() {
            let slot = &mut self.slots[n];
            let kind = slot.probe.kind();
            let set = control.kind(kind);
            let was = std::mem::replace(&mut slot.on, set.enabled);
            if slot.every != set.every {
                slot.every = set.every;
                slot.schedule.demand(now);
            }
            if was && !set.enabled {
                info!(kind, "the settings switch the kind off");
                self.watch.arm(kind, &[]);
                let stale = Stale {
                    reason: StaleReason::Unavailable,
                    detail: "switched off by the settings of this host".into(),
                };
                let (at, seen) = (self.host.clock().now(), Err(stale));
                self.keep(n, Observation { kind, at, seen }).await;
            } else if !was && set.enabled {
                slot.schedule.demand(now);
            }
        }
    }

    /// Takes its settings from elsewhere.
    #[cfg(test)]
    pub(super) fn hear(&mut self, control: watch::Receiver<Control>) {
        self.control = control;
    }

    /// Looks at everything once.
    #[cfg(test)]
    pub(super) async fn pass(&mut self) {
        self.demand_all(Instant::now());
        loop {
            self.begin_what_is_due();
            match self.looks.join_next().await {
                Some(seen) => self.end(seen).await,
                None => return,
            }
        }
    }

    fn demand_all(&mut self, now: Instant) {
        for slot in &mut self.slots {
            slot.schedule.demand(now);
        }
    }

    fn next_reconciliation(&self) -> Instant {
        let unix = self.host.clock().now().timestamp();
        let period = self.control.borrow().reconcile;
        let period = period.unwrap_or(self.pace.reconciliation);
        let wait = until_reconciliation(
            self.pace.host.0.as_u128(),
            period,
            u64::try_from(unix).unwrap_or(0),
        );
        Instant::now() + wait
    }

    /// When the next look is due; far away while as many run as may.
    pub(super) fn next_look(&self) -> Instant {
        let slow = self.ceiling.slow();
        let on = self.slots.iter().filter(|slot| slot.on);
        let due = on.filter_map(|slot| slot.schedule.next(slow));
        let due = due.map(|(at, _)| at);
        let again = self.journal_again;
        let far = Instant::now() + Duration::from_secs(86_400);
        if self.looks.len() < MAX_LOOKS {
            due.chain(again).min().unwrap_or(far)
        } else {
            again.unwrap_or(far)
        }
    }

    fn begin_what_is_due(&mut self) {
        let (now, slow) = (Instant::now(), self.ceiling.slow());
        while self.looks.len() < MAX_LOOKS {
            let due = |(n, slot): (usize, &Slot)| {
                let (at, look) = slot.schedule.next(slow)?;
                (slot.on && at <= now).then_some((at, n, look))
            };
            let first = self.slots.iter().enumerate().filter_map(due);
            let Some((_, n, look)) = first.min_by_key(|(at, n, _)| (*at, *n)) else {
                return;
            };
            self.begin(n, look);
        }
    }

    fn begin(&mut self, n: usize, look: Look) {
        let slot = &mut self.slots[n];
        if look == Look::Peek {
            slot.peek(&self.host);
            return;
        }
        slot.schedule.begin(look);
        if slot.is_hanging() {
            slot.schedule.read(Instant::now(), Duration::ZERO);
            return;
        }
        let (task, probe) = (slot.task(), slot.probe);
        if let (Task::Read { .. }, Some(wakes)) = (task, &slot.wakes) {
            // Before it is read: what happens in between is heard.
            self.watch.arm(probe.kind(), wakes);
        }
        let (host, limit) = (self.host.clone(), self.pace.limit);
        self.looks
            .spawn(async move { (n, perform(task, probe, host, limit).await) });
    }

    async fn end(&mut self, seen: Result<(usize, Seen), JoinError>) {
        let (n, seen) = match seen.map_err(JoinError::try_into_panic) {
            Ok(seen) => seen,
            // A panic has ended the process, unless this is a test.
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(_)) => return,
        };
        let now = Instant::now();
        let slot = &mut self.slots[n];
        if !slot.on {
            // Switched off while it was looked at.
            slot.schedule.read(now, Duration::ZERO);
            return;
        }
        let (kind, at) = (slot.probe.kind(), self.host.clock().now());
        let observation = match seen {
            Seen::Wakes(wakes) => {
                slot.wakes = Some(wakes);
                slot.schedule.peeked(now);
                return;
            }
            Seen::Read(reading) => {
                slot.schedule.read(now, reading.cost);
                slot.peeked = reading.peeked;
                if self.watch.arm(kind, &reading.wakes) {
                    // Between the reading and this moment nobody listened to what is new.
                    slot.schedule.stir(now);
                }
                slot.wakes = Some(reading.wakes);
                reading.observation
            }
            Seen::Hangs(run, stale) => {
                slot.hanging = Some(run);
                slot.schedule.read(now, Duration::ZERO);
                let seen = Err(stale);
                Observation { kind, at, seen }
            }
        };
        let stale = observation.seen.is_err();
        slot.failures = if stale { slot.failures + 1 } else { 0 };
        // A kind that cannot be read misses nothing by not hearing of it.
        let blind = self.watch.blind(kind).filter(|_| !stale);
        slot.set_rhythm(blind.is_some(), self.pace.interval);
        tell_blind(&self.told.blind, kind, blind);
        self.keep(n, observation).await;
    }

    async fn keep(&mut self, n: usize, observation: Observation) {
        let kept = self
            .journal
            .off_thread(move |journal| journal.observe(&observation))
            .await;
        let slot = &mut self.slots[n];
        slot.unkept = kept.is_err();
        let was_awaited = kept.is_ok() && std::mem::take(&mut slot.awaited);
        if was_awaited && !self.slots.iter().any(|slot| slot.awaited) {
            debug!("reconciled");
            self.told.reconciled.send_modify(|times| *times += 1);
        }
        match kept {
            Ok(changed) => {
                self.told.faults.mended();
                if changed {
                    let kind = self.slots[n].probe.kind();
                    self.told
                        .heard
                        .send_modify(|heard| *heard.entry(kind).or_default() += 1);
                }
            }
            Err(error) => {
                // The others will meet the same disk. All that it did not take is read again.
                self.told.faults.failed(self.host.clock().now(), &error);
                self.journal_again
                    .get_or_insert(Instant::now() + JOURNAL_AGAIN);
            }
        }
    }
}

/// Tells whether events of a kind may be missed, and why; said once for each kind and cause.
pub(super) fn tell_blind(told: &watch::Sender<Blind>, kind: &str, why: Option<String>) {
    told.send_if_modified(|blind| {
        if blind.get(kind) == why.as_ref() {
            return false;
        }
        match why {
            Some(why) => {
                info!(
                    kind,
                    why, "events cannot be heard, the kind is read on a timer"
                );
                blind.insert(kind.into(), why);
            }
            None => {
                blind.remove(kind);
            }
        }
        true
    });
}
