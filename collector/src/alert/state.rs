//! The states of an alert, and what leads from one to the next.

use std::fmt;

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Somebody should look.
    Active,
    /// Somebody does, at what was so then.
    Acknowledged,
    /// Nobody is to hear of it until an instant.
    Snoozed,
    /// Nobody is to hear of it until it has ended, unless it grows.
    Dismissed,
    /// Nothing is so any more.
    Resolved,
}

/// What is done to an alert, or happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Acknowledge,
    Snooze,
    /// A snooze ended, or is taken back.
    Wake,
    Dismiss,
    /// Something more is so.
    Grow,
    /// Nothing is so any more.
    End,
}

const NAMES: [(State, &str); 5] = [
    (State::Active, "active"),
    (State::Acknowledged, "acknowledged"),
    (State::Snoozed, "snoozed"),
    (State::Dismissed, "dismissed"),
    (State::Resolved, "resolved"),
];

impl State {
    /// Its name in tables and in the API.
    pub fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(state, _)| *state == self);
        found.map_or("active", |(_, name)| name)
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(state, _)| *state)
    }

    /// Where a deed leads; `None` where it cannot be done.
    pub fn after(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Resolved, _) => None,
            (_, Deed::End) => Some(Self::Resolved),
            // Who looks at what was so has not seen this; who wants to sleep, sleeps on.
            (Self::Snoozed, Deed::Grow) => Some(Self::Snoozed),
            (_, Deed::Grow) => Some(Self::Active),
            (Self::Active | Self::Snoozed | Self::Dismissed, Deed::Acknowledge) => {
                Some(Self::Acknowledged)
            }
            (Self::Active | Self::Acknowledged | Self::Snoozed, Deed::Snooze) => {
                Some(Self::Snoozed)
            }
            (Self::Snoozed, Deed::Wake) => Some(Self::Active),
            (Self::Active | Self::Acknowledged | Self::Snoozed, Deed::Dismiss) => {
                Some(Self::Dismissed)
            }
            (Self::Acknowledged, Deed::Acknowledge)
            | (Self::Dismissed, Deed::Snooze | Deed::Dismiss)
            | (Self::Active | Self::Acknowledged | Self::Dismissed, Deed::Wake) => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
