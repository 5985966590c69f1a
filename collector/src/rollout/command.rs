//! What an administrator does to a rollout, and when it can be done.

use super::State;

/// What an administrator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// What was tried comes in force.
    Start,
    Pause,
    Resume,
    Halt,
    RollBack,
}

/// Why it cannot be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rollout is {state}: {mend}")]
pub struct Refusal {
    state: &'static str,
    mend: &'static str,
}

impl Command {
    /// What becomes of a rollout that stands so. `started`: whether it is more than a trial.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn on(self, state: State, started: bool) -> Result<State, Refusal> {
        match (self, state) {
            (Self::Start, State::WhatIf) | (Self::Resume, State::Paused) => Ok(State::Running),
            (Self::Resume, State::Halted) if started => Ok(State::Running),
            (Self::Pause, State::Running) => Ok(State::Paused),
            (Self::Halt, State::WhatIf | State::Running | State::Paused) => Ok(State::Halted),
            (Self::RollBack, State::Running | State::Paused | State::Completed) => {
                Ok(State::RollingBack)
            }
            (Self::RollBack, State::Halted) if started => Ok(State::RollingBack),
            _ => Err(Refusal {
                state: state.name(),
                mend: self.mend(),
            }),
        }
    }

    fn mend(self) -> &'static str {
        match self {
            Self::Start => "only one that is tried can be started",
            Self::Pause => "only one that runs can be paused",
            Self::Resume => {
                "only one that is paused, or was halted after its start, can be resumed"
            }
            Self::Halt => "only one that is tried, runs or is paused can be halted",
            Self::RollBack => "only one that was started can be rolled back, and once",
        }
    }
}

impl State {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::WhatIf => "what_if",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Completed => "completed",
            Self::RollingBack => "rolling_back",
            Self::RolledBack => "rolled_back",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::WhatIf,
            Self::Running,
            Self::Paused,
            Self::Halted,
            Self::Completed,
            Self::RollingBack,
            Self::RolledBack,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}
