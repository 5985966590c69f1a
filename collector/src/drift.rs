//! What of a host is no longer as it was. Pure.
//!
//! A change is drift where a rule's verdict is another, where the same verdict came of something else that was measured, and
//! where a fact that somebody set up came, went or changed. The same thing on many hosts is one story: of a rule, that it
//! got worse, better or neither; of a fact, what happened to it. A story ends when nothing more of it comes for a while.

/// What came of rules.
mod verdict;

/// What explains a change, and how a story stands.
pub mod state;

use std::fmt;

use shared::rule::{Severity, result};

pub use self::verdict::direction;
use crate::{
    event::{Code, Event, Transition},
    settings::Limits,
};

macro_rules! named {
    ($of:ident: $($variant:ident = $name:literal),*) => {
        impl $of {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in tables and in the API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
use named;

/// What is another than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// What came of a rule.
    Verdict,
    /// What was measured for a rule, of which the same came.
    Value,
    /// What the host is.
    Fact,
}

named!(Sort: Verdict = "verdict", Value = "value", Fact = "fact");

/// Whether a host is nearer to what it is held to than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Worse,
    Better,
    Neutral,
}

named!(Direction: Worse = "worse", Better = "better", Neutral = "neutral");

/// How much drift matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    None,
    Minor,
    Major,
}

named!(Level: None = "none", Minor = "minor", Major = "major");

impl Level {
    /// As the tables have it: so that it can be compared.
    pub fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Minor => 1,
            Self::Major => 2,
        }
    }

    /// The level of a number; what is beyond the highest is the highest.
    pub fn of_number(number: i16) -> Self {
        match number {
            ..=0 => Self::None,
            1 => Self::Minor,
            2.. => Self::Major,
        }
    }

    /// How much it matters that a host went this way while its score fell by `fall` hundredths of a point (negative where it
    /// rose). How many hosts a story has counts besides.
    pub fn of(direction: Direction, fall: i32, limits: &Limits) -> Self {
        let points = |points: u32| i32::try_from(points).unwrap_or(i32::MAX / 100) * 100;
        match direction {
            Direction::Worse if fall >= points(limits.major) => Self::Major,
            Direction::Worse if fall >= points(limits.minor) => Self::Minor,
            Direction::Better if -fall >= points(limits.better) => Self::Minor,
            Direction::Worse | Direction::Better | Direction::Neutral => Self::None,
        }
    }
}

/// What a story is about: changes for which this is equal belong together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    pub sort: Sort,
    pub direction: Direction,
    /// What happened to a fact; empty for rules, of which the direction says it.
    pub act: &'static str,
    /// The rule, or what the fact's events are about.
    pub subject: String,
}

/// A change of a host that is drift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    pub about: About,
    /// What happened, as events call it.
    pub code: Code,
    pub severity: Severity,
    /// For people.
    pub text: String,
    /// Of a rule: whether its file is another than before.
    pub rule_changed: bool,
}

impl Drift {
    /// What its story is called; of a rule, by the title that it has.
    pub fn title(&self, rule: Option<&str>) -> String {
        let About {
            sort,
            direction,
            subject,
            ..
        } = &self.about;
        let begin = match (sort, direction) {
            (Sort::Verdict, Direction::Worse) => "Got worse",
            (Sort::Verdict, Direction::Better) => "Got better",
            (Sort::Verdict, Direction::Neutral) => "Turned",
            (Sort::Value, _) => "Another value",
            (Sort::Fact, _) => self.code.says().trim_end_matches('.'),
        };
        format!("{begin}: {}", rule.unwrap_or(subject))
    }
}

/// What comes and goes without anybody changing the host: logins and updates that are to be had, and what runs just
/// now. Timers start services every hour, on all hosts at once.
const NO_DRIFT: [Code; 10] = [
    Code::LOGIN_NEW_SOURCE,
    Code::LOGIN_FAILURES,
    Code::SECURITY_UPDATE,
    Code::REBOOT_REQUIRED,
    Code::REBOOT_COMPLETED,
    Code::SERVICE_STARTED,
    Code::SERVICE_STOPPED,
    Code::SERVICE_FAILED,
    Code::CONTAINER_STARTED,
    Code::CONTAINER_STOPPED,
];

/// What of a transition, which means these events, is drift.
pub fn drifts(of: Transition<'_>, events: &[Event]) -> Vec<Drift> {
    let events = events.iter();
    if of.kind == result::KIND {
        return events
            .filter_map(|event| verdict::drift(of, event))
            .collect();
    }
    let mut drifts: Vec<Drift> = Vec::new();
    for event in events.filter(|event| !NO_DRIFT.contains(&event.code)) {
        let about = About {
            sort: Sort::Fact,
            direction: Direction::Neutral,
            act: event.code.name(),
            subject: event.subject.clone(),
        };
        // Two who joined a group at once are one change of it.
        if let Some(known) = drifts.iter_mut().find(|known| known.about == about) {
            known.text = format!("{}; {}", known.text, event.text);
            known.severity = known.severity.max(event.severity);
            continue;
        }
        drifts.push(Drift {
            about,
            code: event.code,
            severity: event.severity,
            text: event.text.clone(),
            rule_changed: false,
        });
    }
    drifts
}

/// By how much a score fell, in hundredths of a point, from so many results that passed and failed to so many; negative
/// where it rose. What cannot be said, because nothing was decided, is no fall.
pub fn fall(then: (i32, i32), now: (i32, i32)) -> i32 {
    let score = |(passed, failed): (i32, i32)| {
        let decided = i64::from(passed) + i64::from(failed);
        (decided > 0).then(|| 10_000 * i64::from(passed) / decided)
    };
    let fall = score(then)
        .zip(score(now))
        .map_or(0, |(then, now)| then - now);
    i32::try_from(fall).unwrap_or(0)
}

#[cfg(test)]
mod tests;
