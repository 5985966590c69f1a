//! Which rules decide which controls: joined by the subjects that both name. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Rule,
    framework::{Control, Framework},
};

/// One control, and what decides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered<'c> {
    pub control: &'c Control,
    /// Ids of the rules that decide a subject of it, and are about the framework's platform.
    pub rules: BTreeSet<&'c str>,
    /// Its subjects that no such rule decides.
    pub open: Vec<&'c str>,
}

impl Covered<'_> {
    /// Whether rules decide all of it. A control that names no subject is decided by nothing.
    pub fn is_wholly(&self) -> bool {
        self.open.is_empty() && !self.control.subjects.is_empty()
    }
}

/// Each control of `framework` with the rules that decide it.
pub fn of<'c>(
    rules: impl IntoIterator<Item = &'c Rule>,
    framework: &'c Framework,
) -> Vec<Covered<'c>> {
    let release = framework.platform.as_ref().map(|edition| edition.release());
    let mut decided: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in rules {
        if release
            .as_ref()
            .is_some_and(|release| !rule.is_about(release))
        {
            continue;
        }
        for subject in &rule.subjects {
            decided.entry(subject).or_default().insert(&rule.id);
        }
    }
    let covered = |control: &'c Control| {
        let mut covered = Covered {
            control,
            rules: BTreeSet::new(),
            open: Vec::new(),
        };
        for subject in &control.subjects {
            match decided.get(subject.as_str()) {
                Some(rules) => covered.rules.extend(rules),
                None => covered.open.push(subject),
            }
        }
        covered
    };
    framework.controls.iter().map(covered).collect()
}
