//! The settings: compiled-in defaults, the file, the environment, the command line. The only
//! module that reads the environment.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use shared::{
    config::{ConfigError, Layers},
    fact::{FactError, check_kind},
};

/// The settings' sample: every one of them, with its default and its meaning.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Where the settings are looked for when no file is named.
pub const DEFAULT_FILE: &str = "/etc/openwatch-agent/agent.toml";

const ENV_PREFIX: &str = "OPENWATCH_AGENT";

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    Load(#[from] ConfigError),
    #[error("`{key}` is {value}; it must be {bounds}")]
    OutOfRange {
        key: &'static str,
        value: u64,
        bounds: &'static str,
    },
    #[error("`collect.disabled`: {0}")]
    Disabled(#[source] FactError),
    #[error("`collect.root` is {path}; it must be an absolute path of a folder that is there")]
    Root { path: PathBuf },
}

/// The settings in force. Their meaning is in `config.default.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub state_dir: PathBuf,
    pub log: String,
    pub collector: Collector,
    pub collect: Collect,
    pub rules: Rules,
    pub content: Content,
    pub limits: Limits,
    pub outbox: Outbox,
    pub metrics: Metrics,
    pub link: Link,
    pub control: Control,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// Empty: the collector that enrolled this host.
    pub address: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// `/`: the running machine.
    pub root: PathBuf,
    pub interval_s: u64,
    pub reconcile_s: u64,
    pub timeout_s: u64,
    /// Kinds.
    pub disabled: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub content: PathBuf,
    pub timeout_s: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub root: PathBuf,
    pub offers: bool,
    pub trial_cpu_ms: u64,
    pub trial_errors: u32,
    pub trial_errors_percent: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub cpu_percent: u32,
    pub memory_mib: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    pub max_bytes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub enabled: bool,
    pub sample_s: u64,
    pub send_every_s: u64,
    pub keep_minutes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub in_flight_bytes: u64,
    pub keep_alive_s: u64,
    pub idle_timeout_s: u64,
    pub backoff_first_ms: u64,
    pub backoff_most_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub accept_settings: bool,
}

impl Config {
    /// The settings of `file` (or of [`DEFAULT_FILE`], if there is one), of the environment of
    /// this process, and of the command line (`section.key` and value).
    ///
    /// # Errors
    /// [`SettingsError`], which names origin and key.
    pub fn load(file: Option<&Path>, flags: &[(&str, String)]) -> Result<Self, SettingsError> {
        // `vars` panics on a variable that is not UTF-8, and none of ours may be such a one.
        let env: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let default = Path::new(DEFAULT_FILE);
        let file = file.or_else(|| default.exists().then_some(default));
        Self::from_layers(file, &env, flags)
    }

    /// The defaults, with the state in `state_dir`.
    pub fn defaults(state_dir: impl Into<PathBuf>) -> Self {
        let mut config = Self::from_layers(None, &[], &[]).expect("a test loads the defaults");
        config.state_dir = state_dir.into();
        config
    }

    fn from_layers(
        file: Option<&Path>,
        env: &[(String, String)],
        flags: &[(&str, String)],
    ) -> Result<Self, SettingsError> {
        let config: Self = Layers {
            defaults: DEFAULTS,
            file,
            env_prefix: ENV_PREFIX,
            env,
            flags,
        }
        .load()?;
        config.check()
    }

    /// Refuses values with which the agent could not work, or would work against its host.
    fn check(self) -> Result<Self, SettingsError> {
        let positive = "at least 1";
        let rules = [
            (
                "collect.interval_s",
                self.collect.interval_s,
                1,
                86_400,
                "1 to 86400",
            ),
            (
                "collect.reconcile_s",
                self.collect.reconcile_s,
                60,
                604_800,
                "60 to 604800",
            ),
            (
                "collect.timeout_s",
                self.collect.timeout_s,
                1,
                3600,
                "1 to 3600",
            ),
            (
                "rules.timeout_s",
                self.rules.timeout_s,
                1,
                3600,
                "1 to 3600",
            ),
            (
                "content.trial_cpu_ms",
                self.content.trial_cpu_ms,
                1,
                600_000,
                "1 to 600000",
            ),
            (
                "content.trial_errors_percent",
                self.content.trial_errors_percent.into(),
                0,
                100,
                "0 to 100",
            ),
            (
                "limits.cpu_percent",
                self.limits.cpu_percent.into(),
                1,
                100,
                "1 to 100",
            ),
            (
                "limits.memory_mib",
                self.limits.memory_mib,
                16,
                65_536,
                "16 to 65536",
            ),
            (
                "outbox.max_bytes",
                self.outbox.max_bytes,
                1 << 20,
                u64::MAX,
                "at least 1048576",
            ),
            ("metrics.sample_s", self.metrics.sample_s, 1, 60, "1 to 60"),
            (
                "metrics.send_every_s",
                self.metrics.send_every_s,
                60,
                3600,
                "60 to 3600",
            ),
            (
                "metrics.keep_minutes",
                self.metrics.keep_minutes,
                self.metrics.send_every_s.div_ceil(60),
                1440,
                "at least the minutes of metrics.send_every_s and at most 1440",
            ),
            (
                "link.in_flight_bytes",
                self.link.in_flight_bytes,
                1,
                u64::MAX,
                positive,
            ),
            (
                "link.keep_alive_s",
                self.link.keep_alive_s,
                1,
                3600,
                "1 to 3600",
            ),
            (
                "link.idle_timeout_s",
                self.link.idle_timeout_s,
                self.link.keep_alive_s.saturating_add(1),
                86_400,
                "more than link.keep_alive_s and at most 86400",
            ),
            (
                "link.backoff_first_ms",
                self.link.backoff_first_ms,
                1,
                self.link.backoff_most_ms,
                "1 to link.backoff_most_ms",
            ),
        ];
        for (key, value, least, most, bounds) in rules {
            if !(least..=most).contains(&value) {
                return Err(SettingsError::OutOfRange { key, value, bounds });
            }
        }
        for kind in &self.collect.disabled {
            check_kind(kind).map_err(SettingsError::Disabled)?;
        }
        let root = &self.collect.root;
        if !root.is_absolute() || !root.is_dir() {
            return Err(SettingsError::Root { path: root.clone() });
        }
        Ok(self)
    }
}

impl Collector {
    /// What is set instead of the identity's collector.
    pub fn address(&self) -> Option<String> {
        Some(self.address.clone()).filter(|address| !address.is_empty())
    }
}

impl Metrics {
    pub fn sample(&self) -> Duration {
        Duration::from_secs(self.sample_s)
    }

    pub fn send_every(&self) -> Duration {
        Duration::from_secs(self.send_every_s)
    }
}

impl Collect {
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.interval_s)
    }

    pub fn reconciliation(&self) -> Duration {
        Duration::from_secs(self.reconcile_s)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Rules {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str, value: &str) -> Result<Config, SettingsError> {
        Config::from_layers(None, &[(name.into(), value.into())], &[])
    }

    #[test]
    fn the_defaults_load_and_name_every_setting() {
        let config = Config::defaults("/x");
        assert_eq!(config.state_dir, Path::new("/x"));
        assert_eq!(config.collect.interval(), Duration::from_secs(60));
        assert_eq!(config.outbox.max_bytes, 64 << 20);
    }

    #[test]
    fn the_environment_sets_a_value_of_a_section() {
        let config = env("OPENWATCH_AGENT_COLLECT__INTERVAL_S", "61").unwrap();
        assert_eq!(config.collect.interval_s, 61);
        let config = env("OPENWATCH_AGENT_STATE_DIR", "/elsewhere").unwrap();
        assert_eq!(config.state_dir, Path::new("/elsewhere"));
    }

    #[test]
    fn a_tree_that_is_not_an_absolute_folder_is_refused_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = "OPENWATCH_AGENT_COLLECT__ROOT";
        let config = env(root, folder.path().to_str().unwrap()).unwrap();
        assert_eq!(config.collect.root, folder.path());
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        for path in ["", "src", "/nonexistent", file.to_str().unwrap()] {
            let error = env(root, path).unwrap_err().to_string();
            assert!(
                error.contains(&format!("`collect.root` is {path};")),
                "{error}"
            );
        }
    }

    #[test]
    fn kinds_that_are_switched_off_have_the_names_of_kinds() {
        let disabled = "OPENWATCH_AGENT_COLLECT__DISABLED";
        let config = env(disabled, r#"["listener"]"#).unwrap();
        assert_eq!(config.collect.disabled, ["listener"]);
        let error = env(disabled, r#"["Listener"]"#).unwrap_err().to_string();
        assert!(error.contains("collect.disabled"), "{error}");
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_by_name() {
        for (name, value, key) in [
            ("COLLECT__INTERVAL_S", "0", "collect.interval_s"),
            ("OUTBOX__MAX_BYTES", "10", "outbox.max_bytes"),
            ("METRICS__SAMPLE_S", "61", "metrics.sample_s"),
            ("METRICS__SEND_EVERY_S", "59", "metrics.send_every_s"),
            ("METRICS__KEEP_MINUTES", "0", "metrics.keep_minutes"),
            ("LINK__IDLE_TIMEOUT_S", "20", "link.idle_timeout_s"),
            ("LINK__BACKOFF_FIRST_MS", "999999", "link.backoff_first_ms"),
        ] {
            let error = env(&format!("OPENWATCH_AGENT_{name}"), value).unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
