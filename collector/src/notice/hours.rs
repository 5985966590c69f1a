//! Hours of the week by the clocks of a place.

use chrono::{DateTime, Datelike as _, Days, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Minutes of a day.
pub const DAY: u16 = 24 * 60;

/// Hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// An IANA name, such as `Europe/Vienna`.
    pub time_zone: String,
    /// The days on which they begin: 1 for Monday to 7 for Sunday.
    #[schema(min_items = 1, max_items = 7)]
    pub weekdays: Vec<u8>,
    /// The minute of the day with which they begin, 0 to 1439.
    #[schema(maximum = 1439)]
    pub from_minute: u16,
    /// The minute before which they end, 1 to 1440; of the next day when it is not behind `from_minute`.
    #[schema(minimum = 1, maximum = 1440)]
    pub to_minute: u16,
}

/// Why something is no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("{0:?} is no time zone, such as \"Europe/Vienna\"")]
    Zone(String),
    #[error("weekdays are 1 to 7, and one at the least")]
    Weekdays,
    #[error("from_minute is 0 to 1439, and to_minute 1 to 1440")]
    Minutes,
}

impl Hours {
    /// Whether they can be.
    ///
    /// # Errors
    /// [`HoursError`].
    pub fn check(&self) -> Result<(), HoursError> {
        self.zone()?;
        if self.weekdays.is_empty() || !self.weekdays.iter().all(|day| (1..=7).contains(day)) {
            return Err(HoursError::Weekdays);
        }
        if self.from_minute >= DAY || !(1..=DAY).contains(&self.to_minute) {
            return Err(HoursError::Minutes);
        }
        Ok(())
    }

    fn zone(&self) -> Result<Tz, HoursError> {
        let zone = self.time_zone.parse();
        zone.map_err(|_| HoursError::Zone(self.time_zone.clone()))
    }

    /// Whether `at` is within them. With a zone that this build does not know, it always is: somebody is told
    /// too much rather than nothing.
    pub fn contain(&self, at: DateTime<Utc>) -> bool {
        let Ok(zone) = self.zone() else { return true };
        let local = at.with_timezone(&zone);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let on = |day: Weekday| {
            let number = day.number_from_monday() as u8;
            self.weekdays.contains(&number)
        };
        let today = local.weekday();
        if self.to_minute > self.from_minute {
            return on(today) && (self.from_minute..self.to_minute).contains(&minute);
        }
        let yesterday = local.date_naive() - Days::new(1);
        let late = on(today) && minute >= self.from_minute;
        late || on(yesterday.weekday()) && minute < self.to_minute
    }
}
