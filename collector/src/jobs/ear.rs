//! Hears from the database that jobs were added, by whichever collector.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::Notify, time::sleep};
use tracing::debug;

use crate::store::job::CHANNEL;

/// How long to wait before listening anew; until then jobs are found by looking.
const PAUSE: Duration = Duration::from_secs(5);

/// Rings whenever jobs were added. Takes one connection, and never returns.
pub(super) async fn listen(db: &PgPool, bell: &Notify) {
    loop {
        if let Err(error) = hear(db, bell).await {
            let error = &error as &dyn std::error::Error;
            debug!(error, "not told of jobs");
        }
        sleep(PAUSE).await;
    }
}

async fn hear(db: &PgPool, bell: &Notify) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Nothing heard means that the connection was lost and made anew: something may have been missed.
        listener.try_recv().await?;
        bell.notify_one();
    }
}
