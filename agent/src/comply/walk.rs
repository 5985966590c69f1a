//! Rules that are decided by walking filesystems: in a walk of their own, whose end finds rules and values
//! as they were or is of no use.

use std::{collections::BTreeMap, path::PathBuf};

use shared::{
    fact::Fact,
    rule::load::{self, Tests},
};

use super::{
    Compliance,
    round::{self, Round},
};
use crate::{
    host::Host,
    rule::{
        sets::{Held, Selected},
        standing::Ids,
    },
};

/// Rules to be decided by walking filesystems.
#[derive(Debug)]
pub struct Walk {
    host: Host,
    held: Held,
    rules: BTreeMap<String, (PathBuf, Selected)>,
    edition: u64,
}

/// What a walk has found.
#[derive(Debug)]
pub struct Walked {
    round: Round,
    ids: Ids,
    edition: u64,
}

impl Compliance {
    /// Whether there are rules to walk for.
    pub fn is_to_walk(&self) -> bool {
        !self.to_walk.is_empty()
    }

    /// The rules to walk for, if there are any; it takes minutes, and others need not wait for it.
    pub fn walk(&mut self) -> Option<Walk> {
        let ids = std::mem::take(&mut self.to_walk);
        let known = ids.into_iter().filter_map(|id| {
            let known = self.rules.get(&id)?;
            let file = known.file(&id);
            Some((id, (file, known.selected)))
        });
        let rules: BTreeMap<_, _> = known.collect();
        (!rules.is_empty()).then(|| Walk {
            host: self.host.clone(),
            held: self.held.clone(),
            rules,
            edition: self.edition,
        })
    }

    /// Takes what a walk has found: a fact for each result that is another than was told. Where rules or
    /// values have become others meanwhile, the walk is to be done again.
    pub fn walked(&mut self, walked: Walked) -> Vec<Fact> {
        if walked.edition == self.edition {
            return self.take(walked.round);
        }
        let known = walked.ids.into_iter();
        let known = known.filter(|id| self.rules.contains_key(id));
        self.to_walk.extend(known);
        Vec::new()
    }
}

impl Walk {
    /// Decides them. A rule whose file is refused by now is left to who watches the files.
    pub fn run(self) -> Walked {
        let load = |(file, selected): &(PathBuf, Selected)| {
            let loaded = load::load_rule(file, Tests::Without).ok()?;
            Some((loaded, *selected))
        };
        let mut rules: Vec<_> = self.rules.values().filter_map(load).collect();
        // What they have walked need not be walked again with the whole host.
        rules.sort_by_key(|(loaded, _)| !loaded.rule.check.names_folders());
        let round = round::decide(&self.host, &self.held, rules);
        Walked {
            round,
            ids: self.rules.into_keys().collect(),
            edition: self.edition,
        }
    }
}
