use std::collections::{BTreeMap, BTreeSet};

use super::Firing;

/// A subject of an open alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub key: String,
    pub host_no: Option<i32>,
    pub item: String,
}

/// What becomes of the alert of one key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Turn<'a> {
    /// What is so and was not.
    pub begun: Vec<&'a Firing>,
    /// What was so and is not: host and item.
    pub ended: Vec<(Option<i32>, &'a str)>,
}

/// From the subjects of a rule's open alerts and what is so now to what changes, by key; alerts of which nothing changes
/// are left out. What begins on a host that `rests` is left aside: it begins when it is so afterwards still.
pub fn reconcile<'a>(
    open: &'a [Open],
    firing: &'a [Firing],
    rests: impl Fn(i32) -> bool,
) -> BTreeMap<&'a str, Turn<'a>> {
    let mut turns: BTreeMap<&str, Turn<'_>> = BTreeMap::new();
    let known: BTreeSet<_> = open
        .iter()
        .map(|open| (&*open.key, open.host_no, &*open.item))
        .collect();
    let mut so = BTreeSet::new();
    for one in firing {
        let of = (&*one.key, one.host_no, &*one.item);
        let is_new = so.insert(of) && !known.contains(&of);
        if is_new && !one.host_no.is_some_and(&rests) {
            turns.entry(&one.key).or_default().begun.push(one);
        }
    }
    for open in open {
        if !so.contains(&(&*open.key, open.host_no, &*open.item)) {
            let turn = turns.entry(&open.key).or_default();
            turn.ended.push((open.host_no, &open.item));
        }
    }
    turns
}
