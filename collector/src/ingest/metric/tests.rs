use std::time::Duration;

use chrono::DateTime;
use shared::{
    clock::{Clock as _, ManualClock},
    metric::{Encoder, Reading},
};

use super::*;
use crate::{
    outbound::Outbound,
    retention::Keep,
    store::{partition, test_db::test_pool},
};

const MINUTE: i64 = 29_542_440;

fn minute(at: i64) -> Minute<Arc<str>> {
    let rows = vec![("cpu.user".into(), Reading::steady(0.5))];
    Minute { at, rows }
}

fn member() -> Member {
    Member {
        host: HostId::new(),
        host_no: 1,
        not_after: DateTime::UNIX_EPOCH,
    }
}

/// The door, with nobody behind it who takes anything.
fn door(room: usize) -> (MetricIngest, mpsc::Receiver<Job>) {
    let (writer, jobs) = mpsc::channel(room);
    let db = PgPool::connect_lazy("postgres:///nowhere?host=/nonexistent").unwrap();
    let ingest = MetricIngest {
        writer,
        series: metric::Series::new(db),
        clock: ManualClock::at(metric::begin(MINUTE).unwrap()),
        metrics: Arc::default(),
    };
    (ingest, jobs)
}

impl MetricIngest {
    fn dropped(&self, reason: &'static str) -> u64 {
        let dropped = &self.metrics.metric_minutes_dropped;
        dropped
            .get_or_create(&crate::metrics::Refusal { reason })
            .get()
    }
}

#[tokio::test]
async fn what_there_is_no_room_for_is_dropped_and_not_acknowledged() {
    let (ingest, mut jobs) = door(1);
    let mut session = ingest.session(member());
    let kept = session.kept();
    let mut encoder = Encoder::default();
    for at in [MINUTE, MINUTE + 1] {
        session.take(&encoder.message(&[minute(at)], 0));
    }
    assert_eq!((ingest.dropped("busy"), *kept.borrow()), (1, 0));
    // The agent sends it again, with all that its session has said by then.
    jobs.recv().await.unwrap();
    session.take(&encoder.message(&[minute(MINUTE + 1)], 0));
    let job = jobs.recv().await.unwrap();
    assert_eq!((job.number, job.minutes), (3, vec![minute(MINUTE + 1)]));
}

#[tokio::test]
async fn what_can_never_be_kept_is_counted_and_acknowledged() {
    let (ingest, mut jobs) = door(8);
    let mut session = ingest.session(member());
    let kept = session.kept();
    let mut encoder = Encoder::default();
    let minutes = [
        minute(MINUTE - 24 * 60 - 1),
        minute(MINUTE),
        minute(MINUTE + 11),
    ];
    session.take(&encoder.message(&minutes, 4));
    assert_eq!(
        (ingest.dropped("untimely"), ingest.dropped("agent")),
        (2, 4)
    );
    assert_eq!(jobs.recv().await.unwrap().minutes, [minute(MINUTE)]);
    session.take(&encoder.message(&[minute(0)], 0));
    assert_eq!((ingest.dropped("untimely"), *kept.borrow()), (3, 2));

    let mut bad = encoder.message(&[minute(MINUTE + 1)], 0);
    bad.names.push("no name".into());
    session.take(&bad);
    assert_eq!((ingest.dropped("malformed"), *kept.borrow()), (1, 3));
    // Values build on those before: nothing more of this session is believed.
    session.take(&encoder.message(&[minute(MINUTE + 2)], 0));
    assert_eq!((ingest.dropped("malformed"), *kept.borrow()), (2, 4));
    assert!(jobs.try_recv().is_err());
}

#[tokio::test]
async fn a_minute_that_the_database_refuses_takes_no_other_along() {
    let (pool, _server) = test_pool().await;
    let clock = ManualClock::at(metric::begin(MINUTE).unwrap());
    let keep = Keep::default();
    let mut db = pool.acquire().await.unwrap();
    partition::maintain(&mut db, clock.now(), keep)
        .await
        .unwrap();
    let metrics = Arc::<Metrics>::default();
    let lifecycle = Lifecycle::default();
    let remote = Remote::start(None, &Outbound::default(), &pool, &lifecycle, &metrics).unwrap();
    let shared: SharedClock = clock.clone();
    let ingest = MetricIngest::start(&pool, &shared, &lifecycle, &metrics, remote);
    // There is no partition for so late a day.
    let far = MINUTE + 10 * 24 * 60;
    let mut sessions = Vec::new();
    for at in [MINUTE, far, MINUTE + 1] {
        let mut session = ingest.session(member());
        clock.advance((metric::begin(at).unwrap()) - clock.now());
        session.take(&Encoder::default().message(&[minute(at)], 0));
        sessions.push(session.kept());
    }
    for kept in &mut sessions {
        let wait = kept.wait_for(|number| *number == 1);
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("all are answered")
            .unwrap();
    }
    assert_eq!(ingest.dropped("refused"), 1);
    assert_eq!(metrics.metric_minutes_stored.get(), 2);
    lifecycle.stop(Duration::from_secs(10)).await;
}
