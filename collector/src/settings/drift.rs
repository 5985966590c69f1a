//! How much of what hosts drift matters: said for the whole fleet, because a story of drift is about many hosts.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the fleet's layer says of drift. What is left out is as [`Limits::default`] has it; groups and hosts say nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftLayer {
    /// Minutes after the last change of a story in which the same thing still belongs to it, 1 to 10080; 60 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_080)]
    pub window_min: Option<u32>,
    /// Drift is major where the score of a host fell by so many points within the window, 1 to 100; 10 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub major_points: Option<u32>,
    /// It is minor from so many points on, 1 to 100; 5 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub minor_points: Option<u32>,
    /// What got better is minor where the score rose by so many points, 1 to 100; 5 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub better_points: Option<u32>,
    /// A story of so many hosts is major whatever their scores did, 2 to 100000; 10 otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2, maximum = 100_000)]
    pub major_hosts: Option<u32>,
}

/// How much of what hosts drift matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub window: TimeDelta,
    /// Points of the score, as the next two.
    pub major: u32,
    pub minor: u32,
    pub better: u32,
    pub hosts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: TimeDelta::minutes(60),
            major: 10,
            minor: 5,
            better: 5,
            hosts: 10,
        }
    }
}

impl DriftLayer {
    /// Whether it says nothing.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// With what is left out.
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            window: self
                .window_min
                .map_or(usual.window, |minutes| TimeDelta::minutes(minutes.into())),
            major: self.major_points.unwrap_or(usual.major),
            minor: self.minor_points.unwrap_or(usual.minor),
            better: self.better_points.unwrap_or(usual.better),
            hosts: self.major_hosts.unwrap_or(usual.hosts),
        }
    }

    /// Refuses figures that cannot be meant.
    ///
    /// # Errors
    /// In words, with the field and what it may be.
    pub fn check(&self) -> Result<(), String> {
        for (name, value, least, most) in [
            ("window_min", self.window_min, 1, 10_080),
            ("major_points", self.major_points, 1, 100),
            ("minor_points", self.minor_points, 1, 100),
            ("better_points", self.better_points, 1, 100),
            ("major_hosts", self.major_hosts, 2, 100_000),
        ] {
            if let Some(value) = value
                && !(least..=most).contains(&value)
            {
                return Err(format!("drift.{name}: {value} is not {least} to {most}"));
            }
        }
        let Limits { major, minor, .. } = self.limits();
        if minor > major {
            return Err(format!(
                "drift.minor_points: {minor} is more than major_points, {major}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_usual_and_what_cannot_be_meant_is_refused() {
        assert_eq!(DriftLayer::default().limits(), Limits::default());
        let layer = |text: &str| serde_json::from_str::<DriftLayer>(text).unwrap();
        let said = layer(r#"{"window_min":5,"major_hosts":3}"#);
        assert_eq!(said.check(), Ok(()));
        assert_eq!(
            said.limits(),
            Limits {
                window: TimeDelta::minutes(5),
                hosts: 3,
                ..Limits::default()
            }
        );
        for (text, name) in [
            (r#"{"window_min":0}"#, "drift.window_min"),
            (r#"{"window_min":10081}"#, "1 to 10080"),
            (r#"{"major_points":101}"#, "drift.major_points"),
            (r#"{"better_points":0}"#, "drift.better_points"),
            (r#"{"major_hosts":1}"#, "2 to 100000"),
            (r#"{"minor_points":11}"#, "more than major_points, 10"),
            (r#"{"major_points":4}"#, "more than major_points, 4"),
        ] {
            let error = layer(text).check().unwrap_err();
            assert!(error.contains(name), "{text}: {error}");
        }
        assert!(serde_json::from_str::<DriftLayer>(r#"{"points":1}"#).is_err());
    }
}
