//! What both sides say beside the stream of records, from protocol 2 on: how an agent's life goes,
//! which settings are in force, and what the host's key vouches for. The collector sends [`Settings`] as the answer to [`Run`], and
//! again when they change; the agent answers each with [`InForce`].

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{WireError, encode};
use crate::{fact::check_kind, id::Epoch};

/// Seconds between two looks at a kind. Below, a collector could keep a host busy.
pub const EVERY_S: RangeInclusive<u32> = 5..=604_800;
/// Seconds between two messages of metrics.
pub const METRICS_EVERY_S: RangeInclusive<u32> = 5..=3600;
/// Seconds between two full looks at everything.
pub const RECONCILE_S: RangeInclusive<u32> = 60..=604_800;
/// Most kinds that settings name.
pub const MAX_KINDS: usize = 256;
/// Most labels of a host.
pub const MAX_LABELS: usize = 64;
/// Longest key or value of a label, bytes.
pub const MAX_LABEL: usize = 63;

/// About the process that speaks, right after the welcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Drawn at its start: tells it from every other process. Instants cannot; they are late by as
    /// much as the way takes.
    pub process: [u8; 16],
    /// When it started, by the host's clock as it is now.
    pub started_at: i64,
    /// When the host booted, by the host's clock as it is now; `None` when it cannot be told.
    pub booted_at: Option<i64>,
    /// How the one before it ended.
    pub previous: Previous,
    /// The host's clock.
    pub sent_at: i64,
}

/// How the agent's process before this one ended, as its state folder tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Previous {
    /// There was none, or nothing is known of it.
    None,
    /// It was asked to stop, and did.
    Ended(Ending),
    /// It ended in the midst of its work, and the host stayed up.
    Killed,
    /// It ended in the midst of its work, together with the host.
    HostWentDown,
}

/// Why an agent stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody stopped it, or it is being upgraded; the host stays up.
    Stopped,
    HostShutdown,
    HostRebooting,
}

/// The last message of an agent that was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    pub reason: Ending,
}

/// What the host's key says of the chain over its results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The epoch and number of the last record of results that the chain has.
    pub epoch: Epoch,
    pub seq: u64,
    /// What the chain has come to with it.
    pub head: [u8; 32],
    /// At the beginning of a session: what the agent goes on from. `None` after records.
    pub opening: Option<Opening>,
    /// ECDSA P-256 with SHA-256, DER.
    pub signature: Vec<u8>,
}

/// What an agent knows of the chain that it goes on with. Whether that is the collector's own,
/// the collector sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// It has told every link of it.
    Continues,
    /// Its memory holds none: it is new, or was lost, or an agent that kept no chain told results.
    New,
    /// Records that the collector may have were folded away before it said so.
    Folded,
}

/// What the collector's administrators set for this host. What is not set is the agent's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Each kind once, by name.
    pub kinds: Vec<KindSettings>,
    pub metrics_enabled: Option<bool>,
    /// Within [`METRICS_EVERY_S`].
    pub metrics_send_every_s: Option<u32>,
    /// Within [`RECONCILE_S`].
    pub reconcile_s: Option<u32>,
    /// Each key once, by key.
    pub labels: Vec<Label>,
}

/// The settings of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSettings {
    pub kind: String,
    pub enabled: Option<bool>,
    /// Within [`EVERY_S`]; for a kind that is looked at by a timer.
    pub every_s: Option<u32>,
}

/// One label of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    pub key: String,
    pub value: String,
}

/// Names settings by what they say: SHA-256 of their bytes.
pub type SettingsVersion = [u8; 32];

/// What an agent made of settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The settings that are in force; `None`: those of the host's own file alone.
    pub version: Option<SettingsVersion>,
    /// Why the newest are not in force.
    pub refused: Option<String>,
    /// Kinds that the settings name and this agent does not have.
    pub unknown: Vec<String>,
    /// Kinds that the host's own file switches off, whatever the settings say.
    pub disabled: Vec<String>,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    #[error("{0:?} is not the name of a kind")]
    Kind(String),
    #[error("kinds are not named once each, in order, {MAX_KINDS} at most")]
    Kinds,
    #[error("{name} is {value}, and must be {least} to {most}")]
    Range {
        name: String,
        value: u32,
        least: u32,
        most: u32,
    },
    #[error("labels are not named once each, in order, {MAX_LABELS} at most")]
    Labels,
    #[error("{0:?} is not a label's key or value")]
    Label(String),
}

impl Settings {
    /// The name of these settings.
    ///
    /// # Errors
    /// [`WireError::Encode`], which no settings give.
    pub fn version(&self) -> Result<SettingsVersion, WireError> {
        Ok(Sha256::digest(encode(self)?).into())
    }

    /// Refuses settings that make no sense or would work against a host. Both sides ask.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn check(&self) -> Result<(), SettingsError> {
        let rises = self.kinds.windows(2).all(|two| two[0].kind < two[1].kind);
        if !rises || self.kinds.len() > MAX_KINDS {
            return Err(SettingsError::Kinds);
        }
        for kind in &self.kinds {
            check_kind(&kind.kind).map_err(|_| {
                SettingsError::Kind(kind.kind.chars().take(MAX_LABEL).collect::<String>())
            })?;
            within(&format!("{}.every_s", kind.kind), kind.every_s, &EVERY_S)?;
        }
        let metrics = self.metrics_send_every_s;
        within("metrics.send_every_s", metrics, &METRICS_EVERY_S)?;
        within("reconcile_s", self.reconcile_s, &RECONCILE_S)?;
        let rises = self.labels.windows(2).all(|two| two[0].key < two[1].key);
        if !rises || self.labels.len() > MAX_LABELS {
            return Err(SettingsError::Labels);
        }
        self.labels.iter().try_for_each(|label| {
            check_label_key(&label.key)?;
            check_label_value(&label.value)
        })
    }
}

fn within(
    name: &str,
    value: Option<u32>,
    range: &RangeInclusive<u32>,
) -> Result<(), SettingsError> {
    match value {
        Some(value) if !range.contains(&value) => Err(SettingsError::Range {
            name: name.into(),
            value,
            least: *range.start(),
            most: *range.end(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a key that is not 1 to [`MAX_LABEL`] of letters, digits, `.`, `_`, `-` and `/`, with a
/// letter or digit at both ends: as in Kubernetes, where many of them come from.
///
/// # Errors
/// [`SettingsError::Label`].
pub fn check_label_key(key: &str) -> Result<(), SettingsError> {
    check_label(key, !key.is_empty() && is_label(key, b"._-/"))
}

/// Refuses a value that is not empty or like a key, without `/`.
///
/// # Errors
/// [`SettingsError::Label`].
pub fn check_label_value(value: &str) -> Result<(), SettingsError> {
    check_label(value, value.is_empty() || is_label(value, b"._-"))
}

fn check_label(text: &str, fits: bool) -> Result<(), SettingsError> {
    if fits {
        Ok(())
    } else {
        let cut = text.chars().take(MAX_LABEL).collect();
        Err(SettingsError::Label(cut))
    }
}

fn is_label(text: &str, between: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= MAX_LABEL
        && end(bytes.first())
        && end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || between.contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, every_s: Option<u32>) -> KindSettings {
        KindSettings {
            kind: name.into(),
            enabled: None,
            every_s,
        }
    }

    #[test]
    fn settings_name_each_kind_once_and_stay_within_bounds() {
        let good = Settings {
            kinds: vec![kind("os", Some(5)), kind("package", Some(604_800))],
            ..Settings::default()
        };
        assert_eq!(good.check(), Ok(()));
        for kinds in [
            vec![kind("package", None), kind("os", None)],
            vec![kind("os", None), kind("os", None)],
        ] {
            let bad = Settings {
                kinds,
                ..good.clone()
            };
            assert_eq!(bad.check(), Err(SettingsError::Kinds));
        }
        for (kinds, name) in [
            (vec![kind("os", Some(4))], "os.every_s"),
            (vec![kind("OS", None)], "OS"),
        ] {
            let bad = Settings {
                kinds,
                ..good.clone()
            };
            let error = bad.check().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        for (bad, name) in [
            (
                Settings {
                    metrics_send_every_s: Some(3601),
                    ..good.clone()
                },
                "metrics.send_every_s",
            ),
            (
                Settings {
                    reconcile_s: Some(0),
                    ..good.clone()
                },
                "reconcile_s",
            ),
        ] {
            let error = bad.check().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn labels_are_like_those_of_kubernetes() {
        for good in ["a", "role", "example.com/role", "a_b-c.d"] {
            assert_eq!(check_label_key(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a\n", "ä", &"a".repeat(64)] {
            assert!(check_label_key(bad).is_err(), "{bad}");
        }
        assert_eq!(check_label_value(""), Ok(()));
        assert!(check_label_value("a/b").is_err());
    }

    #[test]
    fn a_version_names_what_the_settings_say() {
        let none = Settings::default();
        let other = Settings {
            reconcile_s: Some(60),
            ..Settings::default()
        };
        assert_eq!(none.version().unwrap(), none.clone().version().unwrap());
        assert_ne!(none.version().unwrap(), other.version().unwrap());
    }
}
