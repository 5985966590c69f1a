//! What content asks of the engine. A bundle names it, so that an agent that lacks some of it says so
//! before it loads a single rule.

use std::collections::BTreeSet;

use crate::rule::{Check, load::Content};

/// What the engine of this build can do: names of checks.
pub const FEATURES: &[&str] = Check::NAMES;

/// What these rules need of it.
pub fn features_of(content: &Content) -> BTreeSet<&'static str> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<&Check> = content.all_rules().iter().map(|rule| &rule.check).collect();
    while let Some(check) = open.pop() {
        needed.insert(check.name());
        open.extend(check.children());
    }
    needed
}
