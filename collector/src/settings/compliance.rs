//! What hosts are held to. Profiles of all layers add up; a variable comes from the strongest layer that
//! sets it, by whichever of its two names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::{
    rule::variable::{Value, Values},
    wire::{Assignment, AssignmentError, SetVariable},
};
use utoipa::ToSchema;

use super::{Chosen, Origin};

/// What a layer says of compliance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplianceLayer {
    /// Keys of profiles. Those of all layers add up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64)]
    pub profiles: Vec<String>,
    /// Values of rules' variables, each a text, a whole number or a list of them. `name` sets it for
    /// every rule that declares it, `rule.name` for one rule alone, which comes first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub variables: Values,
}

/// What the layers of a host say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveCompliance {
    /// Those of the strongest layer that names any first.
    pub profiles: Vec<Chosen<String>>,
    pub variables: BTreeMap<String, Chosen<Value>>,
}

impl ComplianceLayer {
    pub(super) fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what no agent would take, whatever content it has.
    ///
    /// # Errors
    /// [`AssignmentError`], which names what is wrong.
    pub fn check(&self) -> Result<(), AssignmentError> {
        let mut alone = EffectiveCompliance::default();
        alone.add(self, &Origin::Fleet);
        let mut message = alone.message();
        // A key that is named twice is one in a union.
        message.profiles.clone_from(&self.profiles);
        message.check()
    }
}

impl EffectiveCompliance {
    /// Adds what the next weaker layer says.
    pub(super) fn add(&mut self, layer: &ComplianceLayer, origin: &Origin) {
        for key in &layer.profiles {
            if self.profiles.iter().all(|known| known.value != *key) {
                self.profiles.push(Chosen {
                    value: key.clone(),
                    origin: origin.clone(),
                });
            }
        }
        // What a stronger layer sets for every rule counts more than what this one sets for one.
        let stronger = |known: &BTreeMap<String, Chosen<Value>>, name: &str| {
            let for_all = name.split_once('.').map_or(name, |(_, name)| name);
            let is_stronger = |one: &Chosen<Value>| one.origin != *origin;
            known.contains_key(name) || known.get(for_all).is_some_and(is_stronger)
        };
        for (name, value) in &layer.variables {
            if !stronger(&self.variables, name) {
                let chosen = Chosen {
                    value: value.clone(),
                    origin: origin.clone(),
                };
                self.variables.insert(name.clone(), chosen);
            }
        }
    }

    /// The values alone.
    pub fn values(&self) -> Values {
        let values = self.variables.iter();
        values
            .map(|(name, chosen)| (name.clone(), chosen.value.clone()))
            .collect()
    }

    /// What the agent of the host is sent.
    pub fn message(&self) -> Assignment {
        let variables = self.variables.iter().map(|(name, chosen)| SetVariable {
            name: name.clone(),
            value: serde_json::to_string(&chosen.value).expect("texts and numbers are JSON"),
        });
        let profiles = self.profiles.iter().map(|chosen| chosen.value.clone());
        Assignment {
            profiles: profiles.collect(),
            variables: variables.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::settings::{Layer, effective};

    fn group(name: &str) -> Origin {
        Origin::Group { name: name.into() }
    }

    fn layer(text: &str) -> ComplianceLayer {
        serde_json::from_str(text).unwrap()
    }

    fn together(layers: &[(Origin, ComplianceLayer)]) -> EffectiveCompliance {
        let layers = layers.iter().map(|(origin, compliance)| {
            let layer = Layer {
                compliance: compliance.clone(),
                ..Layer::default()
            };
            (origin.clone(), layer)
        });
        effective(&layers.collect::<Vec<_>>()).compliance
    }

    #[test]
    fn profiles_add_up_and_each_variable_is_of_the_strongest_layer_that_sets_it() {
        let found = together(&[
            (Origin::Host, layer(r#"{"variables":{"tries":1}}"#)),
            (
                group("web"),
                layer(r#"{"profiles":["b","a"],"variables":{"tries":2,"ssh.days":2}}"#),
            ),
            (
                Origin::Fleet,
                layer(
                    r#"{"profiles":["c","b"],
                        "variables":{"ssh.tries":3,"days":3,"ssh.days":3,"list":["x"]}}"#,
                ),
            ),
        ]);
        let profiles: Vec<_> = found
            .profiles
            .iter()
            .map(|one| one.value.as_str())
            .collect();
        assert_eq!(profiles, ["b", "a", "c"]);
        assert_eq!(found.profiles[0].origin, group("web"));
        let said: Vec<_> = found
            .variables
            .iter()
            .map(|(name, one)| (name.as_str(), one.value.to_string(), one.origin.clone()))
            .collect();
        assert_eq!(
            said,
            [
                ("days", "3".into(), Origin::Fleet),
                ("list", "x".into(), Origin::Fleet),
                ("ssh.days", "2".into(), group("web")),
                ("tries", "1".into(), Origin::Host),
            ],
            "what the host sets for every rule hides what the fleet sets for one"
        );
        let message = found.message();
        assert_eq!(message.check(), Ok(()));
        assert_eq!(message.variables[1].value, r#"["x"]"#);
    }

    #[test]
    fn a_layer_that_no_agent_would_take_is_refused() {
        for (text, told) in [
            (r#"{"profiles":["a","a"]}"#, "twice"),
            (r#"{"profiles":["../a"]}"#, "not the key"),
            (r#"{"variables":{"A b":1}}"#, "not the name"),
            (r#"{"variables":{"a":"\u0000"}}"#, "`a` is set to"),
        ] {
            let error = layer(text).check().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let text = r#"{"profiles":["b","a"],"variables":{"a":3,"r.b":["x",1]}}"#;
        layer(text).check().unwrap();
        assert_eq!(serde_json::to_string(&layer(text)).unwrap(), text);
    }

    fn layers() -> impl Strategy<Value = Vec<ComplianceLayer>> {
        let names = prop::sample::select(vec!["a", "b", "r.a", "r.b", "q.a"]);
        let variables = prop::collection::btree_map(names.prop_map(String::from), 0..4_i64, 0..5);
        let keys = prop::sample::subsequence(vec!["p", "q", "s"], 0..=3);
        let layer = (keys, variables).prop_map(|(profiles, variables)| {
            let text = serde_json::json!({"profiles": profiles, "variables": variables});
            serde_json::from_value(text).unwrap()
        });
        prop::collection::vec(layer, 0..4)
    }

    proptest! {
        #[test]
        fn the_union_has_each_profile_once_and_a_stronger_layer_is_never_overridden(
            layers in layers()
        ) {
            let origins = (0..).map(|n: usize| group(&n.to_string()));
            let layers: Vec<_> = origins.zip(layers).collect();
            let found = together(&layers);
            let mut keys: Vec<_> = found.profiles.iter().map(|one| &one.value).collect();
            let named = layers.iter().flat_map(|(_, layer)| &layer.profiles);
            prop_assert!(named.clone().all(|key| keys.contains(&key)));
            let count = keys.len();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), count);
            // For a rule, the value is what the strongest layer says that says anything of it.
            for (rule, name) in [("r", "a"), ("r", "b"), ("q", "a"), ("other", "b")] {
                let own = format!("{rule}.{name}");
                let of = |values: &Values| values.get(&own).or(values.get(name)).cloned();
                let expected = layers.iter().find_map(|(_, layer)| of(&layer.variables));
                prop_assert_eq!(of(&found.values()), expected);
            }
            prop_assert_eq!(found.message().check(), Ok(()));
        }
    }
}
