//! Patterns as cron has them, by the clocks of a place.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// Why something is no schedule.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("{0:?} is no time zone, such as \"Europe/Vienna\"")]
    Zone(String),
    #[error(
        "the pattern is not minute, hour, day, month and weekday, such as \"30 6 * * MON-FRI\": {0}"
    )]
    Pattern(String),
}

/// When something comes again. Where clocks are put forward, what falls into the gap comes at its end; where
/// they are put back, what has a fixed time comes once.
#[derive(Debug, Clone)]
pub struct Schedule {
    pattern: Cron,
    zone: Tz,
}

impl Schedule {
    /// Five fields of cron by the clocks of an IANA time zone.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub fn new(pattern: &str, zone: &str) -> Result<Self, ScheduleError> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let wrong = |error: croner::errors::CronError| ScheduleError::Pattern(error.to_string());
        Ok(Self {
            pattern: parser.parse(pattern).map_err(wrong)?,
            zone: zone
                .parse()
                .map_err(|_| ScheduleError::Zone(zone.to_owned()))?,
        })
    }

    /// When it comes next, after `now`.
    ///
    /// # Errors
    /// [`ScheduleError::Pattern`] for a day that never comes, such as 30 February.
    pub fn after(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
        let found = self
            .pattern
            .find_next_occurrence(&now.with_timezone(&self.zone), false);
        found
            .map(|at| at.to_utc())
            .map_err(|error| ScheduleError::Pattern(error.to_string()))
    }
}
