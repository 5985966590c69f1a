//! Instants as the API writes and reads them.

use std::{ops::RangeInclusive, str::FromStr};

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
    },
};

/// The years that are taken. What is reckoned from an instant of them, such as the hour before it, RFC 3339 can
/// write too.
const YEARS: RangeInclusive<i32> = 1970..=9999;

/// An instant: RFC 3339, UTC, always with microseconds, so that texts sort as instants do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // In a query a plus sign that nobody escaped has become a space.
        let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map(|at| at.to_utc());
        at.ok()
            .filter(|at| YEARS.contains(&at.year()))
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not an instant such as 2026-03-03T14:05:00Z"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, UTC, with microseconds"))
            .examples(["2026-11-21T23:00:00.123456Z"])
            .into()
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_always_written() {
        let time: Time = "2026-11-21T23:00:00Z".parse().unwrap();
        assert_eq!(
            serde_json::to_value(time).unwrap(),
            "2026-11-21T23:00:00.000000Z"
        );
    }

    #[test]
    fn other_zones_are_read_also_when_the_plus_sign_was_not_escaped() {
        for text in ["2026-11-22T00:00:00+01:00", "2026-11-22T00:00:00 01:00"] {
            let time: Time = text.parse().unwrap();
            assert_eq!(time, "2026-11-21T23:00:00Z".parse().unwrap(), "{text}");
        }
        assert!("yesterday".parse::<Time>().is_err());
    }

    #[test]
    fn years_that_rfc_3339_cannot_write_are_not_taken() {
        for text in [
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
        assert!("9999-12-31T23:59:59Z".parse::<Time>().is_ok());
    }
}
