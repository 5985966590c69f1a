//! The collector is away, for an hour by the clock of both sides.

use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::{Clock as _, ManualClock};
use support::{TestAgent, TestCollector, Tree, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_changes_arrives_in_order_with_the_hosts_time() {
    let start = "2026-06-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap();
    let clock = ManualClock::at(start);
    let mut collector = TestCollector::start_with(clock.clone()).await;
    let mut tree = Tree::default();
    tree.set_package("openssl", "0");
    let agent = TestAgent::start(&collector, tree.host(clock.clone())).await;
    let (id, journal) = (agent.id.to_string(), agent.journal());
    until("the first report", async || {
        let facts = collector.api.facts(&id, "package").await;
        if facts.len() == 2 { Ok(()) } else { Err(facts) }
    })
    .await;
    until("everything is acknowledged", async || {
        match journal.summary().unwrap() {
            summary if summary.pending_records == 0 => Ok(()),
            summary => Err(summary),
        }
    })
    .await;

    let stopped = collector.halt().await;
    let mut expected = Vec::new();
    for n in 1..=12 {
        clock.advance(TimeDelta::minutes(5));
        tree.set_package("openssl", &n.to_string());
        expected.push((clock.now(), n.to_string()));
        until("the agent has seen the change", async || {
            match journal.summary().unwrap() {
                summary if summary.pending_records == n => Ok(()),
                summary => Err(summary),
            }
        })
        .await;
    }
    assert_eq!(clock.now() - start, TimeDelta::hours(1));
    collector.resume(stopped).await;

    let changes = format!("/api/v1/hosts/{id}/changes?kind=package");
    let told = until("every change", async || {
        let told = collector.api.all(&changes).await;
        if told.len() == expected.len() {
            Ok(told)
        } else {
            Err(told.len())
        }
    })
    .await;
    let told: Vec<_> = told
        .iter()
        .rev()
        .map(|change| {
            let occurred: DateTime<Utc> = change["occurred_at"].as_str().unwrap().parse().unwrap();
            (
                occurred,
                change["after"]["version"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(told, expected);

    // The past of that hour is a query, although nobody was there to see it.
    for (at, version) in expected {
        let at = (at + TimeDelta::minutes(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let path = format!("/api/v1/hosts/{id}/facts?kind=package&at={at}");
        let then = collector.api.all(&path).await;
        let openssl = then
            .iter()
            .find(|fact| fact["key"] == "openssl:amd64")
            .unwrap();
        assert_eq!(openssl["value"]["version"], version, "at {at}");
    }
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_goes_away_and_comes_back_and_no_change_is_lost() {
    use nix::sys::signal::{Signal, kill};
    let folder = tempfile::tempdir().unwrap();
    let collector = support::CollectorProcess::start(folder.path()).await;
    let mut tree = Tree::default();
    let agent = TestAgent::start_at(
        &collector.api,
        &collector.agents.to_string(),
        tree.host(shared::clock::SystemClock::shared()),
    )
    .await;
    let id = agent.id.to_string();
    until("the first report", async || {
        let facts = collector.api.facts(&id, "user").await;
        if facts.len() == 1 { Ok(()) } else { Err(facts) }
    })
    .await;

    for round in 0..3 {
        let postgres = collector.postgres().expect("it runs");
        kill(postgres, Signal::SIGKILL).unwrap();
        tree.set_user(&format!("u{round}"), 1000 + round);
        until("another Postgres", async || match collector.postgres() {
            Some(pid) if pid != postgres => Ok(()),
            other => Err(other),
        })
        .await;
        until("the change", async || {
            let path = format!("/api/v1/hosts/{id}/changes");
            match collector.api.try_get(&path).await {
                Ok(told) if told["items"].as_array().unwrap().len() as u32 == round + 1 => Ok(()),
                other => Err((other, collector.process().said())),
            }
        })
        .await;
    }
    agent.stop().await;
}
