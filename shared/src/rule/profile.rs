//! Profiles: which rules a host is held to, and with which values. A profile names controls of a
//! framework by their levels; the rules are those that decide something of them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Rule, coverage,
    framework::Framework,
    is_kebab,
    variable::{Values, in_force},
};

/// One profile.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Kebab-case, the name of its file: `cis-debian12-l1-server`.
    pub key: String,
    /// For people, one line.
    pub title: String,
    /// The key of the framework whose controls it has.
    pub framework: String,
    /// Only controls of one of these levels; none means all.
    #[serde(default)]
    pub levels: BTreeSet<String>,
    /// Rules that it has besides, by id.
    #[serde(default)]
    pub rules: BTreeSet<String>,
    /// Values of the rules' variables; what it does not say has the rule's default.
    #[serde(default)]
    pub variables: Values,
}

impl Profile {
    /// The ids of its rules.
    pub fn rules<'c>(
        &'c self,
        all: impl IntoIterator<Item = &'c Rule>,
        framework: &'c Framework,
    ) -> BTreeSet<&'c str> {
        let covered = coverage::of(all, framework);
        let has = |levels: &[String]| {
            self.levels.is_empty() || levels.iter().any(|level| self.levels.contains(level))
        };
        let covered = covered.into_iter().filter(|one| has(&one.control.levels));
        let mut rules: BTreeSet<&str> = covered.flat_map(|one| one.rules).collect();
        rules.extend(self.rules.iter().map(String::as_str));
        rules
    }

    /// Refuses names that are none, levels that no control has, rules that there are not, and values
    /// that none of its rules takes.
    ///
    /// # Errors
    /// In words, with the key.
    pub fn validate<'c>(
        &'c self,
        all: impl IntoIterator<Item = &'c Rule> + Clone,
        framework: &'c Framework,
    ) -> Result<(), String> {
        if !is_kebab(&self.key) {
            return Err(format!(
                "`key`: `{}` is not lower-case words with hyphens",
                self.key
            ));
        }
        if self.framework != framework.key {
            return Err(format!("`framework`: there is no `{}`", self.framework));
        }
        let known = |level: &String| {
            framework
                .controls
                .iter()
                .any(|one| one.levels.contains(level))
        };
        if let Some(level) = self.levels.iter().find(|level| !known(level)) {
            return Err(format!(
                "`levels`: no control of `{}` has `{level}`",
                framework.key
            ));
        }
        let ids = self.rules(all.clone(), framework);
        let rules: Vec<&Rule> = all
            .into_iter()
            .filter(|rule| ids.contains(rule.id.as_str()))
            .collect();
        if let Some(id) = self
            .rules
            .iter()
            .find(|id| !rules.iter().any(|rule| rule.id == **id))
        {
            return Err(format!("`rules`: there is no rule `{id}`"));
        }
        for name in self.variables.keys() {
            let mut takers = rules
                .iter()
                .filter(|rule| rule.variables.contains_key(name))
                .peekable();
            if takers.peek().is_none() {
                return Err(format!("`variables.{name}`: no rule of the profile has it"));
            }
            for rule in takers {
                in_force(&rule.variables, &self.variables)
                    .map_err(|why| format!("`variables`: {}: {why}", rule.id))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMEWORK: &str = "\
key: k
controls:
  - {id: \"1\", levels: [l1], automated: true, subjects: [one]}
  - {id: \"2\", levels: [l2], automated: true, subjects: [two]}
";

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
        crate::yaml::from_str(text).unwrap()
    }

    fn rules() -> Vec<Rule> {
        ["one", "two", "three"]
            .map(|name| {
                read(&format!(
                    "id: r-{name}\ntitle: T\nseverity: low\ncategory: c\nwhy: W.\n\
                     variables: {{most: {{type: integer, about: a, default: 3, max: 9}}}}\n\
                     check: {{setting: {{file: /f, form: equals, key: k, at_most: $most}}}}\n\
                     subjects: [{name}]\n"
                ))
            })
            .into()
    }

    fn profile(more: &str) -> Profile {
        read(&format!("key: p\ntitle: P\nframework: k\n{more}"))
    }

    #[test]
    fn a_profile_has_the_rules_that_decide_controls_of_its_levels_and_those_it_names() {
        let (framework, rules): (Framework, _) = (read(FRAMEWORK), rules());
        let of = |more: &str| {
            let profile = profile(more);
            assert_eq!(profile.validate(&rules, &framework), Ok(()));
            let ids = profile.rules(&rules, &framework);
            ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(""), ["r-one", "r-two"]);
        assert_eq!(of("levels: [l2]"), ["r-two"]);
        assert_eq!(of("levels: [l2]\nrules: [r-three]"), ["r-three", "r-two"]);
        assert_eq!(of("variables: {most: 5}"), ["r-one", "r-two"]);
    }

    #[test]
    fn each_of_these_is_refused() {
        let (framework, rules): (Framework, _) = (read(FRAMEWORK), rules());
        for (more, expected) in [
            ("levels: [l3]", "no control of `k` has `l3`"),
            ("rules: [r-four]", "there is no rule `r-four`"),
            ("variables: {least: 1}", "`variables.least`: no rule"),
            ("variables: {most: 10}", "10 is not within"),
        ] {
            let told = profile(more).validate(&rules, &framework).unwrap_err();
            assert!(told.contains(expected), "{more}: {told}");
        }
        let other = Framework {
            key: "other".into(),
            ..framework
        };
        let told = profile("").validate(&rules, &other).unwrap_err();
        assert!(told.contains("there is no `k`"), "{told}");
    }
}
