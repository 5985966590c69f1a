//! `run`: the daemon, and what it tells the service manager.

use std::{io, time::Duration};

use sd_notify::NotifyState;
use shared::{
    lifecycle::{Ended, Lifecycle},
    log,
};
use tokio::runtime::{Builder, Runtime};
use tracing::{error, info};

use super::{Exit, complain, host_at};
use crate::{config::Config, pipeline::Agent, probe};

/// How long the tasks may take to stop.
const GRACE: Duration = Duration::from_secs(5);

/// One thread: the agent waits nearly all of its life. Files are read on threads of their own,
/// one for each probe that hangs at the most, and a few.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(64)
        .thread_keep_alive(Duration::from_secs(1))
        .build()
}

/// Runs the agent until it is asked to stop.
pub(super) fn run(config: Config) -> Exit {
    if let Err(error) = log::init(&config.log) {
        complain(&format!("`log`: {error}"));
        return Exit::Usage;
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(
                error = &error as &dyn std::error::Error,
                "runtime does not start"
            );
            return Exit::NotStarted;
        }
    };
    let exit = runtime.block_on(serve(config));
    // A probe that hangs in the kernel cannot be waited for.
    runtime.shutdown_background();
    exit
}

async fn serve(config: Config) -> Exit {
    let lifecycle = Lifecycle::default();
    let host = host_at(&config.collect.root);
    if let Err(error) = Agent::start(config, probe::all(), host, &lifecycle) {
        error!(
            error = &error as &dyn std::error::Error,
            "agent does not start"
        );
        return Exit::NotStarted;
    }
    lifecycle.spawn("service manager", |token| async move {
        tell(NotifyState::Ready);
        match sd_notify::watchdog_enabled() {
            Some(limit) => {
                let mut ticks = tokio::time::interval(limit / 3);
                while token.run_until_cancelled(ticks.tick()).await.is_some() {
                    tell(NotifyState::Watchdog);
                }
            }
            None => token.cancelled().await,
        }
        tell(NotifyState::Stopping);
    });
    match lifecycle.run(GRACE).await {
        Ok(Ended::Stopped) => {
            info!("agent stopped");
            Exit::Done
        }
        Ok(Ended::Failed) => Exit::Wrong,
        Err(error) => {
            error!(
                error = &error as &dyn std::error::Error,
                "signals cannot be received"
            );
            Exit::NotStarted
        }
    }
}

/// Without a service manager nobody listens.
fn tell(state: NotifyState<'_>) {
    let _ = sd_notify::notify(&[state]);
}
