//! Rules: what must hold of a host, why, and how it is found out.
//!
//! A rule is one YAML file. It is data in a closed language: what it does not know is refused when it
//! is loaded, and nothing in it is ever given to a shell. How a check is decided is the agent's
//! business; what it may say is here, so that whoever writes rules and whoever runs them agree.

/// What a rule asks.
pub mod check;

/// Which rules decide which controls.
pub mod coverage;

/// What names controls of another framework.
pub mod crosswalk;

/// What a value must be.
pub mod expect;

/// Small hosts with the verdicts that a rule must give on them.
pub mod fixture;

/// The controls of benchmarks.
pub mod framework;

/// Content: folders of rules and of tables of controls.
pub mod load;

/// The hosts that a rule is about.
pub mod platform;

/// Which rules a host is held to.
pub mod profile;

/// What came of a rule on a host.
pub mod result;

/// Rules of policies in Wazuh's grammar.
pub mod sca;

/// Values that a site may set.
pub mod variable;

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    check::{Check, Condition},
    platform::{Platform, Release},
    variable::Variable,
};

/// Longest title, bytes: a line of a list.
const MAX_TITLE: usize = 100;

/// A rule, as its file has it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case, the name of the file, and never used again for another rule.
    pub id: String,
    /// One line that is true when the rule passes.
    pub title: String,
    pub severity: Severity,
    /// The name of the folder that it is in.
    pub category: String,
    /// The risk, in two sentences.
    pub why: String,
    /// The hosts that it is about; none means every Linux.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// Where this does not hold, the rule is not applicable.
    pub when: Option<Condition>,
    /// What a site may set, by name. A check names one as `$name`.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    pub check: Check,
    /// Whether values are left out of the evidence, because they may be secrets.
    #[serde(default)]
    pub redact: bool,
    /// Public names of what this rule decides wholly. Controls are joined to it by them.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Controls by framework, as whoever wrote the rule names them; they must be there. No coverage is
    /// counted by them: that is what `subjects` are for.
    #[serde(default)]
    pub references: BTreeMap<String, Vec<String>>,
}

/// How bad it is when a rule fails.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The lowest first.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// As a rule has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Rule {
    /// Whether it is about hosts of this release.
    pub fn is_about(&self, release: &Release) -> bool {
        self.platforms.is_empty() || self.platforms.iter().any(|one| one.holds(release))
    }

    /// The variable that a site means by `name`, and whether it means that of this rule alone.
    pub fn variable(&self, name: &str) -> Option<(&Variable, bool)> {
        let own = name.strip_prefix(&self.id);
        let own = own.and_then(|rest| rest.strip_prefix('.'));
        match own.and_then(|own| self.variables.get(own)) {
            Some(variable) => Some((variable, true)),
            None => self.variables.get(name).map(|variable| (variable, false)),
        }
    }

    /// Refuses what the format alone cannot: names that are none, checks that can never be decided,
    /// variables that are named and not declared, or declared and not named.
    ///
    /// # Errors
    /// In words, with the key.
    pub fn validate(&self) -> Result<(), String> {
        if !is_kebab(&self.id) {
            return Err(format!(
                "`id`: `{}` is not lower-case words with hyphens",
                self.id
            ));
        }
        if self.title.is_empty() || self.title.len() > MAX_TITLE {
            return Err(format!("`title`: not one to {MAX_TITLE} bytes"));
        }
        if self.why.trim().is_empty() {
            return Err("`why`: says nothing".into());
        }
        for (name, variable) in &self.variables {
            variable
                .validate()
                .map_err(|why| format!("`variables.{name}`: {why}"))?;
        }
        self.check
            .validate()
            .map_err(|why| format!("`check.{why}"))?;
        let named = self.check.variables();
        if let Some(name) = named
            .iter()
            .find(|name| !self.variables.contains_key(**name))
        {
            return Err(format!("`check`: `${name}` is no variable of this rule"));
        }
        for name in self.check.declared() {
            let of_list = |variable: &Variable| variable.sort == variable::Sort::List;
            if !self.variables.get(name).is_some_and(of_list) {
                return Err(format!(
                    "`variables.{name}.type`: what is declared is a `list`"
                ));
            }
        }
        if let Some(name) = self
            .variables
            .keys()
            .find(|name| !named.contains(name.as_str()))
        {
            return Err(format!(
                "`variables.{name}`: the check does not name `${name}`"
            ));
        }
        Ok(())
    }
}

fn is_kebab(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.split('-').all(word)
}

#[cfg(test)]
mod tests;
