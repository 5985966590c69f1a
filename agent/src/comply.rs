//! Whether the host complies, at any time: what came of each rule, as facts, and of a change those
//! facts that it made others.
//!
//! Rules are read when they are decided and not kept: they would cost more memory than all else.

/// Rules decided with the same sources.
mod round;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use shared::{
    fact::{Fact, RowHash},
    rule::load::{self, Problem, Tests},
    wire::{Stale, StaleReason},
};

pub use self::round::Round;
use crate::{
    host::Host,
    rule::standing::{Changed, Ids, Standing},
};

/// Rounds in which rules are decided whose sources go on changing; the next event finds the rest.
const MAX_ROUNDS: usize = 4;

/// What came of the rules of a folder of content, and what may make it otherwise.
#[derive(Debug)]
pub struct Compliance {
    host: Host,
    content: PathBuf,
    rules: BTreeMap<String, Known>,
    standing: Standing,
    /// Rules that a change was seen to concern while others were decided.
    pending: Ids,
    /// Rules that are to be decided by walking filesystems.
    to_walk: Ids,
}

/// What is known of one rule.
#[derive(Debug)]
struct Known {
    file: PathBuf,
    /// What was told of it.
    told: Option<RowHash>,
    /// Whether it walks filesystems. Such a rule is decided apart from the others, which would have
    /// to wait for it.
    walks: bool,
}

/// What came of every rule.
#[derive(Debug)]
pub struct Whole {
    /// By their keys.
    pub facts: Vec<Fact>,
    /// Ids of rules of which stays known what was: they are to be walked for.
    pub kept: Vec<String>,
}

/// Rules to be decided by walking filesystems.
#[derive(Debug)]
pub struct Walk {
    host: Host,
    files: Vec<PathBuf>,
}

impl Compliance {
    /// Nothing is decided yet. `content`: a folder with `rules/`, of the machine that the agent runs on.
    pub fn new(host: Host, content: PathBuf) -> Self {
        Self {
            host,
            content,
            rules: BTreeMap::new(),
            standing: Standing::default(),
            pending: Ids::new(),
            to_walk: Ids::new(),
        }
    }

    /// Decides every rule but for those that walk, which wait for [`Compliance::walk`].
    ///
    /// # Errors
    /// Why there are no rules to decide; what was told before stays.
    pub fn whole(&mut self) -> Result<Whole, Stale> {
        if !self.content.is_dir() {
            return Err(Stale {
                reason: StaleReason::Unavailable,
                detail: format!(
                    "there are no rules in {}: install openwatch-content, or set `rules.content`",
                    self.content.display()
                ),
            });
        }
        let files = load::rule_files(&self.content).map_err(|problem| refused(&problem))?;
        let (files, mut undecided) = once_each(files);
        let mut before = std::mem::take(&mut self.rules);
        let mut rules = BTreeMap::new();
        // Each is loaded when its turn comes: together they would be the most that the agent holds.
        let loaded = files.into_iter().filter_map(|path| {
            let loaded = match load::load_rule(&path, Tests::Without) {
                Ok(loaded) => loaded,
                Err(problem) => {
                    undecided.extend(round::undecided(&problem));
                    return None;
                }
            };
            let id = loaded.rule.id.clone();
            let walks = loaded.rule.check.walks();
            let told = before.remove(&id).and_then(|known| known.told);
            let file = path;
            rules.insert(id, Known { file, told, walks });
            (!walks).then_some(loaded)
        });
        let round = round::decide(&self.host, loaded);
        self.rules = rules;
        self.standing.keep(&self.rules.keys().cloned().collect());
        let walks = |(id, known): (&String, &Known)| known.walks.then(|| id.clone());
        let kept: Vec<String> = self.rules.iter().filter_map(walks).collect();
        self.to_walk.extend(kept.iter().cloned());
        let mut facts: BTreeMap<String, Fact> = undecided
            .into_iter()
            .chain(self.take(round).into_iter().map(|(fact, _)| fact))
            .map(|fact| (fact.key.clone(), fact))
            .collect();
        for newer in self.settled(Ids::new())? {
            facts.insert(newer.key.clone(), newer);
        }
        let facts = facts.into_values().collect();
        Ok(Whole { facts, kept })
    }

    /// Decides every rule, and waits for those that walk: what is told first of a host is whole, so that
    /// nothing of it looks like a change.
    ///
    /// # Errors
    /// As [`Compliance::whole`].
    pub fn first(&mut self) -> Result<Whole, Stale> {
        let mut whole = self.whole()?;
        if let Some(walk) = self.walk() {
            whole.facts.extend(self.walked(walk.run()));
            whole.kept.clear();
        }
        Ok(whole)
    }

    /// Decides the rules concerned: a fact for each of which something else is to be told than before.
    ///
    /// # Errors
    /// When the rules cannot be read any more.
    pub fn again(&mut self, changed: &Changed) -> Result<Vec<Fact>, Stale> {
        self.settled(self.standing.concerned(&self.host, changed))
    }

    /// Whether [`Compliance::again`] has something to do whatever has changed.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What was told last was not kept: everything is to be told again.
    pub fn forget_what_was_told(&mut self) {
        for known in self.rules.values_mut() {
            known.told = None;
        }
    }

    /// Whether there are rules to walk for.
    pub fn is_to_walk(&self) -> bool {
        !self.to_walk.is_empty()
    }

    /// The rules to walk for, if there are any; it takes minutes, and others need not wait for it.
    pub fn walk(&mut self) -> Option<Walk> {
        let ids = std::mem::take(&mut self.to_walk);
        let known = ids.iter().filter_map(|id| self.rules.get(id));
        let files: Vec<_> = known.map(|known| known.file.clone()).collect();
        (!files.is_empty()).then(|| Walk {
            host: self.host.clone(),
            files,
        })
    }

    /// Takes what a walk has found: a fact for each rule of which something else is to be told than
    /// before.
    pub fn walked(&mut self, mut round: Round) -> Vec<Fact> {
        // Some may be gone by now.
        round.reads.retain(|id, _| self.rules.contains_key(id));
        newly(self.take(round))
    }

    /// Whether a rule asks about a kind of facts.
    pub fn asks(&self, kind: &str) -> bool {
        self.standing.asks(kind)
    }

    /// Everything that is asked about: whatever happens to one of these makes [`Compliance::again`]
    /// worth its cost.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.standing.paths().collect()
    }

    /// The folders that the rules are in: whatever happens there makes [`Compliance::whole`] worth its
    /// cost.
    pub fn folders(&self) -> Vec<PathBuf> {
        let files = self.rules.values().map(|known| known.file.as_path());
        let mut folders: Vec<_> = files.filter_map(Path::parent).map(Path::to_owned).collect();
        folders.dedup();
        folders.push(self.content.join("rules"));
        folders.push(self.content.clone());
        folders
    }

    /// Decides these rules, and those that turn out to be concerned too; rules that walk are left.
    fn settled(&mut self, concerned: Ids) -> Result<Vec<Fact>, Stale> {
        let mut told = BTreeMap::new();
        self.pending.extend(concerned);
        for _ in 0..MAX_ROUNDS {
            let mut loaded = Vec::new();
            for id in std::mem::take(&mut self.pending) {
                match self.rules.get(&id) {
                    Some(known) if known.walks => drop(self.to_walk.insert(id)),
                    Some(known) => {
                        let rule = load::load_rule(&known.file, Tests::Without);
                        loaded.push(rule.map_err(|problem| refused(&problem))?);
                    }
                    None => {}
                }
            }
            if loaded.is_empty() {
                break;
            }
            let facts = newly(self.take(round::decide(&self.host, loaded)));
            told.extend(facts.into_iter().map(|fact| (fact.key.clone(), fact)));
        }
        Ok(told.into_values().collect())
    }

    /// Takes down what came of rules. With each fact, whether it is another than was told.
    fn take(&mut self, round: Round) -> Vec<(Fact, bool)> {
        let others = self.standing.settle(round.reads, round.stamps);
        self.pending.extend(others);
        let facts = round.facts.into_iter().map(|fact| {
            let hash = RowHash::of(fact.kind, &fact.key, &fact.value);
            let known = self.rules.get_mut(&fact.key);
            let is_new = known.is_some_and(|known| known.told.replace(hash) != Some(hash));
            (fact, is_new)
        });
        facts.collect()
    }
}

impl Walk {
    /// Decides them. A rule whose file is refused by now is left to who watches the files.
    pub fn run(self) -> Round {
        let load = |path: &PathBuf| load::load_rule(path, Tests::Without).ok();
        round::decide(&self.host, self.files.iter().filter_map(load))
    }
}

fn newly(facts: Vec<(Fact, bool)>) -> Vec<Fact> {
    let facts = facts.into_iter();
    facts
        .filter_map(|(fact, is_new)| is_new.then_some(fact))
        .collect()
}

/// Each file whose rule no other file has too; of those that have, nobody knows which is meant.
fn once_each(files: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<Fact>) {
    let mut by_name: BTreeMap<OsString, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_owned();
        by_name.entry(name).or_default().push(file);
    }
    let mut once = Vec::new();
    let mut refused = Vec::new();
    for mut files in by_name.into_values() {
        match (files.pop(), files.first()) {
            (Some(path), None) => once.push(path),
            (Some(path), Some(first)) => {
                let what = format!("{} has a rule of this id too", first.display());
                let line = None;
                refused.extend(round::undecided(&Problem { path, line, what }));
            }
            (None, _) => {}
        }
    }
    (once, refused)
}

fn refused(problem: &Problem) -> Stale {
    Stale {
        reason: StaleReason::Malformed,
        detail: format!("the rules cannot be read: {problem}"),
    }
}

#[cfg(test)]
mod tests;
