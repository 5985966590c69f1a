//! Profiles: which rules a host is held to, and with which values. A profile names controls of a
//! framework by their levels; the rules are those that decide something of them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Rule, coverage,
    framework::Framework,
    is_kebab,
    variable::{self, Values},
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
    /// Values of the rules' variables, by name or, of one rule alone, as `rule.name`; what it does not
    /// say has the rule's default.
    #[serde(default)]
    pub variables: Values,
}

impl Profile {
    /// The ids of its rules; those it names alone where its framework is not there.
    pub fn rules<'c>(
        &'c self,
        all: &[&'c Rule],
        frameworks: &'c BTreeMap<String, Framework>,
    ) -> BTreeSet<&'c str> {
        let framework = frameworks.get(&self.framework);
        let covered = framework.map(|framework| coverage::of(all, frameworks, framework));
        let has = |levels: &[String]| {
            self.levels.is_empty() || levels.iter().any(|level| self.levels.contains(level))
        };
        let covered = covered.into_iter().flatten();
        let covered = covered.filter(|one| has(&one.control.levels));
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
        all: &[&'c Rule],
        frameworks: &'c BTreeMap<String, Framework>,
    ) -> Result<(), String> {
        if !is_kebab(&self.key) {
            return Err(format!(
                "`key`: `{}` is not lower-case words with hyphens",
                self.key
            ));
        }
        let Some(framework) = frameworks.get(&self.framework) else {
            return Err(format!("`framework`: there is no `{}`", self.framework));
        };
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
        let ids = self.rules(all, frameworks);
        let of_it = all.iter().filter(|rule| ids.contains(rule.id.as_str()));
        let rules: Vec<&Rule> = of_it.copied().collect();
        if let Some(id) = self
            .rules
            .iter()
            .find(|id| !rules.iter().any(|rule| rule.id == **id))
        {
            return Err(format!("`rules`: there is no rule `{id}`"));
        }
        for (name, value) in &self.variables {
            variable::admit(rules.iter().copied(), name, value)
                .map_err(|why| format!("`variables`: {why}"))?;
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

    fn frameworks() -> BTreeMap<String, Framework> {
        [("k".to_owned(), read(FRAMEWORK))].into()
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
        let (frameworks, rules) = (frameworks(), rules());
        let rules: Vec<_> = rules.iter().collect();
        let of = |more: &str| {
            let profile = profile(more);
            assert_eq!(profile.validate(&rules, &frameworks), Ok(()));
            let ids = profile.rules(&rules, &frameworks);
            ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(""), ["r-one", "r-two"]);
        assert_eq!(of("levels: [l2]"), ["r-two"]);
        assert_eq!(of("levels: [l2]\nrules: [r-three]"), ["r-three", "r-two"]);
        assert_eq!(of("variables: {most: 5}"), ["r-one", "r-two"]);
        assert_eq!(of("variables: {r-one.most: 5}"), ["r-one", "r-two"]);
    }

    #[test]
    fn each_of_these_is_refused() {
        let (frameworks, rules) = (frameworks(), rules());
        let rules: Vec<_> = rules.iter().collect();
        for (more, expected) in [
            ("levels: [l3]", "no control of `k` has `l3`"),
            ("rules: [r-four]", "there is no rule `r-four`"),
            ("variables: {least: 1}", "`least`: no rule"),
            ("variables: {most: 10}", "10 is more than 9"),
            ("variables: {r-three.most: 1}", "`r-three.most`: no rule"),
        ] {
            let told = profile(more).validate(&rules, &frameworks).unwrap_err();
            assert!(told.contains(expected), "{more}: {told}");
        }
        let told = profile("").validate(&rules, &BTreeMap::new());
        let told = told.unwrap_err();
        assert!(told.contains("there is no `k`"), "{told}");
    }
}
