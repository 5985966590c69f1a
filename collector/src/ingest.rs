//! From records to rows: check what a host sends, put hosts' batches together, commit them as one.
//!
//! Nothing is acknowledged before it is committed. When the database is away, batches wait in
//! bounded queues, sessions stop reading, and QUIC holds the agents back; nothing is dropped.

/// Checks records and puts the parts of snapshots together.
mod assemble;

/// Minutes of metrics, on a way of their own.
mod metric;

/// Waits for a database that is away.
mod patience;

/// Commits batches of many hosts together.
mod writer;

use std::sync::Arc;

use shared::{clock::SharedClock, id::Epoch, lifecycle::Lifecycle, wire::KindState};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};

pub use self::{
    assemble::{Assembler, Malformed},
    metric::{HostMetrics, MetricIngest},
    writer::WriteError,
};
use crate::{
    live::Feed,
    metrics::Metrics,
    store::{
        self,
        dictionary::Dictionary,
        fact::{Batch, Outcome},
    },
};

/// Writers that work side by side; a host always has the same one. Two keep the database busy
/// while one of them decides what to write.
const WRITERS: usize = 2;
/// Batches that wait for one writer. When they are full, sessions wait.
const QUEUE: usize = 256;

/// The door to the writers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ingest {
    writers: Arc<[mpsc::Sender<Job>]>,
    dictionary: Dictionary,
}

/// A batch and who waits for it.
#[derive(Debug)]
struct Job {
    batch: Batch,
    reply: oneshot::Sender<Result<Outcome, WriteError>>,
}

impl Ingest {
    /// Starts the writers.
    pub fn start(
        db: &PgPool,
        clock: &SharedClock,
        lifecycle: &Lifecycle,
        feed: &Feed,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let dictionary = Dictionary::new(db.clone());
        let writers = (0..WRITERS)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(QUEUE);
                let writer = writer::Writer {
                    db: db.clone(),
                    clock: clock.clone(),
                    dictionary: dictionary.clone(),
                    feed: feed.clone(),
                    metrics: metrics.clone(),
                };
                lifecycle.spawn("writer", |token| writer.run(receiver, token));
                sender
            })
            .collect();
        Self {
            writers,
            dictionary,
        }
    }

    /// What checks the records of one session, which are of this epoch.
    pub fn assembler(&self, epoch: Epoch) -> Assembler {
        Assembler::new(self.dictionary.clone(), epoch)
    }

    /// The kinds whose stored rows are not what the host says they are. What is damaged is mended
    /// when the host sends them afresh.
    ///
    /// # Errors
    /// sqlx's.
    pub async fn verify(
        &self,
        db: &mut PgConnection,
        host_no: i32,
        kinds: &[KindState],
    ) -> sqlx::Result<Vec<String>> {
        let verified = store::fact::verify(db, host_no, kinds).await?;
        self.dictionary.distrust(&verified.damaged);
        Ok(verified.differing)
    }

    /// Hands over a batch. Waits while the queue is full; the receiver answers when the batch is
    /// committed, and is closed when the collector stops first.
    pub async fn submit(&self, batch: Batch) -> oneshot::Receiver<Result<Outcome, WriteError>> {
        let (reply, receiver) = oneshot::channel();
        let writer = &self.writers[batch.host_no.unsigned_abs() as usize % self.writers.len()];
        // A writer that is gone drops the reply, which tells the session the same.
        let _ = writer.send(Job { batch, reply }).await;
        receiver
    }
}
