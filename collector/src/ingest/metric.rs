//! Minutes of metrics, from the door to their table. A way of their own: facts never wait for them,
//! and they wait for nothing. What there is no room for is dropped, counted and not acknowledged,
//! so that the agent sends it again in a minute; what can never be kept is dropped, counted and
//! acknowledged.

/// Writes minutes of many hosts together.
mod writer;

use std::sync::Arc;

use shared::{
    clock::SharedClock,
    id::HostId,
    lifecycle::Lifecycle,
    metric::{Decoder, Minute},
    wire,
};
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tracing::warn;

use crate::{
    metrics::Metrics,
    remote::Remote,
    store::{certificate::Member, metric},
};

/// Messages that wait for the writer, each with a minute or a few, some 3 KB each. When it is full
/// they are dropped.
const QUEUE: usize = 4096;

/// The door to the writer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MetricIngest {
    writer: mpsc::Sender<Job>,
    series: metric::Series,
    clock: SharedClock,
    metrics: Arc<Metrics>,
}

/// Minutes of one message.
#[derive(Debug)]
struct Job {
    host: HostId,
    host_no: i32,
    minutes: Vec<Minute<Arc<str>>>,
    number: u64,
    kept: watch::Sender<u64>,
}

/// What one session sends.
#[derive(Debug)]
pub struct HostMetrics {
    ingest: MetricIngest,
    member: Member,
    decoder: Decoder<Arc<str>>,
    /// The number of the last message that need not be sent again.
    kept: watch::Sender<u64>,
}

impl MetricIngest {
    /// Starts the writer; what it has stored goes to `remote` as well.
    pub fn start(
        db: &PgPool,
        clock: &SharedClock,
        lifecycle: &Lifecycle,
        metrics: &Arc<Metrics>,
        remote: Remote,
    ) -> Self {
        let (sender, jobs) = mpsc::channel(QUEUE);
        let series = metric::Series::new(db.clone());
        let writer = writer::Writer {
            db: db.clone(),
            series: series.clone(),
            metrics: metrics.clone(),
            remote,
        };
        lifecycle.spawn("metric writer", |token| writer.run(jobs, token));
        Self {
            writer: sender,
            series,
            clock: clock.clone(),
            metrics: metrics.clone(),
        }
    }

    /// What takes the metrics of one session.
    pub fn session(&self, member: Member) -> HostMetrics {
        HostMetrics {
            ingest: self.clone(),
            member,
            decoder: Decoder::default(),
            kept: watch::Sender::new(0),
        }
    }
}

impl HostMetrics {
    /// Changes to the number of each message that is kept, or never will be.
    pub fn kept(&self) -> watch::Receiver<u64> {
        self.kept.subscribe()
    }

    /// Takes a message. Never waits.
    pub fn take(&mut self, message: &wire::Metrics) {
        let metrics = &self.ingest.metrics;
        metrics.minutes_dropped("agent", message.dropped);
        let series = &self.ingest.series;
        let mut minutes = match self.decoder.minutes(message, |name| series.name(name)) {
            Ok(minutes) => minutes,
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "metrics refused");
                metrics.minutes_dropped("malformed", message.minutes.len() as u64);
                self.kept.send_replace(message.number);
                return;
            }
        };
        let (now, all) = (self.ingest.clock.now(), minutes.len());
        minutes.retain(|minute| metric::is_timely(minute.at, now));
        metrics.minutes_dropped("untimely", (all - minutes.len()) as u64);
        if minutes.is_empty() {
            self.kept.send_replace(message.number);
            return;
        }
        let count = minutes.len() as u64;
        let Member { host, host_no, .. } = self.member;
        let job = Job {
            host,
            host_no,
            minutes,
            number: message.number,
            kept: self.kept.clone(),
        };
        if self.ingest.writer.try_send(job).is_err() {
            metrics.minutes_dropped("busy", count);
        }
    }
}

#[cfg(test)]
mod tests;
