//! Work that is done later: which there is, and what becomes of it. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::backoff::Backoff;

/// When something comes again.
mod schedule;

pub use self::schedule::{Schedule, ScheduleError};

/// Longest that somebody may ask not to be asked again.
const MOST_PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// A sort of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    pub name: &'static str,
    /// How many jobs of one lane run at once, in all collectors together.
    pub at_once: u16,
    /// How often a job is begun before it is given up.
    pub max_attempts: u16,
    /// The longest wait after the first failure; it doubles with each.
    pub first: Duration,
    /// The longest wait of all.
    pub most: Duration,
}

/// Where a job stands. One that is done is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    /// Given up: somebody must look.
    Dead,
}

impl State {
    /// As the tables and the API name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// How a run of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It came to nothing, and may come to something later; not before so long, when that was asked.
    Failed {
        why: String,
        not_before: Option<Duration>,
    },
    /// It will never come to anything.
    Refused {
        why: String,
    },
    /// It was not its turn yet, which is no attempt.
    Early(Duration),
    /// Nobody has heard of who ran it.
    Lapsed,
}

/// What becomes of a job that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Gone,
    /// It is begun again, not before this instant.
    Again {
        due_at: DateTime<Utc>,
        /// How often it counts as begun.
        attempts: i32,
        /// What went wrong; `None` when nothing did.
        error: Option<String>,
    },
    /// It is given up.
    Dead { error: String },
}

impl Queue {
    /// What becomes of a job that was begun `attempts` times, of `max_attempts`, when its last run ended so.
    /// `draw`, uniform in `0..=u64::MAX`, chooses the wait, so that what failed together does not come back
    /// together.
    pub fn next(
        &self,
        (attempts, max_attempts): (i32, i32),
        outcome: Outcome,
        now: DateTime<Utc>,
        draw: u64,
    ) -> Next {
        let (why, wait) = match outcome {
            Outcome::Done => return Next::Gone,
            Outcome::Refused { why } => return Next::Dead { error: why },
            Outcome::Early(wait) => {
                return Next::Again {
                    due_at: later(now, wait),
                    attempts: (attempts - 1).max(0),
                    error: None,
                };
            }
            Outcome::Failed { why, not_before } => {
                let asked = not_before.unwrap_or_default().min(MOST_PATIENCE);
                (why, self.wait(attempts, draw).max(asked))
            }
            Outcome::Lapsed => {
                let why = "whoever ran it was not heard of any more".into();
                (why, self.wait(attempts, draw))
            }
        };
        if attempts >= max_attempts {
            return Next::Dead { error: why };
        }
        Next::Again {
            due_at: later(now, wait),
            attempts,
            error: Some(why),
        }
    }

    /// How long to wait after so many attempts.
    fn wait(&self, attempts: i32, draw: u64) -> Duration {
        let failures = u32::try_from(attempts - 1).unwrap_or(0);
        Backoff::after(self.first, self.most, failures).next(draw)
    }
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
