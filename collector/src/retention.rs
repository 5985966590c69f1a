//! How long each kind of history is kept: which kinds there are, within which bounds they are set, and what is
//! too old at an instant. Pure; what takes it away is `store::retention`'s.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, Months, NaiveDate, TimeDelta, Utc};

/// In what a kind's time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hours,
    /// Of 24 hours.
    Days,
    /// Of the calendar, in UTC: whole ones are kept beside the one that goes on.
    Months,
}

impl Unit {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Months => "months",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $unit:ident, $least:literal..=$most:literal, $endless:literal;)*) => {
        /// A kind of history.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As tables and API name it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// In what its time is counted.
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// The least and the most that it can be kept.
            pub fn bounds(self) -> (u16, u16) {
                match self { $(Self::$name => ($least, $most),)* }
            }

            /// Whether it can be kept for ever.
            pub fn may_be_endless(self) -> bool {
                match self { $(Self::$name => $endless,)* }
            }

            /// What it is, for people.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

kinds! {
    /// What hosts were, what came of rules on them, and what changed; what is so now is kept for ever.
    Facts = "facts", Months, 1..=120, true;
    /// What proves that hosts told their results: links and seals.
    Proofs = "proofs", Months, 1..=120, true;
    /// How hosts stood: never longer than facts and liveness, which that is told from.
    Posture = "posture", Months, 1..=120, true;
    /// What happened on hosts.
    Events = "events", Months, 1..=120, true;
    /// When hosts were heard of, and why they were away.
    Liveness = "liveness", Months, 1..=120, true;
    /// Alerts that have ended, with what was done about them.
    Alerts = "alerts", Months, 1..=120, true;
    /// Stories of drift, from their last change on.
    Drift = "drift", Months, 1..=120, true;
    /// Maintenance windows and silences that have ended.
    Windows = "windows", Months, 1..=120, true;
    /// Metrics by the minute.
    MinuteMetrics = "minute_metrics", Hours, 48..=720, false;
    /// Metrics by five minutes.
    FiveMinuteMetrics = "five_minute_metrics", Days, 2..=400, false;
    /// Metrics by the hour.
    HourMetrics = "hour_metrics", Months, 2..=120, true;
    /// What was sent to whom, with every attempt, and jobs that were given up.
    Deliveries = "deliveries", Days, 7..=3650, true;
    /// What people were told in the console.
    Notifications = "notifications", Days, 7..=3650, false;
    /// Files of lists that were taken away.
    Exports = "exports", Days, 1..=365, false;
    /// Enrolment and API tokens that have ended, so that a refusal can say what became of them.
    Tokens = "tokens", Days, 1..=3650, true;
    /// Retired hosts, until they are put into the archive with all that is known of them.
    RetiredHosts = "retired_hosts", Days, 1..=3650, true;
    /// The archive's files of hosts.
    Archives = "archives", Months, 1..=600, true;
}

impl Kind {
    /// The kinds without which it says something else.
    pub fn told_from(self) -> &'static [Self] {
        match self {
            // Of a time of which it is not known who was heard of, who belonged where and what failed, a host that
            // was silent would count, and a failure that was waived would not: rather no score than that one.
            Self::Posture => &[Self::Posture, Self::Facts, Self::Liveness],
            kind => std::slice::from_ref(&Self::ALL[kind as usize]),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What is called so is no kind of history.
#[derive(Debug, thiserror::Error)]
#[error("there is no such kind of history")]
pub struct Unknown;

impl FromStr for Kind {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let named = |kind: &&Self| kind.code() == text;
        Self::ALL.iter().find(named).copied().ok_or(Unknown)
    }
}

/// Why something cannot be set, for people.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("is not within {least} to {most} {unit}")]
    Bounds {
        least: u16,
        most: u16,
        unit: &'static str,
    },
    #[error("cannot be kept for ever")]
    Endless,
}

/// How long everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// By [`Kind::ALL`]; `None`: for ever.
    values: [Option<u16>; Kind::ALL.len()],
}

impl Default for Keep {
    /// What a new installation keeps.
    fn default() -> Self {
        Self {
            values: std::array::from_fn(|place| match Kind::ALL[place] {
                Kind::MinuteMetrics => Some(48),
                Kind::FiveMinuteMetrics | Kind::Exports => Some(30),
                Kind::HourMetrics => Some(24),
                Kind::Deliveries | Kind::Notifications | Kind::Tokens => Some(90),
                Kind::RetiredHosts | Kind::Archives => None,
                _ => Some(13),
            }),
        }
    }
}

impl Keep {
    /// Keeps everything that is counted from the facts of hosts for so many months: facts, proofs, posture, events,
    /// liveness, alerts, drift, windows.
    #[must_use]
    pub fn months(mut self, months: u16) -> Self {
        for kind in &Kind::ALL[..=Kind::Windows as usize] {
            self.values[*kind as usize] = Some(months);
        }
        self
    }

    /// Keeps one kind otherwise.
    #[must_use]
    pub fn with(mut self, kind: Kind, keep: Option<u16>) -> Self {
        self.values[kind as usize] = keep;
        self
    }

    /// As long as this one is kept; `None`: for ever.
    pub fn of(&self, kind: Kind) -> Option<u16> {
        self.values[kind as usize]
    }

    /// What ended before this is too old; `None` when nothing is.
    pub fn before(&self, kind: Kind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own = |kind: &Kind| self.of(*kind).map(|keep| before(*kind, keep, now));
        kind.told_from().iter().filter_map(own).max()
    }
}

/// What ended before this is too old, for a kind that is kept for so long.
pub fn before(kind: Kind, keep: u16, now: DateTime<Utc>) -> DateTime<Utc> {
    match kind.unit() {
        Unit::Hours => now - TimeDelta::hours(keep.into()),
        Unit::Days => now - TimeDelta::days(keep.into()),
        Unit::Months => midnight(first_of_month(now.date_naive()) - Months::new(keep.into())),
    }
}

/// Whether a kind may be kept for so long.
///
/// # Errors
/// [`Refused`], which says why not.
pub fn check(kind: Kind, keep: Option<u32>) -> Result<Option<u16>, Refused> {
    let (least, most) = kind.bounds();
    let within = |keep: u32| {
        let keep = u16::try_from(keep).ok();
        keep.filter(|keep| (least..=most).contains(keep))
            .ok_or(Refused::Bounds {
                least,
                most,
                unit: kind.unit().name(),
            })
    };
    match keep {
        None if !kind.may_be_endless() => Err(Refused::Endless),
        keep => keep.map(within).transpose(),
    }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).expect("every month has a first day")
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(Default::default()).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().unwrap()
    }

    #[test]
    fn whole_months_days_and_hours_are_kept() {
        let now = at("2026-03-31T12:30:00");
        let keep = Keep::default().months(2);
        for (kind, before) in [
            (Kind::Facts, Some("2026-01-01T00:00:00")),
            (Kind::Windows, Some("2026-01-01T00:00:00")),
            (Kind::MinuteMetrics, Some("2026-03-29T12:30:00")),
            (Kind::FiveMinuteMetrics, Some("2026-03-01T12:30:00")),
            (Kind::Tokens, Some("2025-12-31T12:30:00")),
            (Kind::RetiredHosts, None),
        ] {
            assert_eq!(keep.before(kind, now), before.map(at), "{kind}");
        }
    }

    #[test]
    fn no_score_is_kept_longer_than_what_it_is_told_from() {
        let now = at("2026-03-31T12:30:00");
        let keep = Keep::default().months(13);
        let posture = |keep: Keep| keep.before(Kind::Posture, now);
        let months = |text: &str| Some(at(text));
        for shorter in [Kind::Facts, Kind::Liveness] {
            let keep = keep.with(shorter, Some(2));
            assert_eq!(posture(keep), months("2026-01-01T00:00:00"), "{shorter}");
            let endless = keep.with(Kind::Posture, None);
            assert_eq!(posture(endless), months("2026-01-01T00:00:00"), "{shorter}");
        }
        let longer = keep.with(Kind::Facts, None).with(Kind::Liveness, Some(20));
        assert_eq!(posture(longer), months("2025-02-01T00:00:00"));
        assert_eq!(
            posture(longer.with(Kind::Posture, None).with(Kind::Liveness, None)),
            None
        );
    }

    #[test]
    fn each_kind_has_a_name_of_its_own_and_a_default_within_its_bounds() {
        for kind in Kind::ALL {
            assert_eq!(kind.code().parse::<Kind>().unwrap(), *kind);
            let keep = Keep::default().of(*kind);
            assert_eq!(check(*kind, keep.map(u32::from)), Ok(keep), "{kind}");
        }
        assert!("everything".parse::<Kind>().is_err());
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_the_bounds() {
        let refused = |kind, keep| check(kind, keep).unwrap_err().to_string();
        assert_eq!(
            refused(Kind::MinuteMetrics, Some(47)),
            "is not within 48 to 720 hours"
        );
        assert_eq!(
            refused(Kind::Facts, Some(0x1_0001)),
            "is not within 1 to 120 months"
        );
        assert_eq!(refused(Kind::Exports, None), "cannot be kept for ever");
        assert_eq!(check(Kind::Facts, None), Ok(None));
    }
}
