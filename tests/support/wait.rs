//! Waiting for what must come true, for a bounded time, with the last state in the message.

use std::{fmt::Debug, time::Duration};

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
