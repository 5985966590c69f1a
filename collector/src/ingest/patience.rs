//! Waits for a database that is away.

use std::time::Duration;

use shared::backoff::Backoff;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::store;

/// Tries until the database does it or refuses it; `None` when `token` is cancelled first. `what`
/// waits meanwhile, for the log.
pub(super) async fn patiently<T, F: Future<Output = sqlx::Result<T>>>(
    what: &'static str,
    token: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Option<sqlx::Result<T>> {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    let mut away = false;
    loop {
        match attempt().await {
            Err(source) if store::is_passing(&source) => {
                if !away {
                    let error = &source as &dyn std::error::Error;
                    warn!(error, what, "the database is away");
                }
                away = true;
                tokio::select! {
                    () = token.cancelled() => return None,
                    () = tokio::time::sleep(backoff.next(u64::MAX)) => {}
                }
            }
            result => {
                if away {
                    info!(what, "the database is back");
                }
                return Some(result);
            }
        }
    }
}
