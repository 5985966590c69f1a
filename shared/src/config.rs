//! Layered settings: compiled-in defaults, then a file, then the environment, then the command
//! line.
//!
//! The defaults name every setting, so a key that they do not have is a misspelling, and the error
//! can say so with the file's name. Environment variables are `PREFIX_SECTION__KEY`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: cannot be read")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{origin}: {message}")]
    Invalid { origin: String, message: String },
    #[error("{origin}: unknown setting `{key}`; known here: {known}")]
    Unknown {
        origin: String,
        key: String,
        known: String,
    },
}

/// Where settings come from, weakest first.
#[derive(Debug)]
pub struct Layers<'a> {
    /// The commented TOML that is compiled in, packaged as the sample, and complete.
    pub defaults: &'a str,
    /// `--config FILE`. One that is named and missing is an error.
    pub file: Option<&'a Path>,
    /// `OPENWATCH_AGENT`; the variable `OPENWATCH_AGENT_COLLECT__INTERVAL_S` sets
    /// `collect.interval_s`.
    pub env_prefix: &'a str,
    /// The environment.
    pub env: &'a [(String, String)],
    /// What the command line sets, as `section.key` and value.
    pub flags: &'a [(&'a str, String)],
}

impl Layers<'_> {
    /// The settings in force.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file, variable or option and the key.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let mut table: Table = self.defaults.parse().map_err(|e| invalid("defaults", &e))?;
        if let Some(path) = self.file {
            let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.into(),
                source,
            })?;
            let origin = path.display().to_string();
            let layer: Table = text.parse().map_err(|e| invalid(&origin, &e))?;
            merge(&mut table, layer, &origin, "")?;
            check::<T>(&table, &origin)?;
        }
        let prefix = format!("{}_", self.env_prefix);
        for (name, text) in self.env {
            let Some(path) = name.strip_prefix(&prefix) else {
                continue;
            };
            let path = path.to_lowercase().replace("__", ".");
            set(&mut table, &path, text, name)?;
            check::<T>(&table, name)?;
        }
        for (path, text) in self.flags {
            set(&mut table, path, text, "command line")?;
            check::<T>(&table, &format!("command line, {path}"))?;
        }
        table.try_into().map_err(|e| invalid("settings", &e))
    }
}

fn check<T: DeserializeOwned>(table: &Table, origin: &str) -> Result<(), ConfigError> {
    table
        .clone()
        .try_into::<T>()
        .map(drop)
        .map_err(|e| invalid(origin, &e))
}

fn invalid(origin: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::Invalid {
        origin: origin.into(),
        message: error.to_string().trim_end().into(),
    }
}

fn merge(into: &mut Table, layer: Table, origin: &str, at: &str) -> Result<(), ConfigError> {
    for (key, value) in layer {
        let path = if at.is_empty() {
            key.clone()
        } else {
            format!("{at}.{key}")
        };
        match (into.get_mut(&key), value) {
            (None, _) => return Err(unknown(into, origin, path)),
            (Some(Value::Table(below)), Value::Table(layer)) => merge(below, layer, origin, &path)?,
            (Some(old), value) => *old = value,
        }
    }
    Ok(())
}

/// Sets one key from text, which takes the type that the default has.
fn set(table: &mut Table, path: &str, text: &str, origin: &str) -> Result<(), ConfigError> {
    let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut table = table;
    for part in section.split('.').filter(|part| !part.is_empty()) {
        let known = table.keys().cloned().collect::<Vec<_>>().join(", ");
        table = match table.get_mut(part) {
            Some(Value::Table(below)) => below,
            _ => {
                let (origin, key) = (origin.into(), path.into());
                return Err(ConfigError::Unknown { origin, key, known });
            }
        };
    }
    let Some(old) = table.get_mut(key) else {
        return Err(unknown(table, origin, path.into()));
    };
    let parsed = match old {
        Value::String(_) => Ok(Value::String(text.into())),
        _ => format!("v = {text}")
            .parse::<Table>()
            .map(|mut t| t.remove("v").unwrap_or(false.into())),
    };
    *old = parsed.map_err(|_| ConfigError::Invalid {
        origin: origin.into(),
        message: format!("`{text}` is not a value for `{path}`"),
    })?;
    Ok(())
}

fn unknown(table: &Table, origin: &str, key: String) -> ConfigError {
    let known = table.keys().cloned().collect::<Vec<_>>().join(", ");
    ConfigError::Unknown {
        origin: origin.into(),
        key,
        known,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const DEFAULTS: &str = "[link]\naddress = \"a:1\"\n[collect]\ninterval_s = 60\n";

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Config {
        link: Link,
        collect: Collect,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Link {
        address: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Collect {
        interval_s: u64,
    }

    fn load(
        file: Option<&str>,
        env: &[(&str, &str)],
        flags: &[(&str, &str)],
    ) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        if let Some(text) = file {
            fs::write(&path, text).unwrap();
        }
        let env: Vec<_> = env
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect();
        let flags: Vec<_> = flags.iter().map(|(k, v)| (*k, v.to_string())).collect();
        Layers {
            defaults: DEFAULTS,
            file: file.map(|_| path.as_path()),
            env_prefix: "OW",
            env: &env,
            flags: &flags,
        }
        .load()
        .map_err(|e: ConfigError| e.to_string())
    }

    #[test]
    fn the_command_line_beats_the_environment_beats_the_file_beats_the_defaults() {
        let file = Some("[collect]\ninterval_s = 5\n[link]\naddress = \"file:1\"\n");
        let env = [("OW_LINK__ADDRESS", "env:1"), ("OTHER", "x")];
        let config = load(file, &env, &[]).unwrap();
        assert_eq!(
            (config.collect.interval_s, config.link.address.as_str()),
            (5, "env:1")
        );
        let config = load(file, &env, &[("link.address", "flag:1")]).unwrap();
        assert_eq!(config.link.address, "flag:1");
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_its_name_and_origin() {
        let error = load(Some("[collect]\nintervall_s = 5\n"), &[], &[]).unwrap_err();
        assert!(
            error.contains("collect.intervall_s") && error.contains("a.toml"),
            "{error}"
        );
        assert!(error.contains("interval_s"), "{error}");
        let error = load(None, &[("OW_COLLECT__INTERVALL_S", "5")], &[]).unwrap_err();
        assert!(error.contains("OW_COLLECT__INTERVALL_S"), "{error}");
        let error = load(None, &[("OW_COLECT__INTERVAL_S", "5")], &[]).unwrap_err();
        assert!(error.contains("colect.interval_s"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_origin() {
        for text in ["[collect]\ninterval_s = \"soon\"\n", "collect = 3\n"] {
            let error = load(Some(text), &[], &[]).unwrap_err();
            assert!(error.contains("a.toml"), "{error}");
        }
        let error = load(None, &[("OW_COLLECT__INTERVAL_S", "soon")], &[]).unwrap_err();
        assert!(
            error.contains("OW_COLLECT__INTERVAL_S") && error.contains("soon"),
            "{error}"
        );
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let layers = Layers {
            defaults: DEFAULTS,
            file: Some(Path::new("/nonexistent.toml")),
            env_prefix: "OW",
            env: &[],
            flags: &[],
        };
        assert!(matches!(
            layers.load::<Config>(),
            Err(ConfigError::Read { .. })
        ));
    }
}
