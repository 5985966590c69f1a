//! Metrics of a host, as both sides understand them: what a series may be called, and how minutes
//! become the columns of [`crate::wire::Metrics`] and come out of them again.
//!
//! A quiet host must cost little, every day. So a name is sent once a session; what did not change
//! is one number of a run that zstd makes nothing of; and what did is a step from the value before,
//! which is small.

/// The columns.
mod column;

/// What a series is called.
mod name;

pub use self::{
    column::{ColumnError, Decoder, Encoder},
    name::{MAX_NAME, Name, label},
};

/// Most series of one session, and so of one host.
pub const MAX_SERIES: usize = 2_000;
/// Most minutes of one message.
pub const MAX_MINUTES: usize = 60;
/// Seconds of a minute.
pub const MINUTE_S: i64 = 60;

/// One series in one minute. All are finite, and `min <= mean <= max`, `min <= last <= max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub min: f32,
    pub mean: f32,
    pub max: f32,
    /// The newest.
    pub last: f32,
}

/// Everything that was measured in one minute; `N` is how a series is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Minute<N> {
    /// When it began, in minutes since the Unix epoch.
    pub at: i64,
    /// Each series once.
    pub rows: Vec<(N, Reading)>,
}

impl Reading {
    /// A minute in which nothing varied.
    pub fn steady(value: f32) -> Self {
        Self {
            min: value,
            mean: value,
            max: value,
            last: value,
        }
    }

    /// Whether nothing varied.
    pub fn is_steady(&self) -> bool {
        self.min == self.max
    }
}

#[cfg(test)]
mod tests;
