//! What is to be told of hosts: conditions, and how an alert begins, grows, rests and ends. Pure.
//!
//! A condition is asked what is so *now*; an alert is open as long as anything is so. That needs no memory of what was
//! told, so that a restart neither repeats nor forgets anything, and every alert ends by itself. What happens at an
//! instant and is over counts as being so for a while. All hosts for which one thing is so are subjects of one alert.

/// What an alert goes through.
pub mod state;

/// Conditions that people write.
pub mod expression;

/// From what is so to what changes.
mod reconcile;

use serde::{Deserialize, Serialize};
use shared::rule::Severity;
use utoipa::ToSchema;

pub use self::reconcile::{Open, Turn, reconcile};
use crate::drift;

/// What an alert rule goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "sort", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Rules of this severity fail. One alert for each rule.
    Finding { severity: FindingSeverity },
    /// The score of a host is so many points lower than it was so long ago.
    ScoreDrop { points: u8, hours: u16 },
    /// The score of a host is lower than this.
    ScoreBelow { percent: u8 },
    /// The score of a host was lower each day than the day before, so many days in a row.
    Falling { days: u8 },
    /// A host has not been heard of for so long, and nobody said that it would leave.
    Unreachable { seconds: u32 },
    /// A host has not been heard of for so long, for whatever reason.
    Silent { hours: u16 },
    /// So many rules at least come to an error on a host.
    Errors { least: u16 },
    /// So many hosts wait for the collector to look at what they told, one of them for so long.
    Behind { hosts: u16, minutes: u16 },
    /// Something with one of these codes happened within this time, and no maintenance window was open. One alert for
    /// each code, and of results for each rule.
    Event { codes: Vec<String>, minutes: u32 },
    /// A rule began to fail on so many hosts within this time.
    Mass { hosts: u16, minutes: u32 },
    /// Work that is due, such as notices and reports, has waited for so long.
    Stalled { minutes: u16 },
    /// What this expression says of how a host stands is true: see docs/alerts.md for its names. One alert for all
    /// hosts.
    HostExpression { when: String },
    /// Something of which this expression is true happened within this time, and no maintenance window was open. One
    /// alert for each code, and of results for each rule.
    EventExpression { when: String, minutes: u32 },
    /// A waiver waits for somebody to decide. One alert for each.
    WaiverRequested {},
    /// A waiver counts for no longer than so many days. One alert for each.
    WaiverExpiring { days: u16 },
    /// A waiver came to its end within this time, and no other goes on with it. One alert for each.
    WaiverExpired { minutes: u32 },
    /// Drift that matters at least so much stands so, and came within this time. One alert for each story.
    Drift {
        level: AlertDriftLevel,
        state: AlertDriftState,
        minutes: u32,
    },
}

/// How much drift must matter at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertDriftLevel {
    None,
    Minor,
    Major,
}

impl From<AlertDriftLevel> for drift::Level {
    fn from(level: AlertDriftLevel) -> Self {
        match level {
            AlertDriftLevel::None => Self::None,
            AlertDriftLevel::Minor => Self::Minor,
            AlertDriftLevel::Major => Self::Major,
        }
    }
}

/// How drift must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertDriftState {
    /// Nothing explains it, and nobody has said anything of it.
    Unexplained,
    /// Somebody has said a word.
    Acknowledged,
    /// A maintenance window or a rollout explains it.
    Expected,
}

impl From<AlertDriftState> for drift::state::State {
    fn from(state: AlertDriftState) -> Self {
        match state {
            AlertDriftState::Unexplained => Self::Unexplained,
            AlertDriftState::Acknowledged => Self::Acknowledged,
            AlertDriftState::Expected => Self::Expected,
        }
    }
}

/// How serious a rule is that a condition asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<FindingSeverity> for Severity {
    fn from(severity: FindingSeverity) -> Self {
        match severity {
            FindingSeverity::Info => Self::Info,
            FindingSeverity::Low => Self::Low,
            FindingSeverity::Medium => Self::Medium,
            FindingSeverity::High => Self::High,
            FindingSeverity::Critical => Self::Critical,
        }
    }
}

/// Everything that [`Condition::sort`] may be.
pub const SORTS: [&str; 14] = [
    "critical_finding",
    "high_finding",
    "medium_finding",
    "low_finding",
    "info_finding",
    "score_drop",
    "non_compliant",
    "degrading_trend",
    "host_unreachable",
    "host_not_scanned",
    "scan_failed",
    "scan_backlog",
    "event",
    "mass_drift",
];

impl Condition {
    /// What routes of notices call it.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Finding { severity } => match severity {
                FindingSeverity::Info => "info_finding",
                FindingSeverity::Low => "low_finding",
                FindingSeverity::Medium => "medium_finding",
                FindingSeverity::High => "high_finding",
                FindingSeverity::Critical => "critical_finding",
            },
            Self::ScoreDrop { .. } => "score_drop",
            Self::ScoreBelow { .. } => "non_compliant",
            Self::Falling { .. } => "degrading_trend",
            Self::Unreachable { .. } => "host_unreachable",
            Self::Silent { .. } => "host_not_scanned",
            Self::Errors { .. } => "scan_failed",
            Self::Behind { .. } => "scan_backlog",
            Self::Event { .. } => "event",
            Self::Mass { .. } => "mass_drift",
            Self::Stalled { .. } => "scheduler_stopped",
            Self::HostExpression { .. } => "host_expression",
            Self::EventExpression { .. } => "event_expression",
            Self::WaiverRequested {} => "exception_requested",
            Self::WaiverExpiring { .. } => "exception_expiring",
            Self::WaiverExpired { .. } => "exception_expired",
            Self::Drift { .. } => "drift",
        }
    }

    /// Whether the clock alone can turn it, for whichever host.
    pub fn is_of_time(&self) -> bool {
        match self {
            Self::Finding { .. } | Self::ScoreBelow { .. } | Self::Errors { .. } => false,
            Self::ScoreDrop { .. }
            | Self::Falling { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Behind { .. }
            | Self::Event { .. }
            | Self::Mass { .. }
            | Self::Drift { .. }
            | Self::Stalled { .. }
            | Self::WaiverRequested {}
            | Self::WaiverExpiring { .. }
            | Self::WaiverExpired { .. }
            // That it comes to nothing is told of the whole fleet.
            | Self::HostExpression { .. }
            | Self::EventExpression { .. } => true,
        }
    }

    /// Whether it can turn when something is written of a host; others are asked by the clock alone.
    pub fn is_of_hosts(&self) -> bool {
        match self {
            Self::Finding { .. }
            | Self::ScoreDrop { .. }
            | Self::ScoreBelow { .. }
            | Self::Errors { .. }
            | Self::Event { .. }
            | Self::Drift { .. }
            | Self::HostExpression { .. }
            | Self::EventExpression { .. } => true,
            Self::Falling { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Behind { .. }
            | Self::Stalled { .. }
            // It counts hosts, so that some of them tell nothing.
            | Self::Mass { .. }
            | Self::WaiverRequested {}
            | Self::WaiverExpiring { .. }
            | Self::WaiverExpired { .. } => false,
        }
    }

    /// Refuses figures that cannot be meant.
    ///
    /// # Errors
    /// In words, with the field and what it may be.
    pub fn check(&self, is_code: impl Fn(&str) -> bool) -> Result<(), String> {
        let within = |name: &str, value: u32, least: u32, most: u32| {
            let fits = (least..=most).contains(&value);
            fits.then_some(())
                .ok_or_else(|| format!("{name}: {value} is not {least} to {most}"))
        };
        match self {
            Self::Finding { .. } | Self::WaiverRequested {} => Ok(()),
            Self::ScoreDrop { points, hours } => {
                within("points", u32::from(*points), 1, 100)?;
                within("hours", u32::from(*hours), 1, 8760)
            }
            Self::ScoreBelow { percent } => within("percent", u32::from(*percent), 1, 100),
            Self::Falling { days } => within("days", u32::from(*days), 2, 30),
            Self::Unreachable { seconds } => within("seconds", *seconds, 1, 86_400),
            Self::Silent { hours } => within("hours", u32::from(*hours), 1, 8760),
            Self::Errors { least } => within("least", u32::from(*least), 1, 10_000),
            Self::Behind { hosts, minutes } => {
                within("hosts", u32::from(*hosts), 1, 65_535)?;
                within("minutes", u32::from(*minutes), 1, 1440)
            }
            Self::Event { codes, minutes } => {
                within("minutes", *minutes, 1, 525_600)?;
                if codes.is_empty() {
                    return Err(
                        "codes: name one at least (GET /api/v1/event-codes lists them)".into(),
                    );
                }
                match codes.iter().find(|code| !is_code(code)) {
                    None => Ok(()),
                    Some(code) => Err(format!(
                        "codes: there is no code {code:?} (GET /api/v1/event-codes lists them)"
                    )),
                }
            }
            Self::Stalled { minutes } => within("minutes", u32::from(*minutes), 1, 1440),
            Self::HostExpression { when } => readable(expression::Standing::read(when)),
            Self::EventExpression { when, minutes } => {
                within("minutes", *minutes, 1, 1440)?;
                readable(expression::Happening::read(when))
            }
            Self::Drift { minutes, .. } => within("minutes", *minutes, 1, 525_600),
            Self::Mass { hosts, minutes } => {
                within("hosts", u32::from(*hosts), 2, 65_535)?;
                within("minutes", *minutes, 1, 525_600)
            }
            Self::WaiverExpiring { days } => within("days", u32::from(*days), 1, 365),
            Self::WaiverExpired { minutes } => within("minutes", *minutes, 1, 525_600),
        }
    }

    /// What an alert of the alert rule `name` is called: for the rule of that title, where its key names one.
    pub fn title(&self, name: &str, key: &str, rule_title: Option<&str>) -> String {
        let rule = rule_title.unwrap_or(key);
        // The waiver, and what it is for.
        let waived = || rule_title.or(key.split_once(' ').map(|(_, subject)| subject));
        let waived = || waived().unwrap_or(key);
        match self {
            _ if key == expression::ERROR => format!("{name}: its expression comes to nothing"),
            Self::HostExpression { .. } => name.to_owned(),
            Self::EventExpression { .. } => format!("{name}: {rule}"),
            Self::Stalled { minutes } => format!("Work has waited for {minutes} min or longer"),
            Self::Finding { .. } => format!("Fails: {rule}"),
            Self::ScoreDrop { points, hours } => {
                format!("The score fell by {points} points or more within {hours} h")
            }
            Self::ScoreBelow { percent } => format!("The score is below {percent} %"),
            Self::Falling { days } => format!("The score has fallen for {days} days in a row"),
            Self::Unreachable { .. } => "Hosts are not heard of".into(),
            Self::Silent { hours } => format!("Hosts have been silent for {hours} h"),
            Self::Errors { .. } => "Rules come to an error".into(),
            Self::Behind { .. } => "The collector is behind".into(),
            Self::Event { .. } => match key.split_once(' ') {
                Some(("result.failed", _)) => format!("Began to fail: {rule}"),
                Some(("result.fixed", _)) => format!("Fails no more: {rule}"),
                _ => key.to_owned(),
            },
            // The key begins with the story, of which there can be several at once.
            Self::Drift { .. } => {
                let subject = key.split_once(' ').map_or(key, |(_, subject)| subject);
                format!("Drift: {}", rule_title.unwrap_or(subject))
            }
            Self::Mass { hosts, minutes } => {
                format!("Began to fail on {hosts} hosts or more within {minutes} min: {rule}")
            }
            Self::WaiverRequested {} => format!("A waiver is asked for: {}", waived()),
            Self::WaiverExpiring { days } => {
                format!("A waiver ends within {days} days: {}", waived())
            }
            Self::WaiverExpired { .. } => format!("A waiver has ended: {}", waived()),
        }
    }
}

fn readable<T>(read: Result<T, shared::cel::CelError>) -> Result<(), String> {
    read.map(drop).map_err(|error| format!("when: {error}"))
}

/// Something that is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// Of which alert of the rule it is a subject.
    pub key: String,
    /// `None` for what concerns no host.
    pub host_no: Option<i32>,
    /// What of the host; empty for the host itself.
    pub item: String,
    /// For people.
    pub text: String,
    pub severity: Severity,
}

#[cfg(test)]
mod tests;
