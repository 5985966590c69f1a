//! The database of a server: one that is named, or a private one that is looked after.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    config::Config,
    postgres::{PostgresError, Private},
};

/// How often the private Postgres is looked at.
const WATCH: Duration = Duration::from_secs(1);

/// The private Postgres and who looks after it.
#[derive(Debug)]
pub(super) struct Database {
    stop: CancellationToken,
    keeper: tokio::task::JoinSet<()>,
}

impl Database {
    /// Stops it the clean way.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        while self.keeper.join_next().await.is_some() {}
    }
}

/// How to reach the database; the private one is started.
///
/// # Errors
/// When the address is none, or the private one does not start.
pub(super) async fn open(config: &Config) -> anyhow::Result<(PgConnectOptions, Option<Database>)> {
    if !config.database.url.is_empty() {
        let options = config.database.url.parse().context("database.url")?;
        return Ok((options, None));
    }
    let folder = config.data_dir.join("postgres");
    let settings = config.database.clone();
    let start = move || Private::start(&folder, &settings.user, &settings.options);
    let first = tokio::task::spawn_blocking(start.clone()).await??;
    let options = first.options();
    let stop = CancellationToken::new();
    let mut keeper = tokio::task::JoinSet::new();
    keeper.spawn(keep(first, start, stop.clone()));
    Ok((options, Some(Database { stop, keeper })))
}

/// Starts the private Postgres again when it ends by itself, and stops it at the end.
async fn keep<S>(mut postgres: Private, start: S, stop: CancellationToken)
where
    S: Fn() -> Result<Private, PostgresError> + Clone + Send + 'static,
{
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(WATCH) => {}
        }
        if postgres.is_running() {
            continue;
        }
        error!("the private Postgres has ended; starting it again");
        drop(postgres);
        postgres = loop {
            match tokio::task::spawn_blocking(start.clone()).await {
                Ok(Ok(again)) => break again,
                Ok(Err(error)) => {
                    error!(
                        error = &error as &dyn std::error::Error,
                        "it does not start"
                    );
                }
                Err(error) => error!(%error, "it does not start"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
            }
        };
    }
    let _ = tokio::task::spawn_blocking(move || postgres.stop()).await;
}
