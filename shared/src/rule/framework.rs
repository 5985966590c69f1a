//! Frameworks: the controls of a benchmark or a catalogue as numbers, flags and names. Texts are not
//! here, but for short titles that nobody owns. Rules are joined to controls by the subjects that both
//! name, or through the controls of another framework ([`super::crosswalk`]).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::platform::{Family, Release, is_version};

/// Longest title of a control, bytes. The longest is a sentence of CSF, which has no others.
const MAX_TITLE: usize = 240;

/// The controls of one benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The name of its file: `cis_debian12`.
    pub key: String,
    /// The distribution that it is written for; none means any Linux.
    pub platform: Option<Edition>,
    /// In the order of the benchmark.
    pub controls: Vec<Control>,
}

/// One version of a family's own distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    pub family: Family,
    /// As its os-release(5) has it, so far as the benchmark says it: `12`, `24.04`.
    pub version: String,
}

/// One thing that a benchmark demands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its number: `5.1.20`, `RHEL-09-255045`.
    pub id: String,
    /// What it is called, where that may be told to anybody.
    pub title: Option<String>,
    /// The benchmark's own levels or severities: `l1_server`, `high`.
    #[serde(default)]
    pub levels: Vec<String>,
    /// Whether a program on a host can decide it wholly. Where not, rules give evidence at most.
    pub automated: bool,
    /// Public names of what it is about.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// A crosswalk: controls of other frameworks, by their keys. What gives evidence for one of those
    /// gives it for this one too.
    #[serde(default)]
    pub from: BTreeMap<String, Vec<String>>,
    /// What the benchmark wants of its subjects, by the names of their variables.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl Edition {
    /// A host of this edition, for asking rules whether they are about it.
    pub fn release(&self) -> Release {
        Release {
            id: self.family.own().to_owned(),
            version: self.version.clone(),
        }
    }
}

impl Framework {
    /// The keys of the frameworks that its controls draw on.
    pub fn draws_on(&self) -> BTreeSet<&str> {
        let from = self.controls.iter().flat_map(|control| control.from.keys());
        from.map(String::as_str).collect()
    }

    /// The levels of its controls, in the order in which they first stand there.
    pub fn levels(&self) -> Vec<&str> {
        let mut levels: Vec<&str> = Vec::new();
        for level in self.controls.iter().flat_map(|control| &control.levels) {
            if !levels.contains(&level.as_str()) {
                levels.push(level);
            }
        }
        levels
    }

    /// Refuses versions that are none, names that are none, and a control or a subject of it twice.
    ///
    /// # Errors
    /// In words, with the key.
    pub fn validate(&self) -> Result<(), String> {
        if !is_name(&self.key) {
            return Err(format!("`key`: `{}` is not letters, digits, `_`", self.key));
        }
        if let Some(Edition { version, .. }) = &self.platform
            && !is_version(version)
        {
            return Err(format!("`platform.version`: `{version}` is no version"));
        }
        let mut seen = BTreeSet::new();
        for control in &self.controls {
            let id = &control.id;
            if !is_number(id) {
                return Err(format!("`controls`: `{id}` is no number of a control"));
            }
            if !seen.insert(id) {
                return Err(format!("`controls`: {id} is there twice"));
            }
            control
                .validate()
                .map_err(|why| format!("`controls`: {id}: {why}"))?;
        }
        Ok(())
    }
}

impl Control {
    fn validate(&self) -> Result<(), String> {
        for (what, names) in [("levels", &self.levels), ("subjects", &self.subjects)] {
            if let Some(name) = names.iter().find(|name| !is_name(name)) {
                return Err(format!("`{what}`: `{name}` is no name"));
            }
            once(names).map_err(|why| format!("`{what}`: {why}"))?;
        }
        for (key, ids) in &self.from {
            if ids.is_empty() {
                return Err(format!("`from.{key}`: names no control"));
            }
            once(ids).map_err(|why| format!("`from.{key}`: {why}"))?;
        }
        if let Some(title) = &self.title
            && (title.trim().is_empty() || title.len() > MAX_TITLE)
        {
            return Err(format!("`title`: not one to {MAX_TITLE} bytes"));
        }
        match self.values.keys().find(|name| !is_name(name)) {
            Some(name) => Err(format!("`values`: `{name}` is no name")),
            None => Ok(()),
        }
    }
}

/// Refuses what is named a second time.
fn once(names: &[String]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(format!("`{name}` is there twice")),
        None => Ok(()),
    }
}

/// One word of whatever a framework numbers by: `164.312(a)(1)`.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

/// One word, as public names are: `kernel_module_usb-storage_disabled`.
fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    !text.is_empty() && text.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
key: cis_debian12
platform: {family: debian, version: \"12\"}
controls:
  - {id: \"1.1\", levels: [l1_server], automated: true, subjects: [one, two-b], from: {nist: [AC-7, AC-7(1)]}, values: {var_one: \"10:30\"}}
  - {id: \"1.2\", automated: false}
";

    fn read(text: &str) -> Result<Framework, String> {
        let framework: Framework =
            crate::yaml::from_str(text).map_err(|error| error.to_string())?;
        framework.validate()?;
        Ok(framework)
    }

    #[test]
    fn a_table_of_controls_is_read() {
        let framework = read(TABLE).unwrap();
        assert_eq!(framework.controls[0].values["var_one"], "10:30");
        let release = framework.platform.unwrap().release();
        assert_eq!((&*release.id, &*release.version), ("debian", "12"));
        assert_eq!(read("key: hipaa\ncontrols: []\n").unwrap().platform, None);
    }

    #[test]
    fn each_of_these_is_refused() {
        for (from, to, expected) in [
            ("family: debian", "family: beos", "beos"),
            (
                "version: \"12\"",
                "version: \"twelve\"",
                "`twelve` is no version",
            ),
            ("\"1.2\"", "\"1.1\"", "1.1 is there twice"),
            ("\"1.2\"", "\"\"", "no number of a control"),
            ("two-b", "one", "`one` is there twice"),
            ("two-b", "\"two b\"", "`two b` is no name"),
            ("AC-7(1)", "AC-7", "`from.nist`: `AC-7` is there twice"),
            ("[AC-7, AC-7(1)]", "[]", "`from.nist`: names no control"),
            (
                "automated: true",
                "title: \" \", automated: true",
                "`title`",
            ),
            ("automated: true", "automatic: true", "automatic"),
            ("key: cis_debian12", "key: ../x", "`key`"),
        ] {
            assert!(TABLE.contains(from), "{from}");
            let told = read(&TABLE.replacen(from, to, 1)).unwrap_err();
            assert!(told.contains(expected), "{to}: {told}");
        }
    }
}
