//! With which values a rule is decided: once for each distinct set that the profiles which select it
//! make, however many profiles there are. Pure, once the profiles are loaded.

use std::{collections::BTreeMap, path::Path};

use shared::{
    rule::{
        Rule,
        load::Content,
        result::key,
        variable::{self, Value, Values},
    },
    wire::{Assignment, MAX_PROFILES, SetVariable},
};
use tracing::warn;

/// What a host is held to, as rules are decided by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Keys of profiles, in order of assignment.
    pub profiles: Vec<String>,
    /// They come before what profiles set.
    pub variables: Values,
}

/// What is wanted, held against some content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    wanted: Wanted,
    /// Key and values of each wanted profile that the content has.
    profiles: Vec<(String, Values)>,
    pub unknown: Unknown,
}

/// What is wanted and the content does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    pub profiles: Vec<String>,
    pub variables: Vec<String>,
}

/// The profiles that select a rule: a bit for each of [`Held`], of which there are
/// [`MAX_PROFILES`] at most. There is one of these for every rule, all the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selected(u64);

const _: () = assert!(MAX_PROFILES <= u64::BITS as usize, "a bit for each profile");

/// A set of values, and the key of the result that comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub key: String,
    /// Of each variable that the rule declares, but for those that have no value.
    pub values: Values,
}

impl Wanted {
    /// What an assignment says; `None` when a value is none, which [`Assignment::check`] refuses.
    pub fn of(assignment: &Assignment) -> Option<Self> {
        let pair = |set: &SetVariable| {
            let value: Value = serde_json::from_str(&set.value).ok()?;
            Some((set.name.clone(), value))
        };
        Some(Self {
            profiles: assignment.profiles.clone(),
            variables: assignment
                .variables
                .iter()
                .map(pair)
                .collect::<Option<_>>()?,
        })
    }
}

impl Held {
    /// Looks up what is wanted in `content`, which is of `folder`; and which profiles select which of
    /// its rules, by id.
    pub fn new(
        wanted: &Wanted,
        content: &mut Content,
        folder: &Path,
    ) -> (Self, BTreeMap<String, Selected>) {
        let mut held = Self {
            wanted: wanted.clone(),
            ..Self::default()
        };
        let mut selections: BTreeMap<String, Selected> = BTreeMap::new();
        for key in wanted.profiles.iter().take(MAX_PROFILES) {
            let profile = match content.add_profile(folder, key) {
                Ok(profile) => profile.clone(),
                Err(problem) => {
                    warn!(profile = key, %problem, "a profile cannot be used");
                    held.unknown.profiles.push(key.clone());
                    continue;
                }
            };
            let bit = 1 << held.profiles.len();
            for rule in content.rules_of(&profile) {
                selections.entry(rule.to_owned()).or_default().0 |= bit;
            }
            held.profiles.push((profile.key, profile.variables));
        }
        // Tables of controls are large, and the rules are still to be decided.
        content.frameworks.clear();
        content.profiles.clear();
        let declared = |name: &str| {
            let mut rules = content.rules.values();
            rules.any(|loaded| loaded.rule.variable(name).is_some())
        };
        let names = wanted.variables.keys();
        let unknown = names.filter(|name| !declared(name)).cloned();
        held.unknown.variables = unknown.collect();
        (held, selections)
    }

    /// What is wanted.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// With what a rule is decided that these profiles select. The first set is known by the rule's id
    /// alone, each further one also by the first profile that has it.
    pub fn sets(&self, rule: &Rule, selected: Selected) -> Vec<Set> {
        let chosen = (0..).zip(&self.profiles);
        let chosen = chosen.filter(|(at, _)| selected.0 & (1 << at) != 0);
        let mut sets: Vec<Set> = Vec::new();
        for (_, (profile, values)) in chosen {
            let values = variable::resolve(rule, [&self.wanted.variables, values]);
            if sets.iter().all(|set| set.values != values) {
                let further = (!sets.is_empty()).then_some(profile.as_str());
                let key = key(&rule.id, further);
                sets.push(Set { key, values });
            }
        }
        if sets.is_empty() {
            sets.push(Set {
                key: key(&rule.id, None),
                values: variable::resolve(rule, [&self.wanted.variables]),
            });
        }
        sets
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::LazyLock};

    use proptest::prelude::*;
    use shared::rule::{expect::Scalar, load::Tests};
    use tempfile::TempDir;

    use super::*;

    const RULE: &str = "id: r\ntitle: T\nseverity: low\ncategory: c\nwhy: W.\nvariables:\n  \
        a: {type: integer, about: a, default: 1}\n  b: {type: integer, about: b}\n\
        check: {setting: {file: /f, form: equals, key: k, between: [$a, $b]}}\nsubjects: [s]\n";
    const FRAMEWORK: &str = "key: f\ncontrols:\n  - {id: \"1\", automated: true, subjects: [s]}\n";
    const PROFILE: &str = "key: there\ntitle: T\nframework: f\nvariables: {a: 5}\n";

    /// A folder with a rule and a profile that selects it.
    fn content() -> (TempDir, Content) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("rules/c/r.yaml", RULE),
            ("frameworks/f.yaml", FRAMEWORK),
            ("profiles/there.yaml", PROFILE),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let content = Content::load(folder.path(), Tests::Without).unwrap();
        (folder, content)
    }

    fn rule() -> &'static Rule {
        static RULE: LazyLock<Rule> = LazyLock::new(|| content().1.rules["r"].rule.clone());
        &RULE
    }

    fn values(pairs: &[(&str, u8)]) -> Values {
        let one = |n: &u8| Value::One(Scalar(n.to_string()));
        pairs
            .iter()
            .map(|(name, n)| ((*name).into(), one(n)))
            .collect()
    }

    /// With profiles `p0`, `p1`, …, of which all select the rule.
    fn held(profiles: Vec<Values>, variables: Values) -> (Held, Selected) {
        let named = profiles.into_iter().enumerate();
        let named: Vec<_> = named.map(|(n, values)| (format!("p{n}"), values)).collect();
        let selected = Selected((0..named.len()).fold(0, |bits, n| bits | (1 << n)));
        let wanted = Wanted {
            profiles: named.iter().map(|(key, _)| key.clone()).collect(),
            variables,
        };
        let held = Held {
            wanted,
            profiles: named,
            unknown: Unknown::default(),
        };
        (held, selected)
    }

    fn keys(sets: &[Set]) -> Vec<&str> {
        sets.iter().map(|set| set.key.as_str()).collect()
    }

    #[test]
    fn profiles_of_equal_values_share_a_set_and_further_sets_have_the_first_profiles_name() {
        // The second sets what is the default anyhow.
        let profiles = vec![
            values(&[]),
            values(&[("a", 1)]),
            values(&[("a", 2)]),
            values(&[("r.a", 2)]),
        ];
        let (held, all) = held(profiles, values(&[("b", 9)]));
        let sets = held.sets(rule(), all);
        assert_eq!(keys(&sets), ["r", "r@p2"]);
        assert_eq!(sets[1].values, values(&[("a", 2), ("b", 9)]));
        let sets = held.sets(rule(), Selected(0b1100));
        assert_eq!(keys(&sets), ["r"], "the first set has no profile's name");
        assert_eq!(sets[0].values["a"], values(&[("a", 2)])["a"]);
    }

    #[test]
    fn a_rule_that_no_profile_selects_has_its_defaults_and_what_is_set() {
        let (held, _) = held(vec![values(&[("a", 7)])], values(&[("r.b", 4)]));
        let sets = held.sets(rule(), Selected::default());
        assert_eq!(keys(&sets), ["r"]);
        assert_eq!(sets[0].values, values(&[("a", 1), ("b", 4)]));
    }

    #[test]
    fn what_the_content_does_not_have_is_named_and_shifts_no_bit() {
        let (folder, mut content) = content();
        let wanted = Wanted {
            profiles: ["gone", "there"].map(String::from).into(),
            variables: values(&[("b", 1), ("r.b", 1), ("lost", 1), ("r.lost", 1)]),
        };
        let (held, selections) = Held::new(&wanted, &mut content, folder.path());
        assert_eq!(held.unknown.profiles, ["gone"]);
        assert_eq!(held.unknown.variables, ["lost", "r.lost"]);
        assert_eq!(selections, BTreeMap::from([("r".to_owned(), Selected(1))]));
        let sets = held.sets(rule(), selections["r"]);
        assert_eq!(sets[0].values, values(&[("a", 5), ("b", 1)]));
    }

    proptest! {
        /// Whatever profiles say: sets differ, keys differ, the first is plain, each profile's values are
        /// those of one set, and what is set for the host is in all of them.
        #[test]
        fn sets_are_distinct_and_each_profile_has_one(
            said in proptest::collection::vec((0_u8..3, 0_u8..3), 0..8),
            host in proptest::option::of(0_u8..3),
        ) {
            let profiles: Vec<_> = said.iter().map(|(a, b)| values(&[("a", *a), ("b", *b)])).collect();
            let own = host.map_or_else(Values::new, |a| values(&[("a", a)]));
            let (held, all) = held(profiles.clone(), own.clone());
            let sets = held.sets(rule(), all);
            for (at, set) in sets.iter().enumerate() {
                prop_assert_eq!(at == 0, set.key == "r");
                for other in &sets[..at] {
                    prop_assert!(other.key != set.key && other.values != set.values);
                }
                prop_assert!(own.iter().all(|(name, value)| set.values[name] == *value));
            }
            for profile in &profiles {
                let of = variable::resolve(rule(), [&own, profile]);
                prop_assert_eq!(sets.iter().filter(|set| set.values == of).count(), 1);
            }
        }
    }
}
