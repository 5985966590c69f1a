//! Settings of hosts, in layers: the host's own, those of its groups by precedence, the fleet's.
//! Each value comes from the strongest layer that says something; what nobody says is the agent's
//! choice. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::wire::{self, KindSettings, Label};
use utoipa::ToSchema;

/// Profiles, and variables of rules.
mod compliance;

/// How much of what hosts drift matters.
mod drift;

pub use self::{
    compliance::{ComplianceLayer, EffectiveCompliance},
    drift::{DriftLayer, Limits},
};

/// What one layer says. What is left out, it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// By kind. A kind that no host is known to have is taken as well: an agent that is newer than
    /// this collector may have it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, KindLayer>,
    #[serde(default, skip_serializing_if = "MetricsLayer::is_silent")]
    pub metrics: MetricsLayer,
    /// Seconds between two full looks at everything, 60 to 604800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 604_800)]
    pub reconcile_s: Option<u32>,
    #[serde(default, skip_serializing_if = "ComplianceLayer::is_silent")]
    pub compliance: ComplianceLayer,
    /// Of the fleet's layer alone.
    #[serde(default, skip_serializing_if = "DriftLayer::is_silent")]
    pub drift: DriftLayer,
}

/// What a layer says of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindLayer {
    /// Whether the kind is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Seconds between two looks at a kind that is looked at by a timer, 5 to 604800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5, maximum = 604_800)]
    pub every_s: Option<u32>,
}

/// What a layer says of metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsLayer {
    /// Whether they are measured and sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Seconds between two messages of them, 5 to 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5, maximum = 3600)]
    pub send_every_s: Option<u32>,
}

impl MetricsLayer {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

/// Which layer a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum Origin {
    Host,
    Group { name: String },
    Fleet,
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<T> {
    pub value: T,
    pub origin: Origin,
}

/// What the layers of a host say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    pub kinds: BTreeMap<String, EffectiveKind>,
    pub metrics_enabled: Option<Chosen<bool>>,
    pub metrics_send_every_s: Option<Chosen<u32>>,
    pub reconcile_s: Option<Chosen<u32>>,
    pub compliance: EffectiveCompliance,
}

/// What the layers of a host say of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveKind {
    pub enabled: Option<Chosen<bool>>,
    pub every_s: Option<Chosen<u32>>,
}

/// What `layers` say together, strongest first.
pub fn effective(layers: &[(Origin, Layer)]) -> Effective {
    let mut found = Effective::default();
    for (origin, layer) in layers {
        for (name, kind) in &layer.kinds {
            let into = found.kinds.entry(name.clone()).or_default();
            fill(&mut into.enabled, kind.enabled, origin);
            fill(&mut into.every_s, kind.every_s, origin);
        }
        let metrics = &layer.metrics;
        fill(&mut found.metrics_enabled, metrics.enabled, origin);
        let every = metrics.send_every_s;
        fill(&mut found.metrics_send_every_s, every, origin);
        fill(&mut found.reconcile_s, layer.reconcile_s, origin);
        found.compliance.add(&layer.compliance, origin);
    }
    found
}

fn fill<T: Copy>(into: &mut Option<Chosen<T>>, value: Option<T>, origin: &Origin) {
    if into.is_none() {
        *into = value.map(|value| Chosen {
            value,
            origin: origin.clone(),
        });
    }
}

impl Effective {
    /// What the agent of the host is sent.
    pub fn message(&self, labels: &BTreeMap<String, String>) -> wire::Settings {
        let value = |chosen: &Option<Chosen<u32>>| chosen.as_ref().map(|chosen| chosen.value);
        let whether = |chosen: &Option<Chosen<bool>>| chosen.as_ref().map(|chosen| chosen.value);
        let kinds = self.kinds.iter().map(|(kind, set)| KindSettings {
            kind: kind.clone(),
            enabled: whether(&set.enabled),
            every_s: value(&set.every_s),
        });
        let labels = labels.iter().map(|(key, value)| Label {
            key: key.clone(),
            value: value.clone(),
        });
        wire::Settings {
            kinds: kinds.collect(),
            metrics_enabled: whether(&self.metrics_enabled),
            metrics_send_every_s: value(&self.metrics_send_every_s),
            reconcile_s: value(&self.reconcile_s),
            labels: labels.collect(),
        }
    }
}

impl Layer {
    /// Refuses a layer that no agent would take, whatever it says of compliance.
    ///
    /// # Errors
    /// [`wire::SettingsError`], which names the value and its range.
    pub fn check(&self) -> Result<(), wire::SettingsError> {
        let alone = effective(&[(Origin::Fleet, self.clone())]);
        alone.message(&BTreeMap::new()).check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(text: &str) -> Layer {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_value_comes_from_the_strongest_layer_that_says_something() {
        let group = |name: &str| Origin::Group { name: name.into() };
        let layers = [
            (Origin::Host, layer(r#"{"kinds":{"os":{"every_s":10}}}"#)),
            (
                group("web"),
                layer(r#"{"kinds":{"os":{"enabled":false,"every_s":20}},"reconcile_s":60}"#),
            ),
            (
                Origin::Fleet,
                layer(
                    r#"{"kinds":{"user":{"enabled":true}},"metrics":{"enabled":false},"reconcile_s":99}"#,
                ),
            ),
        ];
        let found = effective(&layers);
        let os = &found.kinds["os"];
        assert_eq!(
            (os.every_s.clone().unwrap(), os.enabled.clone().unwrap()),
            (
                Chosen {
                    value: 10,
                    origin: Origin::Host
                },
                Chosen {
                    value: false,
                    origin: group("web")
                }
            )
        );
        let message = found.message(&BTreeMap::from([("a".into(), "b".into())]));
        assert_eq!(message.check(), Ok(()));
        assert_eq!(
            (
                message.reconcile_s,
                message.metrics_enabled,
                message.labels.len()
            ),
            (Some(60), Some(false), 1)
        );
        assert_eq!(message.kinds.len(), 2);
        assert_eq!(message.metrics_send_every_s, None, "the agent's choice");
    }

    #[test]
    fn a_layer_is_checked_and_kept_as_it_came() {
        for (text, name) in [
            (r#"{"kinds":{"os":{"every_s":4}}}"#, "os.every_s is 4"),
            (r#"{"kinds":{"O S":{}}}"#, "O S"),
            (r#"{"metrics":{"send_every_s":0}}"#, "5 to 3600"),
            (r#"{"reconcile_s":59}"#, "reconcile_s"),
        ] {
            let error = layer(text).check().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        for text in [
            "{}",
            r#"{"kinds":{"os":{"enabled":true}},"reconcile_s":60}"#,
        ] {
            layer(text).check().unwrap();
            assert_eq!(serde_json::to_string(&layer(text)).unwrap(), text);
        }
        assert!(serde_json::from_str::<Layer>(r#"{"kindz":{}}"#).is_err());
    }
}
