//! What a person wants to be told, where and when. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Severity,
    hours::{DAY, Hours, HoursError},
};

/// Choices that somebody makes at most: every type in every severity, and room for more types.
pub const MOST_CHOICES: usize = 500;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Where e-mail goes; `None` for nowhere.
    pub address: Option<String>,
    /// An IANA name, such as `Europe/Vienna`.
    pub time_zone: String,
    /// What differs from what everybody has who said nothing: in the console, and not by e-mail.
    pub choices: Vec<Choice>,
    pub digest: DigestTime,
    pub quiet: Option<Quiet>,
}

/// What is wanted of one type of alerts, when it is so serious.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NotificationChoice)]
pub struct Choice {
    /// As routes of notices call it, such as `critical_finding`.
    #[schema(max_length = 100)]
    pub alert_type: String,
    pub severity: Severity,
    /// Whether the console tells it.
    pub in_app: bool,
    pub email: ByMail,
}

/// Whether something comes by e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByMail {
    /// As it happens, but for quiet hours.
    Now,
    /// Together with what else happened.
    Digest,
    Off,
}

impl ByMail {
    const ALL: [Self; 3] = [Self::Now, Self::Digest, Self::Off];

    /// As the tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Digest => "digest",
            Self::Off => "off",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// When digests come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestTime {
    /// 1 for Monday to 7 for Sunday; left out: every day.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 7)]
    pub weekday: Option<u8>,
    /// The hour of the day, 0 to 23. An hour that the clocks leave out comes when they go on; one that they have twice
    /// comes once.
    #[schema(maximum = 23)]
    pub hour: u8,
}

/// When no e-mail goes out, but for digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// The minute of the day with which it begins, 0 to 1439.
    #[schema(maximum = 1439)]
    pub from_minute: u16,
    /// The minute before which it ends, 1 to 1440; of the next day when it is not behind `from_minute`.
    #[schema(minimum = 1, maximum = 1440)]
    pub to_minute: u16,
}

/// Why something is nobody's wish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreferenceError {
    #[error("time_zone: {0:?} is no time zone, such as \"Europe/Vienna\"")]
    Zone(String),
    #[error(
        "quiet: from_minute is 0 to 1439, and to_minute 1 to 1440; it cannot be quiet the whole day"
    )]
    Quiet,
    #[error("digest: weekday is 1 to 7, and hour 0 to 23")]
    Digest,
    #[error("choices: {0:?} stands there twice for {1}")]
    Twice(String, Severity),
    #[error("choices: no more than {MOST_CHOICES}")]
    TooMany,
    #[error("address: say where e-mail is to go, or choose none")]
    NoAddress,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            address: None,
            time_zone: "UTC".into(),
            choices: Vec::new(),
            digest: DigestTime {
                weekday: None,
                hour: 7,
            },
            quiet: None,
        }
    }
}

impl Preferences {
    /// Whether it can be meant.
    ///
    /// # Errors
    /// [`PreferenceError`].
    pub fn check(&self) -> Result<(), PreferenceError> {
        match self.hours().check() {
            Err(HoursError::Zone(zone)) => return Err(PreferenceError::Zone(zone)),
            Err(_) => return Err(PreferenceError::Quiet),
            Ok(()) => {}
        }
        let whole = |quiet: Quiet| quiet.from_minute == quiet.to_minute % DAY;
        if self.quiet.is_some_and(whole) {
            return Err(PreferenceError::Quiet);
        }
        let of_week = self.digest.weekday.is_none_or(|day| (1..=7).contains(&day));
        if !of_week || self.digest.hour > 23 {
            return Err(PreferenceError::Digest);
        }
        if self.choices.len() > MOST_CHOICES {
            return Err(PreferenceError::TooMany);
        }
        let mut known = std::collections::BTreeSet::new();
        for choice in &self.choices {
            if !known.insert((&choice.alert_type, choice.severity)) {
                let alert_type = choice.alert_type.clone();
                return Err(PreferenceError::Twice(alert_type, choice.severity));
            }
        }
        let mails = |choice: &Choice| choice.email != ByMail::Off;
        if self.address.is_none() && self.choices.iter().any(mails) {
            return Err(PreferenceError::NoAddress);
        }
        Ok(())
    }

    /// When digests come, as cron has it; `None` when there is nothing for one.
    pub fn digests(&self) -> Option<String> {
        let mut choices = self.choices.iter();
        let wanted = choices.any(|choice| choice.email == ByMail::Digest);
        let DigestTime { weekday, hour } = self.digest;
        // Of cron, Sunday is 0.
        let day = weekday.map_or("*".into(), |day| (day % 7).to_string());
        wanted.then(|| format!("0 {hour} * * {day}"))
    }

    /// How long it is still quiet at `now`; nothing when it is not.
    pub fn quiet_for(&self, now: DateTime<Utc>) -> TimeDelta {
        if self.quiet.is_none() {
            return TimeDelta::zero();
        }
        let hours = self.hours();
        // Minute by minute, because the clocks may be put forward or back meanwhile; no hours last longer.
        let longest = i64::from(2 * DAY);
        let over = (0..=longest).find(|minutes| !hours.contain(now + TimeDelta::minutes(*minutes)));
        let Some(minutes) = over.filter(|minutes| *minutes > 0) else {
            return TimeDelta::zero();
        };
        // Its end is a whole minute.
        let end = now + TimeDelta::minutes(minutes);
        let end = end
            - TimeDelta::nanoseconds(
                end.timestamp_nanos_opt()
                    .unwrap_or_default()
                    .rem_euclid(60_000_000_000),
            );
        end - now
    }

    /// An instant by the clocks of the place, such as `2026-03-03 15:05 CET`.
    pub fn local(&self, at: DateTime<Utc>) -> String {
        const FORM: &str = "%Y-%m-%d %H:%M %Z";
        match self.time_zone.parse::<chrono_tz::Tz>() {
            Ok(zone) => at.with_timezone(&zone).format(FORM).to_string(),
            Err(_) => at.format(FORM).to_string(),
        }
    }

    fn hours(&self) -> Hours {
        let Quiet {
            from_minute,
            to_minute,
        } = self.quiet.unwrap_or(Quiet {
            from_minute: 0,
            to_minute: 1,
        });
        Hours {
            time_zone: self.time_zone.clone(),
            weekdays: (1..=7).collect(),
            from_minute,
            to_minute,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn in_vienna(from_minute: u16, to_minute: u16) -> Preferences {
        Preferences {
            time_zone: "Europe/Vienna".into(),
            quiet: Some(Quiet {
                from_minute,
                to_minute,
            }),
            ..Preferences::default()
        }
    }

    fn choice(email: ByMail) -> Choice {
        Choice {
            alert_type: "event".into(),
            severity: Severity::High,
            in_app: true,
            email,
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_field() {
        let good = Preferences {
            address: Some("a@corp.example".into()),
            choices: vec![choice(ByMail::Now)],
            ..Preferences::default()
        };
        assert_eq!(good.check(), Ok(()));
        let zone = |zone: &str| Preferences {
            time_zone: zone.into(),
            ..good.clone()
        };
        let mars = "Mars/Olympus";
        assert_eq!(zone(mars).check(), Err(PreferenceError::Zone(mars.into())));
        let twice = Preferences {
            choices: vec![choice(ByMail::Off), choice(ByMail::Now)],
            ..good.clone()
        };
        let error = PreferenceError::Twice("event".into(), Severity::High);
        assert_eq!(twice.check(), Err(error));
        let nowhere = Preferences {
            address: None,
            ..good.clone()
        };
        assert_eq!(nowhere.check(), Err(PreferenceError::NoAddress));
        for (weekday, hour) in [(Some(0), 7), (Some(8), 7), (None, 24)] {
            let digest = DigestTime { weekday, hour };
            let wrong = Preferences {
                digest,
                ..good.clone()
            };
            assert_eq!(wrong.check(), Err(PreferenceError::Digest), "{digest:?}");
        }
        for (from, to) in [(1440, 60), (0, 0), (60, 1441), (0, 1440), (600, 600)] {
            let wrong = in_vienna(from, to).check();
            assert_eq!(wrong, Err(PreferenceError::Quiet), "{from} to {to}");
        }
    }

    #[test]
    fn digests_come_as_cron_has_it_and_only_where_one_is_wanted() {
        let wanted = |weekday, email| Preferences {
            digest: DigestTime { weekday, hour: 6 },
            choices: vec![choice(email)],
            ..Preferences::default()
        };
        let daily = wanted(None, ByMail::Digest).digests();
        assert_eq!(daily.as_deref(), Some("0 6 * * *"));
        let sundays = wanted(Some(7), ByMail::Digest).digests();
        assert_eq!(sundays.as_deref(), Some("0 6 * * 0"));
        assert_eq!(wanted(None, ByMail::Now).digests(), None);
    }

    #[test]
    fn it_is_quiet_by_the_clocks_of_the_place_also_when_they_are_put_forward_or_back() {
        let night = in_vienna(22 * 60, 7 * 60);
        let minutes =
            |preferences: &Preferences, now: &str| preferences.quiet_for(at(now)).num_minutes();
        assert_eq!(minutes(&night, "2026-03-03T20:59:00Z"), 0);
        assert_eq!(minutes(&night, "2026-03-03T21:00:00Z"), 9 * 60);
        assert_eq!(minutes(&night, "2026-03-04T05:59:00Z"), 1);
        assert_eq!(minutes(&night, "2026-03-04T06:00:00Z"), 0);
        // The night in which clocks are put forward is an hour shorter, the other one longer.
        assert_eq!(minutes(&night, "2026-03-28T21:00:00Z"), 8 * 60);
        assert_eq!(minutes(&night, "2026-10-24T20:00:00Z"), 10 * 60);
        // What is to end in the hour that does not exist ends with it; what ends in the one that comes twice, ends first.
        let early = in_vienna(0, 150);
        assert_eq!(minutes(&early, "2026-03-29T00:30:00Z"), 30);
        assert_eq!(minutes(&early, "2026-10-24T23:30:00Z"), 60);
        let seconds = night.quiet_for(at("2026-03-04T05:58:30Z")).num_seconds();
        assert_eq!(seconds, 90, "it ends with a whole minute");
    }

    proptest! {
        #[test]
        fn what_is_held_back_goes_out_when_it_is_quiet_no_more(
            from in 0..1440_u16, to in 1..=1440_u16, minute in 0..(400 * 24 * 60_i64), second in 0..60_i64,
        ) {
            // Quiet for the whole day is quiet for ever.
            prop_assume!(from != to % 1440);
            let quiet = in_vienna(from, to);
            let now = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minute) + TimeDelta::seconds(second);
            let wait = quiet.quiet_for(now);
            prop_assert!(wait >= TimeDelta::zero() && wait <= TimeDelta::hours(25));
            prop_assert!(!quiet.hours().contain(now + wait));
        }
    }
}
