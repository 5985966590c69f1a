//! What a person is told in the console.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::notice::Phase;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationWhat)]
pub enum What {
    /// An alert began.
    Began,
    /// More is so than before, of what its person may see.
    Grown,
    /// A snooze ended, and it is so still.
    Woken,
    /// It became more serious, because nobody acknowledged it.
    Escalated,
    /// Somebody says that its person looks after it.
    Assigned,
    /// Nothing of it is so any more.
    Ended,
}

/// Who hears of it, of those who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// Everybody.
    All,
    /// Who may see what has just become so.
    OfTheNew,
    /// Who was told of it before.
    Again,
}

impl What {
    const ALL: [Self; 6] = [
        Self::Began,
        Self::Grown,
        Self::Woken,
        Self::Escalated,
        Self::Assigned,
        Self::Ended,
    ];

    /// As the tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Grown => "grown",
            Self::Woken => "woken",
            Self::Escalated => "escalated",
            Self::Assigned => "assigned",
            Self::Ended => "ended",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }

    /// What channels are told of it, if anything: who is to look after an alert is said to that person alone.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Self::Began | Self::Grown | Self::Woken => Some(Phase::Fired),
            Self::Escalated => Some(Phase::Escalated),
            Self::Ended => Some(Phase::Resolved),
            Self::Assigned => None,
        }
    }

    /// Who hears of it. That an alert grew somewhere else is not for those who see none of that; that it is over
    /// is news to those alone who heard that it is so.
    pub fn hears(self) -> Hears {
        match self {
            Self::Began | Self::Woken | Self::Escalated | Self::Assigned => Hears::All,
            Self::Grown => Hears::OfTheNew,
            Self::Ended => Hears::Again,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name() {
        for what in What::ALL {
            assert_eq!(What::named(what.name()), Some(what));
        }
        assert_eq!(What::named("acknowledged"), None);
    }
}
