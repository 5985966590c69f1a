//! Maintenance windows: times in which a host may be away without anybody being woken. Pure.
//!
//! Weekly windows are in UTC: no table of time zones is on board, and a window that moves by an
//! hour twice a year is one that an administrator can see coming.

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};

/// Minutes of a week.
pub const WEEK: i32 = 7 * 24 * 60;

/// When a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    /// `None`: nobody knows yet.
    pub to: Option<DateTime<Utc>>,
    /// Of a window of each week.
    pub weekly: Option<Weekly>,
}

/// The part of each week in which a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekly {
    /// Its first minute, from Monday 00:00 UTC, below [`WEEK`].
    pub first: i32,
    /// How long it lasts, 1 to below [`WEEK`].
    pub minutes: i32,
}

/// When a window that is open ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    At(DateTime<Utc>),
    /// When somebody ends it.
    Open,
}

impl Window {
    /// Until when the window is open, if it is open at `at`.
    pub fn open(&self, at: DateTime<Utc>) -> Option<Until> {
        if at < self.from || self.to.is_some_and(|to| to <= at) {
            return None;
        }
        let Some(weekly) = self.weekly else {
            return Some(self.to.map_or(Until::Open, Until::At));
        };
        let into = (minute(at) - weekly.first).rem_euclid(WEEK);
        if into >= weekly.minutes {
            return None;
        }
        let whole = at - TimeDelta::seconds(at.second().into());
        let whole = whole - TimeDelta::nanoseconds(at.nanosecond().into());
        let end = whole + TimeDelta::minutes((weekly.minutes - into).into());
        Some(Until::At(self.to.map_or(end, |to| to.min(end))))
    }
}

/// The minute of the week, from Monday 00:00 UTC.
fn minute(at: DateTime<Utc>) -> i32 {
    let parts = [
        at.weekday().num_days_from_monday() * 24 * 60,
        at.hour() * 60,
        at.minute(),
    ];
    i32::try_from(parts.iter().sum::<u32>()).unwrap_or(0)
}

/// The later of two ends.
pub fn later(one: Until, other: Until) -> Until {
    match (one, other) {
        (Until::At(one), Until::At(other)) => Until::At(one.max(other)),
        _ => Until::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().unwrap()
    }

    #[test]
    fn a_window_is_open_from_its_beginning_and_closed_at_its_end() {
        let mut window = Window {
            from: at("2026-03-02T10:00:00"),
            to: Some(at("2026-03-02T12:00:00")),
            weekly: None,
        };
        let end = Some(Until::At(at("2026-03-02T12:00:00")));
        for (now, open) in [
            ("2026-03-02T09:59:59", None),
            ("2026-03-02T10:00:00", end),
            ("2026-03-02T11:59:59", end),
            ("2026-03-02T12:00:00", None),
        ] {
            assert_eq!(window.open(at(now)), open, "{now}");
        }
        window.to = None;
        assert_eq!(window.open(at("2036-01-01T00:00:00")), Some(Until::Open));
    }

    #[test]
    fn a_weekly_window_opens_each_week_also_over_its_end() {
        // Sunday 23:00 to Monday 01:00.
        let window = Window {
            from: at("2026-03-01T00:00:00"),
            to: Some(at("2026-03-16T00:30:00")),
            weekly: Some(Weekly {
                first: WEEK - 60,
                minutes: 120,
            }),
        };
        for (now, until) in [
            ("2026-03-01T22:59:59", None),
            ("2026-03-01T23:00:00", Some("2026-03-02T01:00:00")),
            ("2026-03-02T00:59:59.5", Some("2026-03-02T01:00:00")),
            ("2026-03-02T01:00:00", None),
            ("2026-03-08T23:30:10", Some("2026-03-09T01:00:00")),
            ("2026-03-15T23:30:00", Some("2026-03-16T00:30:00")),
            ("2026-03-16T00:30:00", None),
        ] {
            let until = until.map(|until| Until::At(at(until)));
            assert_eq!(window.open(at(now)), until, "{now}");
        }
    }

    #[test]
    fn the_later_of_two_ends_is_the_open_one() {
        let (one, other) = (Until::At(at("2026-01-01T00:00:00")), Until::Open);
        assert_eq!(later(one, other), Until::Open);
        let two = Until::At(at("2026-01-02T00:00:00"));
        assert_eq!(later(one, two), two);
    }
}
