//! What people and programs elsewhere are told of an alert, and who of them. Pure.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What people are told in the console.
pub mod bell;

/// Where notices go.
pub mod channel;

/// When notices go there.
pub mod hours;

/// What a person wants to be told.
pub mod preference;

/// Which notices go there.
pub mod route;

/// One thing that happened to an alert, for whoever is to hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Stays the same however often it is sent: whoever gets it twice can tell.
    pub id: Uuid,
    pub alert: Uuid,
    /// Such as `host_away`.
    pub alert_type: String,
    pub phase: Phase,
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// For people; may have several lines, may be empty.
    pub text: String,
    /// What it is about: hosts, rules and so on.
    pub subjects: Vec<Subject>,
    /// The numbers of all groups that a host of it belongs to.
    pub groups: Vec<i32>,
    pub occurred_at: DateTime<Utc>,
    /// Where the console shows it.
    pub link: String,
}

/// Something that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subject {
    /// `host`, `rule`, `group` and so on.
    pub kind: String,
    pub id: String,
    /// What people call it, such as a host's name.
    pub name: String,
}

/// What happened to the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Fired,
    Acknowledged,
    Escalated,
    Resolved,
    /// Nothing: somebody tries a channel.
    Test,
}

impl Phase {
    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Acknowledged => "acknowledged",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }

    /// Whether it is news only to those who heard of the alert before.
    pub fn follows(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Resolved)
    }
}

/// How bad it is, from the least to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertSeverity)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All of them, from the least to the worst.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// As the tables have it; what is beyond the highest is the highest.
    pub fn numbered(number: i16) -> Self {
        let place = usize::try_from(number).unwrap_or_default();
        Self::ALL[place.min(Self::ALL.len() - 1)]
    }

    /// As the tables have it.
    pub fn number(self) -> i16 {
        match self {
            Self::Info => 0,
            Self::Low => 1,
            Self::Medium => 2,
            Self::High => 3,
            Self::Critical => 4,
        }
    }

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no severity {0:?}")]
pub struct UnknownSeverity(String);

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(name: &str) -> Result<Self, UnknownSeverity> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|severity| severity.name() == name);
        found.ok_or_else(|| UnknownSeverity(name.into()))
    }
}

impl Notice {
    /// One line for those who show no more: phase and title.
    pub fn headline(&self) -> String {
        let title = &self.title;
        match self.phase {
            Phase::Fired => format!("[{}] {title}", self.severity.name().to_uppercase()),
            Phase::Acknowledged => format!("[acknowledged] {title}"),
            Phase::Escalated => format!("[escalated, {}] {title}", self.severity),
            Phase::Resolved => format!("[resolved] {title}"),
            Phase::Test => format!("[test] {title}"),
        }
    }

    /// What it is about, in words: no more than `most`, and how many there are besides.
    pub fn about(&self, most: usize) -> String {
        let names = self.subjects.iter().take(most);
        let mut names: Vec<_> = names
            .map(|subject| format!("{} {}", subject.kind, subject.name))
            .collect();
        if let Some(more) = self
            .subjects
            .len()
            .checked_sub(most)
            .filter(|more| *more > 0)
        {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    }
}

#[cfg(test)]
pub(crate) mod tests;
