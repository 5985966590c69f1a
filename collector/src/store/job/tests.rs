//! The table against a naive model, and what it promises to callers.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;
use sqlx::PgPool;

use super::*;
use crate::{job::Outcome, store::test_db::test_pool};

/// Without waits, so that the model need not know what was drawn.
const QUEUE: Queue = Queue {
    name: "test",
    at_once: 2,
    max_attempts: 3,
    first: Duration::ZERO,
    most: Duration::ZERO,
};
const LEASE: TimeDelta = TimeDelta::seconds(30);

fn start() -> DateTime<Utc> {
    "2026-03-03T14:05:00Z".parse().unwrap()
}

fn new<'a>(lane: &'a str, key: Option<&'a str>, payload: &'a Value) -> New<'a> {
    New {
        queue: QUEUE.name,
        lane,
        key,
        payload,
        max_attempts: QUEUE.max_attempts.into(),
    }
}

#[derive(Debug, Clone)]
enum Step {
    Add(u8, Option<u8>),
    Claim,
    /// The run at this place among those that go on ends so.
    End(usize, Outcome),
    /// The same for one that does not count any more.
    EndLate(Outcome),
    Wait(i64),
    Reclaim,
    Revive(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    let failed = Outcome::Failed {
        why: "no".into(),
        not_before: None,
    };
    let outcome = prop_oneof![
        3 => Just(Outcome::Done),
        4 => Just(failed),
        1 => Just(Outcome::Refused { why: "never".into() }),
        1 => Just(Outcome::Early(Duration::from_secs(20))),
    ];
    prop_oneof![
        5 => (0..4u8, proptest::option::of(0..3u8)).prop_map(|(lane, key)| Step::Add(lane, key)),
        6 => Just(Step::Claim),
        4 => (any::<usize>(), outcome.clone()).prop_map(|(at, end)| Step::End(at, end)),
        1 => outcome.prop_map(Step::EndLate),
        2 => (0..40i64).prop_map(Step::Wait),
        1 => Just(Step::Reclaim),
        1 => any::<usize>().prop_map(Step::Revive),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Modelled {
    lane: String,
    key: Option<String>,
    state: State,
    attempts: i32,
    due: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

/// What the table should be.
#[derive(Debug, Default)]
struct Model(BTreeMap<Uuid, Modelled>);

impl Model {
    fn waits(&self, key: Option<&str>) -> bool {
        let mut jobs = self.0.values();
        key.is_some() && jobs.any(|job| job.state == State::Waiting && job.key.as_deref() == key)
    }

    /// The lanes from which a job may be begun, with the job of each.
    fn due(&self, now: DateTime<Utc>) -> Vec<Uuid> {
        let mut first: BTreeMap<&str, (DateTime<Utc>, Uuid)> = BTreeMap::new();
        for (id, job) in &self.0 {
            let running = self.0.values();
            let running =
                running.filter(|other| other.state == State::Running && other.lane == job.lane);
            if job.state == State::Waiting && job.due <= now && running.count() < 2 {
                let mine = (job.due, *id);
                first
                    .entry(&job.lane)
                    .and_modify(|kept| *kept = mine.min(*kept))
                    .or_insert(mine);
            }
        }
        let least = first.values().map(|(due, _)| *due).min();
        let mut found: Vec<_> = first
            .into_values()
            .filter(|(due, _)| Some(*due) == least)
            .map(|(_, id)| id)
            .collect();
        found.sort();
        found
    }

    fn end(&mut self, id: Uuid, next: &Next) {
        match next {
            Next::Gone => {
                self.0.remove(&id);
            }
            Next::Dead { .. } => {
                let job = self.0.get_mut(&id).unwrap();
                (job.state, job.until) = (State::Dead, None);
            }
            Next::Again {
                due_at, attempts, ..
            } => {
                let key = self.0[&id].key.clone();
                if self.waits(key.as_deref()) {
                    self.0.remove(&id);
                    return;
                }
                let job = self.0.get_mut(&id).unwrap();
                (job.state, job.until) = (State::Waiting, None);
                (job.due, job.attempts) = (*due_at, *attempts);
            }
        }
    }

    async fn check(&self, db: &PgPool) {
        let rows = sqlx::query_as::<_, (Uuid, String, Option<String>, String, i32)>(
            "select id, lane, key, state, attempts from job order by id",
        );
        let rows: Vec<_> = rows.fetch_all(db).await.unwrap();
        let mine = self.0.iter().map(|(id, job)| {
            let state = job.state.name().to_owned();
            (*id, job.lane.clone(), job.key.clone(), state, job.attempts)
        });
        assert_eq!(rows, mine.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_table_is_what_a_naive_model_says_whatever_happens_in_whichever_order() {
    let (db, _server) = test_pool().await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Default::default(), rng);
    let walk = proptest::collection::vec(steps(), 600);
    let walk = walk.new_tree(&mut runner).unwrap().current();
    let (mut model, mut runs, mut late) = (Model::default(), Vec::<Run>::new(), Vec::new());
    let mut now = start();
    let payload = json!({});
    for step in walk {
        let mut tx = db.begin().await.unwrap();
        match step.clone() {
            Step::Add(lane, key) => {
                let (lane, key) = (lane.to_string(), key.map(|key| key.to_string()));
                let added = new(&lane, key.as_deref(), &payload);
                let added = enqueue(&mut tx, &added, now).await.unwrap();
                assert_eq!(added.is_none(), model.waits(key.as_deref()), "{step:?}");
                if let Some(id) = added {
                    let (state, due) = (State::Waiting, now);
                    model.0.insert(
                        id,
                        Modelled {
                            lane,
                            key,
                            state,
                            attempts: 0,
                            due,
                            until: None,
                        },
                    );
                }
            }
            Step::Claim => {
                let run = claim(&mut tx, &QUEUE, now, now + LEASE).await.unwrap();
                let due = model.due(now);
                let Some(run) = run else {
                    assert!(due.is_empty(), "{due:?} could have been begun");
                    continue;
                };
                assert!(due.contains(&run.id), "{run:?} and not one of {due:?}");
                let job = model.0.get_mut(&run.id).unwrap();
                job.attempts += 1;
                (job.state, job.until) = (State::Running, Some(now + LEASE));
                assert_eq!(run.attempts, job.attempts);
                runs.push(run);
            }
            Step::End(at, outcome) if !runs.is_empty() => {
                let run = runs.swap_remove(at % runs.len());
                let counts = (run.attempts, run.max_attempts);
                let next = QUEUE.next(counts, outcome, now, 0);
                let done = settle(&mut tx, (run.id, run.lease), &next, now)
                    .await
                    .unwrap();
                assert!(done, "{run:?}");
                model.end(run.id, &next);
                late.push(run);
            }
            Step::EndLate(outcome) => {
                for run in &late {
                    let next = QUEUE.next((1, 3), outcome.clone(), now, 0);
                    let done = settle(&mut tx, (run.id, run.lease), &next, now).await;
                    assert!(!done.unwrap(), "a run that had ended counted again");
                    assert!(!renew(&mut tx, run, now).await.unwrap());
                }
            }
            Step::Wait(seconds) => now += TimeDelta::seconds(seconds),
            Step::Reclaim => {
                let found = lapsed(&mut tx, &QUEUE, now).await.unwrap();
                let ids: Vec<_> = found.iter().map(|one| one.id).collect();
                let mine = model
                    .0
                    .iter()
                    .filter(|(_, job)| job.until < Some(now) && job.until.is_some());
                assert_eq!(ids.len(), mine.count());
                for one in found {
                    let next =
                        QUEUE.next((one.attempts, one.max_attempts), Outcome::Lapsed, now, 0);
                    assert!(
                        settle(&mut tx, (one.id, one.lease), &next, now)
                            .await
                            .unwrap()
                    );
                    model.end(one.id, &next);
                }
                let (gone, kept) = runs.into_iter().partition(|run| ids.contains(&run.id));
                runs = kept;
                late.extend::<Vec<Run>>(gone);
            }
            Step::Revive(at) => {
                let dead = model.0.iter().filter(|(_, job)| job.state == State::Dead);
                let dead: Vec<_> = dead.map(|(id, job)| (*id, job.key.clone())).collect();
                if let Some((id, key)) = dead.get(at % dead.len().max(1)) {
                    let revived = revive(&mut tx, *id, now).await.unwrap();
                    assert_eq!(revived.is_none(), model.waits(key.as_deref()));
                    if revived.is_some() {
                        let job = model.0.get_mut(id).unwrap();
                        (job.state, job.attempts, job.due) = (State::Waiting, 0, now);
                    }
                }
            }
            Step::End(..) => {}
        }
        tx.commit().await.unwrap();
        model.check(&db).await;
    }
    let states = |state| model.0.values().filter(|job| job.state == state).count();
    assert!(
        states(State::Dead) > 0 && late.len() > 20,
        "the walk led nowhere"
    );
}

#[tokio::test]
async fn what_is_not_committed_is_not_done() {
    let (db, _server) = test_pool().await;
    let payload = json!({"delivery": 1});
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, &new("lane", None, &payload), start())
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let until = start() + LEASE;
    assert!(
        claim(&mut tx, &QUEUE, start(), until)
            .await
            .unwrap()
            .is_none()
    );
    enqueue(&mut tx, &new("lane", None, &payload), start())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let run = claim(&mut tx, &QUEUE, start(), until).await.unwrap();
    assert_eq!(run.unwrap().payload, payload);
}

#[tokio::test]
async fn a_schedule_adds_its_job_once_however_often_its_time_came() {
    let (db, _server) = test_pool().await;
    let mut db = db.acquire().await.unwrap();
    let payload = json!({"report": "weekly"});
    let daily = ("30 6 * * *", "Europe/Vienna");
    let report = new("l", None, &payload);
    let put = schedule::put(&mut db, "report", daily, &report, start());
    put.await.unwrap();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let early = schedule::run_due(&mut db, at("2026-03-04T05:29:59Z")).await;
    assert_eq!(early.unwrap(), 0);
    let now = at("2026-03-09T12:00:00Z");
    assert_eq!(schedule::run_due(&mut db, now).await.unwrap(), 1);
    let waiting = list(&mut db, Some(State::Waiting), None, 10).await.unwrap();
    assert_eq!(waiting.len(), 1, "after five days without a collector");
    assert_eq!(waiting[0].payload, payload);
    assert_eq!(schedule::run_due(&mut db, now).await.unwrap(), 0);
    // Before it was begun its time came again.
    assert_eq!(
        schedule::run_due(&mut db, at("2026-03-10T05:30:00Z"))
            .await
            .unwrap(),
        1
    );
    assert_eq!(list(&mut db, None, None, 10).await.unwrap().len(), 1);

    let wrong = schedule::put(&mut db, "x", ("0 6 * * *", "Nowhere"), &report, now);
    assert!(matches!(wrong.await, Err(schedule::PutError::Schedule(_))));
    schedule::delete(&mut db, "report").await.unwrap();
    assert_eq!(
        schedule::run_due(&mut db, at("2027-01-01T00:00:00Z"))
            .await
            .unwrap(),
        0
    );
}
