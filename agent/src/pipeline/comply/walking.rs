//! The walk of filesystems that is under way, apart from everything else. It takes as long as there
//! are files, and is never the reason why another rule waits.

use std::{future::pending, panic::resume_unwind, time::Duration};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep_until},
};

use crate::comply::{Walk, Walked};

/// After a walk, this many times as long passes before the next: a twentieth of a core at the most,
/// whatever happens to the host.
const REST: u32 = 20;

/// The walk, and when the next may begin.
pub(super) struct Walking {
    run: Option<(Instant, JoinHandle<Walked>)>,
    not_before: Instant,
}

/// What comes next.
pub(super) enum Turn {
    MayBegin,
    Ended(Walked),
}

impl Walking {
    pub(super) fn new() -> Self {
        Self {
            run: None,
            not_before: Instant::now(),
        }
    }

    /// Waits for the end of the walk that is under way, or until the next may begin, if one is wanted.
    pub(super) async fn turn(&mut self, wanted: bool) -> Turn {
        match &mut self.run {
            Some((begun, run)) => {
                // A panic has ended the process, unless this is a test.
                let walked = run
                    .await
                    .unwrap_or_else(|panic| resume_unwind(panic.into_panic()));
                self.not_before = Instant::now() + rest(begun.elapsed());
                self.run = None;
                Turn::Ended(walked)
            }
            None if wanted => {
                sleep_until(self.not_before).await;
                Turn::MayBegin
            }
            None => pending().await,
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.run.is_some()
    }

    pub(super) fn begin(&mut self, walk: Walk) {
        self.run = Some((Instant::now(), spawn_blocking(|| walk.run())));
    }
}

fn rest(took: Duration) -> Duration {
    took.saturating_mul(REST)
}
