//! Samples how busy the host is, and lets the minutes go when it is time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    control::Control,
    host::Host,
    metric::{self, Gauge, Lane, Meter, Rate, Schedule},
};

/// What measures.
pub(super) struct Measurer {
    pub(super) meter: Meter,
    pub(super) host: Host,
    pub(super) lane: Arc<Lane>,
    /// What the host's own file says.
    pub(super) own: Rate,
    /// What the collector's settings say besides.
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
            let rate = self.rate();
            if rate.enabled {
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
                .is_due(self.host.clock().now(), rate.send_every)
            {
                self.lane.release();
            }
        }
    }

    /// What is in force: a host that measures nothing by its own file is not made to.
    fn rate(&self) -> Rate {
        let set = self.control.borrow().metrics;
        Rate {
            enabled: self.own.enabled && set.enabled,
            send_every: set.send_every.unwrap_or(self.own.send_every),
        }
    }

    fn read_slow(&self) -> JoinHandle<Vec<Gauge>> {
        let host = self.host.clone();
        tokio::task::spawn_blocking(move || metric::gauges(&host))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use shared::clock::ManualClock;
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_measures_and_lets_go_as_it_is_told_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        // There is nothing in it but the agent itself.
        let host = Host::at(folder.path(), clock.clone());
        let lane = Arc::new(Lane::new(100));
        let control = watch::Sender::new(Control::default());
        let measurer = Measurer {
            meter: Meter::new(host.clone(), Arc::new(|| (0, 0))),
            host,
            lane: lane.clone(),
            own: Rate {
                enabled: true,
                send_every: Duration::from_secs(60),
            },
            control: control.subscribe(),
            schedule: Schedule::new(0),
        };
        let token = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(measurer.run(Duration::from_secs(10), token.clone()));
        let minutes = async |count: u32| {
            for _ in 0..count * 6 {
                tokio::time::sleep(Duration::from_secs(10)).await;
                clock.advance(TimeDelta::seconds(10));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            let released = lane.next();
            if let Some(released) = &released {
                lane.acknowledge(released);
            }
            let minutes = released.into_iter().flat_map(|released| released.minutes);
            minutes.map(|minute| minute.at).collect::<Vec<_>>()
        };
        assert_eq!(minutes(3).await.len(), 3);
        control.send_modify(|control| control.metrics.enabled = false);
        minutes(2).await;
        assert_eq!(minutes(3).await, [0; 0], "switched off");
        control.send_modify(|control| {
            control.metrics.enabled = true;
            control.metrics.send_every = Some(Duration::from_secs(3600));
        });
        minutes(1).await;
        assert_eq!(minutes(20).await, [0; 0], "not due for an hour");
        assert!(minutes(60).await.len() > 10);
        token.cancel();
        while running.join_next().await.is_some() {}
    }
}
