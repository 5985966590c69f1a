//! Commits batches of many hosts together: whatever waits when the last transaction ends goes into
//! the next, so that a quiet collector answers at once and a busy one commits in large groups.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{Job, patience::patiently};
use crate::{
    live::{Event, Feed},
    metrics::Metrics,
    store::{
        self,
        dictionary::Dictionary,
        fact::{Batch, Op, Outcome, Sealed},
    },
};

/// Most rows of one transaction: large enough that the commit costs little, small enough that the
/// batches behind it do not wait for long.
const GROUP_ROWS: usize = 20_000;

/// The database refused a batch for what it holds.
#[derive(Debug, thiserror::Error)]
#[error("the database refuses the batch")]
pub struct WriteError(#[source] sqlx::Error);

/// One writer.
pub(super) struct Writer {
    pub(super) db: PgPool,
    pub(super) clock: SharedClock,
    pub(super) dictionary: Dictionary,
    /// Learns what changed after each commit.
    pub(super) feed: Feed,
    pub(super) metrics: Arc<Metrics>,
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
            let mut rows = size(&first.batch);
            let mut group = vec![first];
            while rows < GROUP_ROWS
                && let Ok(job) = jobs.try_recv()
            {
                rows += size(&job.batch);
                group.push(job);
            }
            self.commit(group, &token).await;
        }
    }

    async fn commit(&self, group: Vec<Job>, token: &CancellationToken) {
        let (batches, mut replies): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|job| (job.batch, Some(job.reply)))
            .unzip();
        let store = || self.store(&batches);
        match patiently("batches", token, store).await {
            None => {}
            Some(Ok(outcomes)) => {
                self.metrics.batches_committed.inc();
                for ((batch, outcome), reply) in batches.iter().zip(outcomes).zip(&mut replies) {
                    self.announce(batch, &outcome);
                    let _ = reply.take().map(|reply| reply.send(Ok(outcome)));
                }
            }
            // One of them is at fault; alone, each shows whether it is the one.
            Some(Err(_)) if batches.len() > 1 => {
                for (batch, reply) in batches.into_iter().zip(replies) {
                    let Some(reply) = reply else { continue };
                    Box::pin(self.commit(vec![Job { batch, reply }], token)).await;
                }
            }
            Some(Err(source)) => {
                error!(error = &source as &dyn std::error::Error, "batch refused");
                if let Some(reply) = replies.pop().flatten() {
                    let _ = reply.send(Err(WriteError(source)));
                }
            }
        }
    }

    fn announce(&self, batch: &Batch, outcome: &Outcome) {
        let units = batch.units.len() as u64;
        self.metrics.records_repeated.inc_by(outcome.repeated);
        self.metrics
            .records_applied
            .inc_by(units.saturating_sub(outcome.repeated));
        self.metrics
            .digest_mismatches
            .inc_by(outcome.differing.len() as u64);
        match outcome.seal {
            Some(Sealed::Kept) => self.metrics.sealed("kept"),
            Some(Sealed::Broken) => self.metrics.sealed("begins_anew"),
            Some(Sealed::Unfit) => self.metrics.sealed("unfit"),
            Some(Sealed::Known) | None => {}
        }
        if !outcome.changed.is_empty() {
            let kinds = outcome.changed.clone();
            self.feed.publish(Event::HostChanged {
                host: batch.host,
                kinds,
            });
        }
    }

    async fn store(&self, batches: &[Batch]) -> sqlx::Result<Vec<Outcome>> {
        let names = Names::of(batches);
        let resolved = self
            .dictionary
            .resolve(&names.kinds, &names.gone, &names.rows)
            .await?;
        let mut transaction = self.db.begin().await?;
        let outcomes =
            store::fact::apply(&mut transaction, batches, &resolved, self.clock.now()).await?;
        transaction.commit().await?;
        Ok(outcomes)
    }
}

/// Everything that batches name.
#[derive(Default)]
struct Names<'a> {
    kinds: BTreeSet<String>,
    /// Kind and key of rows that go away.
    gone: BTreeSet<(String, String)>,
    rows: BTreeMap<shared::fact::RowHash, &'a store::dictionary::NewRow>,
}

impl<'a> Names<'a> {
    fn of(batches: &'a [Batch]) -> Self {
        let mut names = Self::default();
        for unit in batches.iter().flat_map(|batch| &batch.units) {
            match &unit.op {
                Op::Delta {
                    kind, set, gone, ..
                } => {
                    names.kinds.insert(kind.clone());
                    names
                        .gone
                        .extend(gone.iter().map(|key| (kind.clone(), key.clone())));
                    names.rows.extend(set.iter().map(|row| (row.hash, row)));
                }
                Op::Replace { kind, rows, .. } => {
                    names.kinds.insert(kind.clone());
                    names.rows.extend(rows.iter().map(|row| (row.hash, row)));
                }
                Op::Freshness { kind, .. } => drop(names.kinds.insert(kind.clone())),
                Op::Gap { .. } => {}
            }
        }
        names
    }
}

fn size(batch: &Batch) -> usize {
    let rows = batch.units.iter().map(|unit| match &unit.op {
        Op::Delta { set, gone, .. } => set.len() + gone.len(),
        Op::Replace { rows, .. } => rows.len(),
        Op::Freshness { .. } | Op::Gap { .. } => 1,
    });
    rows.sum()
}
