//! Instants and ends, as they are given on the command line.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use shared::clock::{Clock as _, SystemClock};

use crate::args::seconds;

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    At(DateTime<Utc>),
    /// So long after it was made.
    After(TimeDelta),
}

impl End {
    /// The instant, of what is made then.
    ///
    /// # Errors
    /// When there is no such instant.
    pub(crate) fn of(self, created: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
        match self {
            Self::At(at) => Ok(at),
            Self::After(time) => created.checked_add_signed(time).context("too far ahead"),
        }
    }
}

/// Now, to the second: documents say no more.
pub(crate) fn now() -> DateTime<Utc> {
    let now = SystemClock.now();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

/// `2026-03-03T14:05:00Z`, or `2026-03-03` for its beginning.
pub(crate) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || {
        text.parse()
            .ok()
            .map(|day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc())
    };
    let instant = DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.to_utc());
    instant
        .or_else(day)
        .ok_or_else(|| format!("{text:?} is no instant such as 2026-03-03T14:05:00Z"))
}

/// An [`instant`], or a time such as `90d` after what ends was made.
pub(crate) fn end(text: &str) -> Result<End, String> {
    if let Ok(at) = instant(text) {
        return Ok(End::At(at));
    }
    let time = seconds(text).ok().and_then(TimeDelta::try_seconds);
    time.map(End::After).ok_or_else(|| {
        format!("{text:?} is neither an instant such as 2026-03-03 nor a time such as 90d")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_an_instant_or_a_time_after_what_ends_was_made() {
        let created = instant("2026-03-03").unwrap();
        let of = |text: &str| end(text).unwrap().of(created).unwrap().to_rfc3339();
        assert_eq!(of("90d"), "2026-06-01T00:00:00+00:00");
        assert_eq!(of("2026-03-03T14:05:00Z"), "2026-03-03T14:05:00+00:00");
        assert_eq!(of("2026-03-03T14:05:00+02:00"), "2026-03-03T12:05:00+00:00");
        for text in ["", "soon", "2026-13-01", "5w"] {
            assert!(end(text).is_err(), "{text}");
        }
    }
}
