//! Samples how busy the host is, and lets the minutes go when it is time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    host::Host,
    metric::{self, Control, Gauge, Lane, Meter, Schedule},
};

/// What measures.
pub(super) struct Measurer {
    pub(super) meter: Meter,
    pub(super) host: Host,
    pub(super) lane: Arc<Lane>,
    pub(super) control: watch::Receiver<Control>,
    pub(super) schedule: Schedule,
}

impl Measurer {
    /// A sample in each `period`, until `token` is cancelled. The minute that was begun is lost
    /// then.
    pub(super) async fn run(mut self, period: Duration, token: CancellationToken) {
        let started = Instant::now();
        let mut ticks = interval(period);
        // After a suspend there is one sample to make up for, not a thousand.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut slow = Some(self.read_slow());
        loop {
            tokio::select! {
                biased;
                () = token.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let control = *self.control.borrow_and_update();
            if control.enabled {
                // A reader that hangs is not started again before it has come back.
                let read = slow.take_if(|run| run.is_finished());
                if let Some(run) = read {
                    self.meter.note(run.await.unwrap_or_default());
                }
                if let Some(minute) = self.meter.sample(started.elapsed()) {
                    self.lane.push(minute);
                    slow.get_or_insert_with(|| self.read_slow());
                }
            } else {
                self.meter.pause();
            }
            if self
                .schedule
                .is_due(self.host.clock().now(), control.send_every)
            {
                self.lane.release();
            }
        }
    }

    fn read_slow(&self) -> JoinHandle<Vec<Gauge>> {
        let host = self.host.clone();
        tokio::task::spawn_blocking(move || metric::gauges(&host))
    }
}
