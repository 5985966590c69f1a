//! Workers over one database, as several collectors have it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::clock::{Clock as _, ManualClock};
use tokio::sync::Semaphore;

use super::*;
use crate::store::{job::New, test_db::test_pool};

const QUEUE: Queue = Queue {
    name: "test",
    at_once: 2,
    max_attempts: 3,
    first: Duration::ZERO,
    most: Duration::ZERO,
};

fn start() -> DateTime<Utc> {
    "2026-03-03T14:05:00Z".parse().unwrap()
}

/// Notes who runs what.
#[derive(Debug)]
struct Watched {
    seen: Arc<Mutex<Seen>>,
    /// What runs of the lane `slow` wait for.
    gate: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Seen {
    at_once: BTreeMap<String, usize>,
    jobs: BTreeSet<i64>,
    ended: Vec<i64>,
    worst: usize,
    twice: usize,
}

impl Watched {
    fn pair() -> (Arc<Self>, Arc<Mutex<Seen>>) {
        let seen = Arc::<Mutex<Seen>>::default();
        let gate = Arc::new(Semaphore::new(0));
        let watched = Self {
            seen: seen.clone(),
            gate,
        };
        (Arc::new(watched), seen)
    }
}

impl Work for Watched {
    fn queue(&self) -> &'static Queue {
        &QUEUE
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome> {
        let number = run.payload["number"].as_i64().unwrap();
        Box::pin(async move {
            {
                let mut seen = self.seen.lock().unwrap();
                let lane = seen.at_once.entry(run.lane.clone()).or_default();
                *lane += 1;
                let lane = *lane;
                seen.worst = seen.worst.max(lane);
                if !seen.jobs.insert(number) {
                    seen.twice += 1;
                }
            }
            if run.lane == "slow" {
                self.gate.acquire().await.unwrap().forget();
            } else {
                tokio::task::yield_now().await;
            }
            let mut seen = self.seen.lock().unwrap();
            *seen.at_once.get_mut(&run.lane).unwrap() -= 1;
            seen.jobs.remove(&number);
            seen.ended.push(number);
            Outcome::Done
        })
    }
}

struct Collector {
    jobs: Jobs,
    clock: Arc<ManualClock>,
}

impl Collector {
    fn new(db: &PgPool, clock: &Arc<ManualClock>, work: Arc<dyn Work>) -> Self {
        Self {
            jobs: Jobs {
                db: db.clone(),
                clock: clock.clone(),
                metrics: Arc::default(),
                work: Arc::new([work]),
            },
            clock: clock.clone(),
        }
    }

    async fn add(&self, lane: &str, number: i64) {
        let payload = json!({ "number": number });
        let new = New {
            queue: QUEUE.name,
            lane,
            key: None,
            payload: &payload,
            max_attempts: QUEUE.max_attempts.into(),
        };
        let mut db = self.jobs.db.acquire().await.unwrap();
        job::enqueue(&mut db, &new, self.clock.now()).await.unwrap();
    }

    async fn left(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from job");
        count.fetch_one(&self.jobs.db).await.unwrap()
    }

    async fn until_left(&self, left: i64) {
        while self.left().await != left {
            time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_collectors_do_every_job_once_and_no_lane_has_more_than_it_may() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (work, seen) = Watched::pair();
    let one = Collector::new(&db, &clock, work.clone());
    let other = Collector::new(&db, &clock, work);
    for number in 0..200 {
        one.add(&format!("lane {}", number % 5), number).await;
    }
    let (token, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(one.jobs.clone().run(token.clone()));
    tasks.spawn(other.jobs.clone().run(token.clone()));
    one.until_left(0).await;
    token.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let seen = seen.lock().unwrap();
    let mut ended = seen.ended.clone();
    ended.sort_unstable();
    assert_eq!(ended, (0..200).collect::<Vec<_>>());
    assert_eq!(seen.twice, 0, "one job ran twice at once");
    assert!(seen.worst <= 2, "{} at once in one lane", seen.worst);
}

#[tokio::test]
async fn a_lane_that_is_slow_holds_up_no_other() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (work, seen) = Watched::pair();
    let one = Collector::new(&db, &clock, work.clone());
    for number in 0..100 {
        one.add("slow", number).await;
    }
    for number in 100..150 {
        one.add("quick", number).await;
    }
    let (token, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(one.jobs.clone().run(token.clone()));
    one.until_left(100).await;
    assert_eq!(seen.lock().unwrap().ended.len(), 50);
    while seen.lock().unwrap().at_once["slow"] != 2 {
        time::sleep(Duration::from_millis(10)).await;
    }
    work.gate.add_permits(100);
    one.until_left(0).await;
    token.cancel();
    tasks.join_all().await;
}

#[tokio::test]
async fn what_a_killed_collector_was_at_is_done_by_another_one() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (stuck, seen) = Watched::pair();
    let killed = Collector::new(&db, &clock, stuck.clone());
    killed.add("slow", 1).await;
    let mut tasks = JoinSet::new();
    tasks.spawn(killed.jobs.clone().run(CancellationToken::new()));
    while seen.lock().unwrap().jobs.is_empty() {
        time::sleep(Duration::from_millis(10)).await;
    }
    tasks.shutdown().await;

    let (work, seen) = Watched::pair();
    work.gate.add_permits(1);
    let other = Collector::new(&db, &clock, work);
    let token = CancellationToken::new();
    // Its lease is good yet.
    other.jobs.reclaim(&QUEUE).await.unwrap();
    assert!(other.jobs.claim(&QUEUE).await.unwrap().is_none());
    clock.advance(TimeDelta::seconds(31));
    tasks.spawn(other.jobs.clone().run(token.clone()));
    other.until_left(0).await;
    assert_eq!(seen.lock().unwrap().ended, [1]);
    token.cancel();
    tasks.join_all().await;
}

#[tokio::test]
async fn a_run_that_lapsed_changes_nothing_any_more() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (work, _) = Watched::pair();
    let one = Collector::new(&db, &clock, work);
    one.add("lane", 1).await;
    let slow = one.jobs.claim(&QUEUE).await.unwrap().unwrap();
    // Whoever says in time that they are at it keeps it.
    clock.advance(TimeDelta::seconds(20));
    let until = clock.now() + lease();
    let mut conn = db.acquire().await.unwrap();
    assert!(job::renew(&mut conn, &slow, until).await.unwrap());
    clock.advance(TimeDelta::seconds(20));
    one.jobs.reclaim(&QUEUE).await.unwrap();
    assert!(one.jobs.claim(&QUEUE).await.unwrap().is_none());

    clock.advance(TimeDelta::seconds(31));
    one.jobs.reclaim(&QUEUE).await.unwrap();
    let again = one.jobs.claim(&QUEUE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (slow.id, 2));
    assert!(!job::renew(&mut conn, &slow, until).await.unwrap());
    assert!(!one.jobs.settle(&QUEUE, &slow, Outcome::Done).await.unwrap());
    assert_eq!(one.left().await, 1, "it is the other's");
    assert!(
        one.jobs
            .settle(&QUEUE, &again, Outcome::Done)
            .await
            .unwrap()
    );
    assert_eq!(one.left().await, 0);
}

#[tokio::test]
async fn a_job_that_kills_whoever_runs_it_is_given_up_and_can_be_revived() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (work, _) = Watched::pair();
    let one = Collector::new(&db, &clock, work);
    one.add("lane", 1).await;
    for _ in 0..3 {
        one.jobs.reclaim(&QUEUE).await.unwrap();
        assert!(one.jobs.claim(&QUEUE).await.unwrap().is_some());
        clock.advance(TimeDelta::seconds(31));
    }
    one.jobs.reclaim(&QUEUE).await.unwrap();
    assert!(one.jobs.claim(&QUEUE).await.unwrap().is_none());
    let mut conn = db.acquire().await.unwrap();
    let dead = job::list(&mut conn, Some(crate::job::State::Dead), None, 10)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].error.as_deref().unwrap().contains("not heard of"));
    job::revive(&mut conn, dead[0].id, clock.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(one.jobs.claim(&QUEUE).await.unwrap().unwrap().attempts, 1);
}

#[tokio::test]
async fn whoever_listens_hears_of_a_job_when_it_is_committed() {
    let (db, _server) = test_pool().await;
    let clock = ManualClock::at(start());
    let (work, _) = Watched::pair();
    let one = Collector::new(&db, &clock, work);
    let bell = Notify::new();
    let mut ear = pin!(ear::listen(&db, &bell));
    let mut number = 0;
    // It takes a moment until somebody listens.
    loop {
        number += 1;
        one.add("lane", number).await;
        tokio::select! {
            () = &mut ear => unreachable!("it never returns"),
            () = bell.notified() => return,
            () = time::sleep(Duration::from_millis(20)) => {}
        }
    }
}
