//! Whatever waits, of however many hosts, becomes one statement.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{super::patience::patiently, Job};
use crate::{
    metrics::Metrics,
    remote::Remote,
    store::metric::{self, HostMinute},
};

/// Most minutes of one statement: some 3 MB of values.
const GROUP: usize = 2_000;

pub(super) struct Writer {
    pub(super) db: PgPool,
    pub(super) series: metric::Series,
    pub(super) metrics: Arc<Metrics>,
    pub(super) remote: Remote,
}

impl Writer {
    /// Works until the token is cancelled; the group at hand is finished first.
    pub(super) async fn run(self, mut jobs: mpsc::Receiver<Job>, token: CancellationToken) {
        loop {
            let first = tokio::select! {
                biased;
                () = token.cancelled() => return,
                job = jobs.recv() => match job {
                    Some(job) => job,
                    None => return token.cancelled().await,
                },
            };
            let mut minutes = first.minutes.len();
            let mut group = vec![first];
            while minutes < GROUP
                && let Ok(job) = jobs.try_recv()
            {
                minutes += job.minutes.len();
                group.push(job);
            }
            self.commit(group, &token).await;
        }
    }

    async fn commit(&self, group: Vec<Job>, token: &CancellationToken) {
        let store = || self.store(&group);
        match patiently("minutes of metrics", token, store).await {
            None => {}
            Some(Ok(added)) => {
                let all: usize = group.iter().map(|job| job.minutes.len()).sum();
                self.metrics.metric_minutes_stored.inc_by(added);
                let repeated = (all as u64).saturating_sub(added);
                self.metrics.metric_minutes_repeated.inc_by(repeated);
                for job in group {
                    job.kept.send_replace(job.number);
                    self.remote.offer(job.host, job.host_no, job.minutes);
                }
            }
            // One of them is at fault; alone, each shows whether it is the one.
            Some(Err(_)) if group.len() > 1 => {
                for job in group {
                    Box::pin(self.commit(vec![job], token)).await;
                }
            }
            Some(Err(source)) => {
                let error = &source as &dyn std::error::Error;
                error!(error, "minutes of metrics refused by the database");
                for job in group {
                    let lost = job.minutes.len() as u64;
                    self.metrics.minutes_dropped("refused", lost);
                    // It would be refused again.
                    job.kept.send_replace(job.number);
                }
            }
        }
    }

    async fn store(&self, group: &[Job]) -> sqlx::Result<u64> {
        let rows = group.iter().flat_map(|job| {
            let host_no = job.host_no;
            let minutes = job.minutes.iter();
            minutes.map(move |minute| HostMinute { host_no, minute })
        });
        let rows: Vec<_> = rows.collect();
        let numbers = self.series.resolve(&rows).await?;
        metric::insert(&mut *self.db.acquire().await?, &rows, &numbers).await
    }
}
