//! Waiting for what must come true, for a bounded time, with the last state in the message.

use std::{fmt::Debug, time::Duration};

use serde_json::Value;

use crate::Api;

/// Longest wait. Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until `look` answers `Ok`, and returns what it holds.
///
/// # Panics
/// With the last `Err` when that does not come true in time.
pub async fn until<T, E: Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, E>) -> T {
    let started = tokio::time::Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(state) if started.elapsed() > PATIENCE => {
                panic!("{what} did not come true within {PATIENCE:?}; last: {state:?}")
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Waits until every rule was decided on a host, and how it stands is what its results come to.
///
/// # Panics
/// When that does not come true in time.
pub async fn decided(api: &Api, host: &str) {
    const COUNTS: [&str; 6] = [
        "passed",
        "failed",
        "error",
        "not_assessable",
        "not_applicable",
        "manual",
    ];
    until("every rule to be decided", async || {
        let told = api.get(&format!("/api/v1/hosts/{host}/posture")).await;
        let results = api.get(&format!("/api/v1/hosts/{host}/results")).await;
        let counts = results["counts"].as_object().expect("counts");
        let results: i64 = counts.values().filter_map(Value::as_i64).sum();
        let all = &told["lenses"][0];
        let seen = COUNTS.iter().filter_map(|field| all[field].as_i64());
        let seen: i64 = seen.sum();
        let all_decided = seen > 100 && seen == results;
        all_decided.then_some(()).ok_or((seen, results))
    })
    .await;
}
