//! Results that fail and are waived. They stay what they are; beside each score stands the one that leaves them out of
//! what fails.

use std::collections::BTreeMap;

use shared::rule::variable::Values;

use super::{Lens, score, seen_key, weight};
use crate::catalogue::Catalogue;

/// How many results through a lens fail and are waived, and what they weigh together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waived {
    pub results: i64,
    pub weight: i64,
}

/// The score where `waived` of `failed` are left out. What is written of how hosts stand can be a moment behind what
/// they told: more than fails is not left out.
pub fn score_with(passed: i64, failed: i64, waived: i64) -> Option<f64> {
    score(passed, (failed - waived).max(0))
}

/// The results of a rule that is waived on a host which has several of it, with other values each.
#[derive(Debug, Clone)]
pub struct Several {
    pub host_no: i32,
    pub rule: String,
    /// By key, in their order: the values, and whether it fails.
    pub results: Vec<(String, Values, bool)>,
}

impl Several {
    fn fails(&self, key: &str) -> bool {
        let mut failing = self.results.iter().filter(|(.., fails)| *fails);
        failing.any(|(known, ..)| known == key)
    }

    /// Whether what a profile sees of it fails.
    fn fails_through(&self, profile: &str, wanted: Option<&Values>) -> bool {
        let results = self.results.iter();
        let results = results.map(|(key, values, _)| (key.as_str(), values));
        let seen = seen_key(&self.rule, profile, wanted, results);
        seen.is_some_and(|key| self.fails(key))
    }
}

/// What is waived of one host, or of several together, at an instant.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// By rule: how many of its first results fail and are waived.
    pub plain: BTreeMap<String, i64>,
    pub several: Vec<Several>,
}

impl Overlay {
    /// What of it is seen through a lens. `sets` are the variables that are set for hosts.
    pub fn through(
        &self,
        lens: &Lens,
        catalogue: &Catalogue,
        sets: &BTreeMap<i32, Values>,
    ) -> Waived {
        let mut waived = Waived::default();
        let mut add = |rule: &str, results: i64| {
            if let Some(entry) = catalogue.rules.get(rule) {
                waived.results += results;
                waived.weight += results * i64::from(weight(entry.rule.severity));
            }
        };
        let of_framework = match lens {
            Lens::Framework(key) => Some(catalogue.rules_of(key).unwrap_or_default()),
            Lens::All | Lens::Profile(_) => None,
        };
        let held = match lens {
            Lens::All | Lens::Framework(_) => None,
            Lens::Profile(key) => match catalogue.profiles.get(key) {
                // It was one once.
                None => return waived,
                held => held,
            },
        };
        for (rule, results) in &self.plain {
            let is_seen = of_framework
                .as_ref()
                .is_none_or(|of| of.contains(rule.as_str()))
                && held.is_none_or(|held| held.rules.contains(rule));
            if is_seen {
                add(rule, *results);
            }
        }
        let (Some(held), Lens::Profile(key)) = (held, lens) else {
            return waived;
        };
        // What was counted above by the first result counts by the profile's.
        for several in self
            .several
            .iter()
            .filter(|of| held.rules.contains(&of.rule))
        {
            let nothing = Values::default();
            let set = sets.get(&several.host_no).unwrap_or(&nothing);
            let wanted = catalogue.values_in(held, &several.rule, set);
            let through = several.fails_through(key, wanted.as_ref());
            let plain = several.fails(&several.rule);
            add(&several.rule, i64::from(through) - i64::from(plain));
        }
        waived
    }
}
