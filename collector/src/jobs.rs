//! Does what waits in the tables: any collector of the installation, each job one of them.
//!
//! Who begins a job has it for half a minute, and says again and again that they are still at it. When a
//! collector is killed, its jobs are free after that time; a run that was given up so changes nothing any more.

use std::{fmt, pin::pin, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinSet, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    job::{Next, Outcome, Queue},
    metrics::Metrics,
    store::job::{self, Run, schedule},
};

/// Hears that jobs were added.
mod ear;

/// How long a run counts without a word from who does it.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often they say that they are at it.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often it is looked for jobs of which nothing was heard: those whose time has come.
const POLL: Duration = Duration::from_secs(1);
/// Jobs at once in this collector.
const SLOTS: usize = 64;
/// How long what runs may take to end when the collector stops.
const GRACE: Duration = Duration::from_secs(2);

/// Does one sort of work.
pub trait Work: fmt::Debug + Send + Sync + 'static {
    fn queue(&self) -> &'static Queue;

    /// Does it once. It may be dropped at any await: then somebody does it again.
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome>;
}

/// What does jobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Jobs {
    pub db: PgPool,
    pub clock: SharedClock,
    pub metrics: Arc<Metrics>,
    /// Each of another queue.
    pub work: Arc<[Arc<dyn Work>]>,
}

impl Jobs {
    /// Does what there is and what comes, until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let bell = Notify::new();
        let mut ear = pin!(ear::listen(&self.db, &bell));
        let mut running = JoinSet::new();
        let mut failing = false;
        loop {
            match self.fill(&mut running).await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "jobs cannot be looked for");
                    failing = true;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = token.cancelled() => break,
                () = &mut ear => {}
                () = bell.notified() => {}
                () = time::sleep(POLL) => {}
                Some(ended) = running.join_next() => {
                    if let Err(error) = ended {
                        // Its lease ends, and it counts as an attempt.
                        let error = &error as &dyn std::error::Error;
                        warn!(error, "a job panicked");
                    }
                }
            }
        }
        // What takes longer is done again by the next collector.
        let _ = time::timeout(GRACE, async {
            while running.join_next().await.is_some() {}
        })
        .await;
    }

    /// Begins as many jobs as there is room for.
    async fn fill(&self, running: &mut JoinSet<()>) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        schedule::run_due(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        for work in self.work.iter() {
            self.reclaim(work.queue()).await?;
            while running.len() < SLOTS
                && let Some(run) = self.claim(work.queue()).await?
            {
                running.spawn(self.clone().one(work.clone(), run));
            }
        }
        self.metrics.jobs_running.set(running.len() as i64);
        Ok(())
    }

    /// Begins a job, if one is due.
    pub(crate) async fn claim(&self, queue: &Queue) -> sqlx::Result<Option<Run>> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let run = job::claim(&mut tx, queue, now, now + lease()).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// Gives up runs of which nobody has heard in time.
    pub(crate) async fn reclaim(&self, queue: &Queue) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut db = self.db.acquire().await?;
        for lapsed in job::lapsed(&mut db, queue, now).await? {
            let counts = (lapsed.attempts, lapsed.max_attempts);
            let next = queue.next(counts, Outcome::Lapsed, now, draw());
            if job::settle(&mut db, (lapsed.id, lapsed.lease), &next, now).await? {
                warn!(job.id = %lapsed.id, job.queue = queue.name, "nobody was heard of who ran a job");
                self.metrics.job_ended("lapsed");
            }
        }
        Ok(())
    }

    async fn one(self, work: Arc<dyn Work>, run: Run) {
        let outcome = tokio::select! {
            outcome = work.run(&run) => outcome,
            () = self.hold(&run) => {
                info!(job.id = %run.id, "a job was given to somebody else");
                return;
            }
        };
        if let Err(error) = self.settle(work.queue(), &run, outcome).await {
            let error = &error as &dyn std::error::Error;
            warn!(job.id = %run.id, error, "what came of a job was not written down: it is done again");
        }
    }

    /// Says again and again that the run goes on; returns when it does not count any more.
    async fn hold(&self, run: &Run) {
        loop {
            time::sleep(RENEWAL).await;
            let until = self.clock.now() + lease();
            let renewed = async { job::renew(&mut *self.db.acquire().await?, run, until).await };
            // When the database is away, nobody else can have it either.
            if let Ok(false) = renewed.await {
                return;
            }
        }
    }

    /// Writes down what becomes of a job. `false` when the run does not count any more.
    pub(crate) async fn settle(
        &self,
        queue: &Queue,
        run: &Run,
        outcome: Outcome,
    ) -> sqlx::Result<bool> {
        let now = self.clock.now();
        let next = queue.next((run.attempts, run.max_attempts), outcome, now, draw());
        let mut db = self.db.acquire().await?;
        let counts = job::settle(&mut db, (run.id, run.lease), &next, now).await?;
        if counts {
            self.metrics.job_ended(match &next {
                Next::Gone => "done",
                Next::Again { error: None, .. } => "early",
                Next::Again { error: Some(_), .. } => "failed",
                Next::Dead { .. } => "dead",
            });
            if let Next::Dead { error } = next {
                warn!(job.id = %run.id, job.queue = queue.name, why = error, "a job was given up");
            }
        }
        Ok(counts)
    }
}

fn lease() -> TimeDelta {
    TimeDelta::from_std(LEASE).expect("half a minute")
}

/// Uniform; in the middle when the system has none.
fn draw() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests;
