//! Starting, stopping and waiting for the tasks of one process.
//!
//! A task is spawned by name through [`Lifecycle::spawn`] and gets a token. When the token is
//! cancelled the task finishes what it holds and returns. A task that returns on its own, or
//! panics, stops the whole process: the service manager restarts it.

use std::{future::Future, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, error, info, info_span, warn};

/// How the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A signal or a caller asked for it, and every task returned in time.
    Stopped,
    /// A task ended on its own, or did not return within the grace period.
    Failed,
}

/// The tasks of one process.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    token: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            token: CancellationToken::new(),
            failed: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }
}

impl Lifecycle {
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs `task` until the token is cancelled.
    pub fn spawn<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let future = task(self.token());
        let (token, failed) = (self.token(), self.failed.clone());
        self.tasks.spawn(
            async move {
                let guard = EndsEarly {
                    token,
                    failed,
                    name,
                };
                future.await;
                drop(guard);
            }
            .instrument(info_span!("task", name)),
        );
    }

    /// Waits for SIGTERM or SIGINT, then stops.
    pub async fn run(self, grace: Duration) -> std::io::Result<Ended> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => info!("SIGTERM received"),
            _ = interrupt.recv() => info!("SIGINT received"),
            () = self.token.cancelled() => {}
        }
        Ok(self.stop(grace).await)
    }

    /// Cancels every task and waits at most `grace` for them.
    pub async fn stop(self, grace: Duration) -> Ended {
        self.token.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            warn!(
                left = self.tasks.len(),
                grace_s = grace.as_secs(),
                "tasks did not stop in time"
            );
            return Ended::Failed;
        }
        if self.failed.is_cancelled() {
            Ended::Failed
        } else {
            Ended::Stopped
        }
    }
}

/// Dropped when a task ends, also by a panic.
struct EndsEarly {
    token: CancellationToken,
    failed: CancellationToken,
    name: &'static str,
}

impl Drop for EndsEarly {
    fn drop(&mut self) {
        if !self.token.is_cancelled() {
            error!(task = self.name, "task ended before shutdown was asked for");
            self.failed.cancel();
            self.token.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn stops_when_tasks_return() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("waits", |token| async move { token.cancelled().await });
        assert_eq!(lifecycle.stop(GRACE).await, Ended::Stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_task_is_a_failure() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("stuck", |_| std::future::pending());
        assert_eq!(lifecycle.stop(GRACE).await, Ended::Failed);
    }

    #[tokio::test]
    async fn a_panicking_task_stops_the_process() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("panics", |_| async { panic!("on purpose") });
        assert_eq!(lifecycle.run(GRACE).await.unwrap(), Ended::Failed);
    }

    #[tokio::test]
    async fn a_task_that_returns_early_stops_the_process() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("returns", |_| async {});
        assert_eq!(lifecycle.run(GRACE).await.unwrap(), Ended::Failed);
    }
}
