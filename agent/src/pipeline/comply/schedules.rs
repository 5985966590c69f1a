//! When rules are decided: each sort of decision rests by what it costs itself.

use std::time::Duration;

use tokio::time::Instant;

use crate::pipeline::schedule::{Look, Schedule};

/// The schedules of both sorts.
pub(super) struct Schedules {
    /// Every rule.
    pub(super) whole: Schedule,
    /// Those that something concerns.
    pub(super) some: Schedule,
}

impl Schedules {
    /// Nothing was ever decided.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            whole: Schedule::new(now),
            some: Schedule::new(now),
        }
    }

    /// When the next decision is due, and whether it is of every rule.
    pub(super) fn next(&self) -> Option<(Instant, bool)> {
        let whole = self.whole.next(1).map(|(at, _)| (at, true));
        let some = self.some.next(1).map(|(at, _)| (at, false));
        whole.into_iter().chain(some).min_by_key(|(at, _)| *at)
    }

    /// A decision begins. That of every rule is one of those too that something concerned by now.
    pub(super) fn begin(&mut self, whole: bool) {
        self.some.begin(Look::Read);
        if whole {
            self.whole.begin(Look::Read);
        }
    }

    pub(super) fn ended(&mut self, whole: bool, took: Duration) {
        let now = Instant::now();
        if whole {
            self.whole.read(now, took);
            self.some.read(now, Duration::ZERO);
        } else {
            self.some.read(now, took);
        }
    }

    /// Every rule is due at once.
    pub(super) fn demand_whole(&mut self) {
        self.whole.demand(Instant::now());
    }
}
