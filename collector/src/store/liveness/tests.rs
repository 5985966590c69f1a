use chrono::TimeDelta;
use shared::wire::{Ending, Previous};
use sqlx::PgPool;

use super::*;
use crate::{
    liveness::Answer,
    retention::Kind,
    store::{
        host::{self, NewHost},
        test_db::test_pool,
    },
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

/// A host that enrolled at the beginning.
async fn enrol(pool: &PgPool) -> i32 {
    let new = NewHost {
        id: HostId::new(),
        hostname: "a",
        group_name: "default",
        machine: [0; 32],
        agent_version: "1",
        at: at(0),
    };
    host::insert(&mut pool.acquire().await.unwrap(), &new)
        .await
        .unwrap()
}

async fn arrive(pool: &PgPool, host_no: i32, boot_id: &str, when: i64) -> (Uuid, Arrived) {
    let session = Uuid::now_v7();
    let arrival = Arrival {
        session,
        boot_id,
        skew_ms: 7,
        at: at(when),
    };
    let mut tx = pool.begin().await.unwrap();
    let arrived = arrived(&mut tx, host_no, &arrival).await.unwrap();
    tx.commit().await.unwrap();
    (session, arrived)
}

async fn go(pool: &PgPool, host_no: i32, session: Uuid, what: Seen, when: i64) -> Option<State> {
    let mut tx = pool.begin().await.unwrap();
    let state = seen(&mut tx, host_no, session, &what, at(when))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    state
}

fn account(started: i64, previous: Previous) -> Told {
    Told {
        process: [u8::try_from(started.rem_euclid(251)).unwrap(); 16],
        started_at: at(started),
        booted_at: Some(at(-100)),
        previous,
        skew_ms: -3,
        at: at(1000),
    }
}

/// State, cause, beginning and end of each interval, oldest first, in seconds.
async fn history(pool: &PgPool, host_no: i32) -> Vec<(String, Option<String>, i64, Option<i64>)> {
    let listing = crate::store::read::liveness::Listing {
        host_no,
        since: None,
        until: None,
        after: None,
        limit: 100,
    };
    let mut db = pool.acquire().await.unwrap();
    let rows = crate::store::read::liveness::list(&mut db, &listing).await;
    let seconds = |instant: DateTime<Utc>| (instant - at(0)).num_seconds();
    let rows = rows.unwrap().into_iter().rev();
    rows.map(|row| (row.state, row.cause, seconds(row.from), row.to.map(seconds)))
        .collect()
}

fn row(
    state: &str,
    cause: Option<&str>,
    from: i64,
    to: Option<i64>,
) -> (String, Option<String>, i64, Option<i64>) {
    (state.into(), cause.map(String::from), from, to)
}

#[tokio::test]
async fn a_host_comes_and_goes_and_its_intervals_meet() {
    let (pool, _server) = test_pool().await;
    let host_no = enrol(&pool).await;
    assert_eq!(history(&pool, host_no).await, []);
    let (first, arrived) = arrive(&pool, host_no, "b1", 10).await;
    assert!(!arrived.rebooted, "there was no boot before");
    let (second, _) = arrive(&pool, host_no, "b1", 20).await;
    let lost = Seen::Lost(Answer::None);
    assert_eq!(
        go(&pool, host_no, first, lost.clone(), 25).await,
        None,
        "it is back"
    );
    let gone = go(&pool, host_no, second, lost, 30).await;
    assert_eq!(gone, Some(State::LinkLost));
    let (third, arrived) = arrive(&pool, host_no, "b2", 40).await;
    assert!(arrived.rebooted);
    let mut tx = pool.begin().await.unwrap();
    let down = account(35, Previous::HostWentDown);
    assert!(told(&mut tx, host_no, third, &down, arrived).await.unwrap());
    tx.commit().await.unwrap();
    let farewell = Seen::Farewell(Ending::HostShutdown);
    go(&pool, host_no, third, farewell, 50).await;
    assert_eq!(
        history(&pool, host_no).await,
        [
            row("never_seen", None, 0, Some(10)),
            row("online", None, 10, Some(30)),
            row("link_lost", Some("host_rebooting"), 30, Some(40)),
            row("online", None, 40, Some(50)),
            row("host_shutdown", None, 50, None),
        ]
    );
    let run: (i32, i64) = sqlx::query_as("select reboots, skew_ms from host_run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(run, (1, -3));
}

#[tokio::test]
async fn a_kill_that_nobody_noticed_is_put_into_the_past() {
    let (pool, _server) = test_pool().await;
    let host_no = enrol(&pool).await;
    let (session, arrived) = arrive(&pool, host_no, "b1", 10).await;
    let mut tx = pool.begin().await.unwrap();
    let first = account(5, Previous::None);
    told(&mut tx, host_no, session, &first, arrived)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (session, arrived) = arrive(&pool, host_no, "b1", 1000).await;
    let mut tx = pool.begin().await.unwrap();
    let killed = account(990, Previous::Killed);
    assert!(
        told(&mut tx, host_no, session, &killed, arrived)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(
        history(&pool, host_no).await[1..],
        [
            row("online", None, 10, Some(990)),
            row("agent_killed", None, 990, Some(1000)),
            row("online", None, 1000, None),
        ]
    );
}

#[tokio::test]
async fn hosts_that_no_collector_has_heard_of_are_swept_and_old_intervals_go() {
    let (pool, _server) = test_pool().await;
    let (silent, heard) = (enrol(&pool).await, enrol(&pool).await);
    let mut db = pool.acquire().await.unwrap();
    for host_no in [silent, heard] {
        arrive(&pool, host_no, "", 10).await;
        let when = if host_no == heard { 500 } else { 100 };
        host::seen(&mut db, &[host_no], at(when)).await.unwrap();
    }
    let swept = sweep(&mut db, at(200)).await.unwrap();
    assert_eq!(swept.len(), 1);
    assert!(sweep(&mut db, at(200)).await.unwrap().is_empty(), "once");
    let last = history(&pool, silent).await.pop().unwrap();
    assert_eq!(last, row("unknown", None, 100, None));
    assert_eq!(history(&pool, heard).await.pop().unwrap().0, "online");
    let gone = crate::store::retention::delete_some(&mut db, Kind::Liveness, at(50));
    assert_eq!(gone.await.unwrap().unwrap().rows, 2);
    assert_eq!(history(&pool, silent).await.len(), 2, "the present stays");
}

#[tokio::test]
async fn sights_that_come_at_once_leave_one_present() {
    let (pool, _server) = test_pool().await;
    let host_no = enrol(&pool).await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..8 {
        let pool = pool.clone();
        running.spawn(async move {
            let (session, _) = arrive(&pool, host_no, "b", n).await;
            go(&pool, host_no, session, Seen::Lost(Answer::None), n).await;
        });
    }
    running.join_all().await;
    let history = history(&pool, host_no).await;
    let open: Vec<_> = history.iter().filter(|row| row.3.is_none()).collect();
    assert_eq!(open.len(), 1, "{history:?}");
    assert_eq!(open[0].0, "link_lost", "{history:?}");
}
