/// A collector that does what the test says, over real QUIC and TLS.
pub(crate) mod collector;

/// Getting and renewing certificates.
mod enrolment;

/// Content that is offered and fetched.
mod content;

/// Sessions: what is sent, resent, asked for and refused.
mod sessions;

use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::ManualClock;

/// When the tests play.
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000)
}

pub(crate) fn clock() -> std::sync::Arc<ManualClock> {
    ManualClock::at(noon())
}

/// Waits for something that happens elsewhere, and says what when it does not.
pub(crate) async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(20), wait)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"))
}
