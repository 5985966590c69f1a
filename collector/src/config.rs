//! The collector's settings. `config.default.toml` names and explains every one of them.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use shared::config::{ConfigError, Layers};

/// The commented defaults, which packages install as the sample.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The settings in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub log: String,
    pub database: Database,
    pub agents: Agents,
    pub https: Https,
    pub api: Api,
    pub client_certificates: ClientCertificates,
    pub sign_in: SignIn,
    pub history: History,
    pub metrics: Metrics,
    pub content: Content,
    pub passwords: Passwords,
    pub outbound: Outbound,
    pub audit: Audit,
}

/// Which Postgres.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Empty for the private one.
    pub url: String,
    pub user: String,
    pub options: Vec<String>,
}

/// The door for agents.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agents {
    pub listen: SocketAddr,
    /// Empty for this machine's name.
    pub address: String,
    pub renewal_grace_days: u16,
    pub reconnect_grace_s: u16,
    pub clock_skew_s: u16,
}

/// The door for people and programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    pub listen: SocketAddr,
    pub names: Vec<String>,
    /// Empty for this machine's name and the port of `listen`.
    pub origin: String,
    /// Empty, as `key`, for one of the installation's own authority.
    pub certificate: String,
    pub key: String,
}

/// How often the API may be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub identity: Rate,
    pub address: Rate,
}

/// How often somebody may ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// 0 for no limit.
    pub requests_per_minute: u32,
    pub burst: u32,
}

/// What is asked of who signs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub second_factor: SecondFactor,
}

/// Whether something must be shown beside a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    Optional,
    Required,
}

/// The door for people with certificates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificates {
    /// Empty for none.
    pub listen: String,
    pub ca_files: Vec<PathBuf>,
    pub crl_files: Vec<PathBuf>,
    pub stale_crl: StaleCrl,
    pub account: String,
    pub accounts: Vec<Holder>,
}

/// Whose an account is whose name does not follow from a certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// What follows.
    pub holder: String,
    pub account: String,
}

/// What a list of revoked certificates means that should have been replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaleCrl {
    Refuse,
    Accept,
}

/// The rules that can be explained, and how bundles of them reach hosts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub dir: PathBuf,
    pub behind_hours: u16,
    pub one_machine: bool,
    pub two_people: bool,
    pub downloads: u16,
    pub rate_kib_s: u32,
}

/// Which passwords nobody may choose, and which must be replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    /// Empty for none beside those that are compiled in.
    pub refused_file: String,
    pub given: Given,
}

/// What a password is good for that somebody else made or chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// To sign in and choose another one.
    Once,
    Kept,
}

/// Where the audit log goes as well.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Empty for nowhere.
    pub syslog: String,
}

/// How long the past is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    pub months: u16,
}

/// How long metrics are kept, and where else they go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub raw_hours: u16,
    pub five_minute_days: u16,
    pub hour_months: u16,
    pub remote_write: RemoteWrite,
}

/// Where the collector may send something.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    pub allow: Vec<String>,
}

/// A Prometheus that gets a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteWrite {
    /// Empty for none.
    pub url: String,
    pub bearer_token_file: String,
    pub user: String,
    pub password_file: String,
    pub ca_file: String,
}

impl Config {
    /// The settings from all layers; `flags` are what the command line sets.
    ///
    /// # Errors
    /// [`ConfigError`], which names the origin and the key.
    pub fn load(file: Option<&Path>, flags: &[(&str, String)]) -> Result<Self, ConfigError> {
        let env: Vec<_> = std::env::vars().collect();
        let env_prefix = "OPENWATCH_COLLECTOR";
        let config: Self = Layers {
            defaults: DEFAULTS,
            file,
            env_prefix,
            env: &env,
            flags,
        }
        .load()?;
        config.check()
    }

    fn check(self) -> Result<Self, ConfigError> {
        let range = |key: &str, value: u32, from: u32, to: u32| {
            if (from..=to).contains(&value) {
                return Ok(());
            }
            let message = format!("`{key}` is {value}, and must be {from} to {to}");
            Err(ConfigError::Invalid {
                origin: "settings".into(),
                message,
            })
        };
        if self.content.one_machine && self.content.two_people {
            return Err(ConfigError::Invalid {
                origin: "settings".into(),
                message: "`content.two_people` and `content.one_machine` exclude each other: a collector \
                          that signs by itself starts by itself"
                    .into(),
            });
        }
        if self.https.certificate.is_empty() != self.https.key.is_empty() {
            return Err(ConfigError::Invalid {
                origin: "settings".into(),
                message: "`https.certificate` and `https.key` are set together or not at all"
                    .into(),
            });
        }
        range(
            "agents.renewal_grace_days",
            self.agents.renewal_grace_days.into(),
            0,
            365,
        )?;
        range(
            "agents.reconnect_grace_s",
            self.agents.reconnect_grace_s.into(),
            1,
            3600,
        )?;
        range(
            "agents.clock_skew_s",
            self.agents.clock_skew_s.into(),
            1,
            3600,
        )?;
        range(
            "content.behind_hours",
            self.content.behind_hours.into(),
            1,
            8760,
        )?;
        range("history.months", self.history.months.into(), 1, 120)?;
        range("content.downloads", self.content.downloads.into(), 1, 4096)?;
        range("content.rate_kib_s", self.content.rate_kib_s, 16, 16 << 20)?;
        for (name, rate) in [
            ("identity", &self.api.identity),
            ("address", &self.api.address),
        ] {
            let key = |key: &str| format!("api.{name}.{key}");
            let per_minute = rate.requests_per_minute;
            range(&key("requests_per_minute"), per_minute, 0, 10_000_000)?;
            range(&key("burst"), rate.burst, 1, 10_000_000)?;
        }
        let metrics = &self.metrics;
        range("metrics.raw_hours", metrics.raw_hours.into(), 48, 720)?;
        range(
            "metrics.five_minute_days",
            metrics.five_minute_days.into(),
            2,
            400,
        )?;
        range("metrics.hour_months", metrics.hour_months.into(), 2, 120)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::load(None, &[]).unwrap();
        assert_eq!(
            (config.agents.listen.port(), config.https.listen.port()),
            (7443, 8443)
        );
    }

    #[test]
    fn metrics_are_kept_within_bounds() {
        for (key, bounds) in [
            ("metrics.raw_hours", "48 to 720"),
            ("metrics.five_minute_days", "2 to 400"),
            ("metrics.hour_months", "2 to 120"),
        ] {
            let error = Config::load(None, &[(key, "1".into())])
                .unwrap_err()
                .to_string();
            assert!(error.contains(key) && error.contains(bounds), "{error}");
        }
    }

    #[test]
    fn a_rate_without_a_burst_is_refused_and_no_rate_is_not() {
        let burst = [("api.identity.burst", "0".into())];
        let error = Config::load(None, &burst).unwrap_err().to_string();
        assert!(error.contains("api.identity.burst"), "{error}");
        let unlimited = [("api.address.requests_per_minute", "0".into())];
        assert!(Config::load(None, &unlimited).is_ok());
    }

    #[test]
    fn a_collector_that_signs_by_itself_cannot_ask_for_two_people() {
        let both = ["content.one_machine", "content.two_people"].map(|key| (key, "true".into()));
        let error = Config::load(None, &both).unwrap_err().to_string();
        assert!(error.contains("exclude each other"), "{error}");
        assert!(Config::load(None, &both[1..]).is_ok());
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        for key in ["https.certificate", "https.key"] {
            let error = Config::load(None, &[(key, "/x.pem".into())]).unwrap_err();
            assert!(error.to_string().contains("together"), "{error}");
        }
    }

    #[test]
    fn a_value_out_of_range_names_its_key_and_its_range() {
        let error = Config::load(None, &[("history.months", "0".into())])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("history.months") && error.contains("1 to 120"),
            "{error}"
        );
    }
}
