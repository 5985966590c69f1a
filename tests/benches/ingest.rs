//! The way of records into the database, without the wire: checked, queued, put together, committed
//! by the collector's own code, against `COPY` of the same rows into the same Postgres. Both sides
//! are durable: Postgres is the collector's private one, with its settings.

/// The floor.
mod copy;

/// Fifty hosts and what they say.
mod load;

use std::{
    collections::VecDeque,
    os::unix::fs::PermissionsExt as _,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use collector::{
    ingest::Ingest,
    live::Feed,
    metrics::Metrics,
    postgres::Private,
    retention::Keep,
    store::{self, fact::Batch},
};
use shared::{clock::SystemClock, lifecycle::Lifecycle, wire::Record};
use sqlx::PgPool;
use tokio::task::JoinSet;

use self::load::Target;
use crate::{
    report::{Table, count, ratio, time},
    timing::quantile,
};

/// Batches of one host that are under way, as in a session.
const AHEAD: usize = 4;

/// A running store.
struct Store {
    db: PgPool,
    ingest: Ingest,
    metrics: Arc<Metrics>,
}

/// What one case took.
struct Figures {
    rows: usize,
    took: Duration,
    /// From submission to commit, of each batch.
    times: Vec<Duration>,
    /// Groups that the writers committed.
    groups: u64,
    /// Transactions that wrote, those of the dictionary included.
    transactions: i64,
    wal_bytes: i64,
}

/// Measures every case.
///
/// # Errors
/// When there is no Postgres, or a batch was not applied as it was sent.
pub(crate) fn run() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = tempfile::tempdir()?;
        // The account that runs Postgres passes through it.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open)?;
        let postgres = Private::start(&folder.path().join("postgres"), "postgres", &[])?;
        let clock = SystemClock::shared();
        let db = store::open(postgres.options()).await?;
        let mut preparing = db.begin().await?;
        store::partition::maintain(&mut preparing, clock.now(), Keep::default()).await?;
        preparing.commit().await?;

        let lifecycle = Lifecycle::default();
        let metrics = Arc::new(Metrics::default());
        let feed = Feed::new(clock.clone());
        let ingest = Ingest::start(&db, &clock, &lifecycle, &feed, &metrics);
        let store = Store {
            db: db.clone(),
            ingest,
            metrics,
        };
        let measured = measure(&store).await;
        lifecycle.stop(Duration::from_secs(10)).await;
        db.close().await;
        postgres.stop();
        measured
    })
}

async fn measure(store: &Store) -> anyhow::Result<()> {
    let columns = [
        "COPY, key",
        "COPY, schema",
        "COPY, bare",
        "case",
        "rows",
        "rows/s",
        "COPY rows/s (key)",
        "groups",
        "transactions",
        "WAL B/row",
        "p50",
        "p99",
    ];
    let mut table = Table::new(&columns);
    let mut add = |case: &str, mut figures: Figures, floor: copy::Floor| {
        let took = figures.took.as_secs_f64();
        let rows = figures.rows as f64;
        table.row(&[
            &ratio(took, floor.keyed.as_secs_f64()),
            &ratio(took, floor.schema.as_secs_f64()),
            &ratio(took, floor.bare.as_secs_f64()),
            &case,
            &count(rows),
            &count(rows / took),
            &count(rows / floor.keyed.as_secs_f64()),
            &figures.groups,
            &figures.transactions,
            &count(figures.wal_bytes as f64 / rows),
            &time(quantile(&mut figures.times, 0.5)),
            &time(quantile(&mut figures.times, 0.99)),
        ]);
    };

    let first = load::enrol(&store.db, 0).await?;
    let figures = store.send(load::snapshots(&first)).await?;
    let floor = copy::of(&store.db, &first, copy::PRESENT).await?;
    add("first snapshots, empty fleet", figures, floor);

    let more = load::enrol(&store.db, load::HOSTS).await?;
    let figures = store.send(load::snapshots(&more)).await?;
    let floor = copy::of(&store.db, &more, copy::PRESENT).await?;
    add("first snapshots, known fleet", figures, floor);

    let changing = &more[..load::CHANGING];
    let figures = store.send(load::deltas(changing)?).await?;
    let floor = copy::of(&store.db, changing, copy::CHANGED).await?;
    add("deltas", figures, floor);

    let figures = store.send(load::snapshots(&first)).await?;
    let floor = copy::of(&store.db, &first, copy::PRESENT).await?;
    add("all repeated", figures, floor);

    table.print("Ingest against COPY of the rows that it leaves");
    Ok(())
}

impl Store {
    /// Sends the records of every host at once, and waits until all are committed.
    async fn send(&self, hosts: Vec<(Target, Vec<Record>)>) -> anyhow::Result<Figures> {
        let rows = hosts
            .iter()
            .flat_map(|(_, records)| records)
            .map(load::rows);
        let rows = rows.sum();
        let (transactions, wal) = self.marks().await?;
        let groups = self.metrics.batches_committed.get();
        let started = Instant::now();
        let mut sessions = JoinSet::new();
        for (target, records) in hosts {
            sessions.spawn(session(self.ingest.clone(), target, records));
        }
        let mut times = Vec::new();
        while let Some(ended) = sessions.join_next().await {
            times.extend(ended??);
        }
        let took = started.elapsed();
        let (transactions_after, wal_after) = self.marks().await?;
        Ok(Figures {
            rows,
            took,
            times,
            groups: self.metrics.batches_committed.get() - groups,
            transactions: transactions_after - transactions,
            wal_bytes: wal_after - wal,
        })
    }

    /// The number of the next transaction, and the end of the write-ahead log.
    async fn marks(&self) -> sqlx::Result<(i64, i64)> {
        sqlx::query_as(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint",
        )
        .fetch_one(&self.db)
        .await
    }
}

/// One host's session without the wire: every record is a batch, four are under way at most.
async fn session(
    ingest: Ingest,
    target: Target,
    records: Vec<Record>,
) -> anyhow::Result<Vec<Duration>> {
    let mut assembler = ingest.assembler(target.epoch);
    let mut ahead = VecDeque::new();
    let mut times = Vec::with_capacity(records.len());
    for record in records {
        if ahead.len() == AHEAD
            && let Some(oldest) = ahead.pop_front()
        {
            times.push(settle(oldest).await?);
        }
        let (started, seq) = (Instant::now(), record.seq);
        let units = assembler.accept(vec![record])?;
        let reply = ingest.submit(Batch {
            host: target.host,
            host_no: target.host_no,
            epoch: target.epoch,
            units,
            seal: None,
        });
        ahead.push_back((started, seq, reply.await));
    }
    for batch in ahead {
        times.push(settle(batch).await?);
    }
    Ok(times)
}

type Reply =
    tokio::sync::oneshot::Receiver<Result<store::fact::Outcome, collector::ingest::WriteError>>;

async fn settle((started, seq, reply): (Instant, u64, Reply)) -> anyhow::Result<Duration> {
    let outcome = reply.await.context("the writer is gone")??;
    anyhow::ensure!(
        outcome.applied >= seq && outcome.differing.is_empty() && !outcome.superseded,
        "record {seq} was not applied as it was sent: {outcome:?}"
    );
    Ok(started.elapsed())
}
