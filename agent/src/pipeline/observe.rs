//! Looks at the host again and again, one probe at a time, and tells the journal.

use std::{error::Error, sync::Arc, time::Duration};

use shared::wire::{Stale, StaleReason};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    fault::Fault,
    host::Host,
    journal::Journal,
    probe::{self, Observation, Probe},
};

/// What looks at the host.
pub(super) struct Observer {
    host: Host,
    journal: Arc<Journal>,
    /// How long one probe may take.
    limit: Duration,
    probes: Vec<Slot>,
    /// Why the journal cannot be written at present.
    fault: watch::Sender<Option<Fault>>,
}

/// A probe, and its run that was given up and goes on nevertheless: a thread that waits for a dead
/// network mount cannot be stopped. It is not started again before that one has come back, so
/// that hanging threads never outnumber the probes.
struct Slot {
    probe: &'static dyn Probe,
    hanging: Option<JoinHandle<Observation>>,
}

impl Observer {
    pub(super) fn new(
        probes: &'static [&'static dyn Probe],
        host: Host,
        journal: Arc<Journal>,
        limit: Duration,
        fault: watch::Sender<Option<Fault>>,
    ) -> Self {
        let slot = |probe: &&'static dyn Probe| Slot {
            probe: *probe,
            hanging: None,
        };
        Self {
            host,
            journal,
            limit,
            probes: probes.iter().map(slot).collect(),
            fault,
        }
    }

    /// A pass at once, and then one in each `period`.
    pub(super) async fn run(mut self, period: Duration, token: CancellationToken) {
        let mut ticks = interval(period);
        // After a suspend there is one pass to make up for, not a thousand.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = token.cancelled() => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                biased;
                () = token.cancelled() => return,
                () = self.pass() => {}
            }
        }
    }

    /// Runs every probe once.
    pub(super) async fn pass(&mut self) {
        let mut changed = 0;
        for slot in &mut self.probes {
            let Some(observation) = slot.observe(&self.host, self.limit).await else {
                continue;
            };
            let kept = self
                .journal
                .off_thread(move |journal| journal.observe(&observation))
                .await;
            match kept {
                Ok(true) => changed += 1,
                Ok(false) => {}
                Err(error) => {
                    // The others would meet the same disk. The next pass tries again.
                    self.failed(&error);
                    return;
                }
            }
        }
        debug!(changed, "pass done");
        if self.fault.send_if_modified(|fault| fault.take().is_some()) {
            info!("journal can be written again");
        }
    }

    /// Said once, however many passes fail alike.
    fn failed(&self, error: &(dyn Error + 'static)) {
        let now = self.host.clock().now();
        if self.fault.borrow().is_none() {
            warn!(error, "journal cannot be written, will try again");
        }
        self.fault.send_modify(|fault| {
            fault.get_or_insert_with(|| Fault::new(now, error));
        });
    }
}

impl Slot {
    /// What the probe sees; `None` while an earlier run of it hangs.
    async fn observe(&mut self, host: &Host, limit: Duration) -> Option<Observation> {
        if self.hanging.as_ref().is_some_and(|run| !run.is_finished()) {
            return None;
        }
        let (probe, at) = (self.probe, host.clock().now());
        let host = host.clone();
        let mut run = tokio::task::spawn_blocking(move || probe::observe(probe, &host));
        let stale = match timeout(limit, &mut run).await {
            Ok(Ok(observation)) => return Some(observation),
            Ok(Err(_)) => Stale {
                reason: StaleReason::Failed,
                detail: "the probe has a defect; the agent's log has its message".into(),
            },
            Err(_) => {
                self.hanging = Some(run);
                Stale {
                    reason: StaleReason::TimedOut,
                    detail: format!("no answer within {} s", limit.as_secs()),
                }
            }
        };
        Some(Observation {
            kind: probe.kind(),
            at,
            seen: Err(stale),
        })
    }
}
