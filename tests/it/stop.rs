//! Both programs are asked to stop, as a service manager does.

use std::time::{Duration, Instant};

use shared::clock::SystemClock;
use support::{CollectorProcess, Process, TestAgent, Tree, until};

/// What a service manager may expect; see the issue of each program's unit.
const LIMIT: Duration = Duration::from_secs(5);

async fn ends(process: &mut Process) -> (i32, Duration) {
    let asked = Instant::now();
    process.terminate();
    let status = until("the end", async || {
        process.ended().ok_or_else(|| process.said())
    })
    .await;
    (status.code().unwrap_or(-1), asked.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_with_agents_and_browsers_stops_in_time_and_takes_postgres_along() {
    let folder = tempfile::tempdir().unwrap();
    let mut collector = CollectorProcess::start(folder.path()).await;
    let tree = Tree::default();
    let host = tree.host(SystemClock::shared());
    let agent = TestAgent::start_at(&collector.api, &collector.agents.to_string(), host).await;
    let feed = collector
        .api
        .send(reqwest::Method::GET, "/api/v1/live", None)
        .await;
    assert!(feed.status().is_success());
    let id = agent.id.to_string();
    until("the first report", async || {
        let facts = collector.api.facts(&id, "user").await;
        if facts.len() == 1 { Ok(()) } else { Err(facts) }
    })
    .await;
    let postgres = collector.postgres().expect("it runs");
    let (code, took) = ends(collector.process_mut()).await;
    assert_eq!(code, 0, "{}", collector.process().said());
    assert!(took < LIMIT, "{took:?}");
    assert_eq!(collector.postgres(), None);
    assert!(!std::path::Path::new(&format!("/proc/{postgres}")).exists());
    agent.stop().await;
}
