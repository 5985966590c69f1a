//! Whether the host complies, at any time: what came of each rule, as facts, and of a change those
//! facts that it made others.
//!
//! Rules are read when they are decided and not kept: they would cost more memory than all else.

/// Rules decided with the same sources.
mod round;

/// Rules decided by walking filesystems, apart from the others.
mod walk;

/// Other content, decided beside what is in force.
pub mod trial;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use shared::{
    fact::{Fact, RowHash},
    rule::load::{self, Content, Loaded, Problem, Tests},
    wire::{Stale, StaleReason},
};

use self::round::Round;
pub use self::walk::{Walk, Walked};
use crate::{
    host::Host,
    rule::{
        sets::{Held, Selected, Unknown, Wanted},
        standing::{Changed, Ids, Standing},
    },
};

/// Rounds in which rules are decided whose sources go on changing; the next event finds the rest.
const MAX_ROUNDS: usize = 4;

/// What came of the rules of a folder of content, and what may make it otherwise.
#[derive(Debug)]
pub struct Compliance {
    host: Host,
    content: PathBuf,
    /// What the host is held to.
    held: Held,
    rules: BTreeMap<String, Known>,
    /// Of each result the hash of what was told of it.
    told: BTreeMap<String, RowHash>,
    standing: Standing,
    /// Rules that a change was seen to concern while others were decided.
    pending: Ids,
    /// Rules that are to be decided by walking filesystems.
    to_walk: Ids,
    /// Rises whenever rules or values are others: what a walk found for those before is of no use.
    edition: u64,
}

/// What is known of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    /// Where its file is, held once for all that are there.
    folder: Arc<Path>,
    /// The profiles that select it.
    selected: Selected,
    /// Whether it walks filesystems. Such a rule is decided apart from the others, which would have
    /// to wait for it.
    walks: bool,
}

/// Folders, each held once.
#[derive(Debug, Default)]
struct Folders(BTreeSet<Arc<Path>>);

/// What came of every rule.
#[derive(Debug)]
pub struct Whole {
    /// By their keys.
    pub facts: Vec<Fact>,
    /// Keys of results that stay as they are known: their rules are to be walked for.
    pub kept: Vec<String>,
}

/// What is to be told otherwise than before.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Amended {
    pub facts: Vec<Fact>,
    /// Keys of results that there are no more.
    pub gone: Vec<String>,
}

impl Compliance {
    /// Nothing is decided yet. `content`: a folder with `rules/`, of the machine that the agent runs on.
    pub fn new(host: Host, content: PathBuf) -> Self {
        Self {
            host,
            content,
            held: Held::default(),
            rules: BTreeMap::new(),
            told: BTreeMap::new(),
            standing: Standing::default(),
            pending: Ids::new(),
            to_walk: Ids::new(),
            edition: 0,
        }
    }

    /// From now on other rules are decided, in `content`; nothing is known of them yet.
    pub fn turn_to(&mut self, content: PathBuf) {
        let edition = self.edition + 1;
        *self = Self {
            edition,
            ..Self::new(self.host.clone(), content)
        };
    }

    /// Decides every rule, with the values that are `wanted`: a fact for each set of them. Rules that walk
    /// wait for [`Compliance::walk`].
    ///
    /// # Errors
    /// Why there are no rules to decide; what was told before stays.
    pub fn whole(&mut self, wanted: &Wanted) -> Result<Whole, Stale> {
        self.whole_while(wanted, || true)
    }

    /// The same, as long as it may `go_on`.
    fn whole_while(&mut self, wanted: &Wanted, go_on: impl Fn() -> bool) -> Result<Whole, Stale> {
        let selections = self.hold_to(wanted)?;
        let files = load::rule_files(&self.content).map_err(|problem| refused(&problem))?;
        let (files, mut undecided) = once_each(files);
        let mut rules = BTreeMap::new();
        let mut kept = Vec::new();
        let mut folders = Folders::default();
        // Each is loaded when its turn comes: together they would be the most that the agent holds.
        let files = files.into_iter().take_while(|_| go_on());
        let loaded = files.filter_map(|file| {
            let loaded = match load::load_rule(&file, Tests::Without) {
                Ok(loaded) => loaded,
                Err(problem) => {
                    undecided.extend(round::undecided(&problem));
                    return None;
                }
            };
            let id = loaded.rule.id.clone();
            let selected = selections.get(&id).copied().unwrap_or_default();
            let walks = loaded.rule.check.walks();
            let folder = folders.of(&file);
            let known = Known {
                folder,
                selected,
                walks,
            };
            rules.insert(id, known);
            if walks {
                let sets = self.held.sets(&loaded.rule, selected).into_iter();
                kept.extend(sets.map(|set| set.key));
                return None;
            }
            Some((loaded, selected))
        });
        let round = round::decide(&self.host, &self.held, loaded);
        self.rules = rules;
        self.standing.keep(&self.rules.keys().cloned().collect());
        let walking = self.rules.iter().filter(|(_, known)| known.walks);
        self.to_walk.extend(walking.map(|(id, _)| id.clone()));
        self.told.retain(|key, _| kept.contains(key));
        let mut facts: BTreeMap<String, Fact> = undecided
            .into_iter()
            .chain(self.take(round))
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
    pub fn first(&mut self, wanted: &Wanted) -> Result<Whole, Stale> {
        let mut whole = self.whole(wanted)?;
        if let Some(walk) = self.walk() {
            whole.facts.extend(self.walked(walk.run()));
            whole.kept.clear();
        }
        Ok(whole)
    }

    /// Decides the rules concerned again: a fact for each set of values of which something else is to be
    /// told than before.
    ///
    /// # Errors
    /// When the rules cannot be read any more.
    pub fn again(&mut self, changed: &Changed) -> Result<Vec<Fact>, Stale> {
        self.settled(self.standing.concerned(&self.host, changed))
    }

    /// Decides the rules again of which what is `wanted` now makes the values others.
    ///
    /// # Errors
    /// When the rules cannot be read any more. They all have to be decided then.
    pub fn turn(&mut self, wanted: &Wanted) -> Result<Amended, Stale> {
        let before = self.held.clone();
        let mut content = self.load()?;
        let selections = self.hold(wanted, &mut content);
        let (mut concerned, mut gone) = (Ids::new(), Vec::new());
        for (id, known) in &mut self.rules {
            // Of files that come and go, events tell.
            let Some(Loaded { rule, .. }) = content.rules.get(id) else {
                continue;
            };
            let now = selections.get(id).copied().unwrap_or_default();
            let before = before.sets(rule, known.selected);
            let after = self.held.sets(rule, now);
            known.selected = now;
            if before != after {
                concerned.insert(id.clone());
                let keys = before.into_iter().map(|set| set.key);
                gone.extend(keys.filter(|key| after.iter().all(|set| set.key != *key)));
            }
        }
        drop(content);
        for key in &gone {
            self.told.remove(key);
        }
        let facts = self.settled(concerned)?;
        Ok(Amended { facts, gone })
    }

    /// The folder of the rules.
    pub fn content(&self) -> &Path {
        &self.content
    }

    /// Whether no rule is known.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What was wanted when rules were last decided.
    pub fn wanted(&self) -> &Wanted {
        self.held.wanted()
    }

    /// What of that the content does not have.
    pub fn unknown(&self) -> &Unknown {
        &self.held.unknown
    }

    /// Whether [`Compliance::again`] has something to do whatever has changed.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What was told last was not kept: everything is to be told again.
    pub fn forget_what_was_told(&mut self) {
        self.told.clear();
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
        let folders: BTreeSet<&Arc<Path>> =
            self.rules.values().map(|known| &known.folder).collect();
        let mut folders: Vec<_> = folders
            .into_iter()
            .map(|folder| folder.to_path_buf())
            .collect();
        folders.push(self.content.join("rules"));
        if !self.wanted().profiles.is_empty() {
            folders.extend(["profiles", "frameworks"].map(|name| self.content.join(name)));
        }
        folders.push(self.content.clone());
        folders
    }

    fn load(&self) -> Result<Content, Stale> {
        let loaded = Content::load_what_is_good(&self.content, Tests::Without);
        Ok(loaded.map_err(|problem| refused(&problem))?.0)
    }

    /// From now on rules are decided by what is `wanted`. Says which profiles select which rules.
    fn hold_to(&mut self, wanted: &Wanted) -> Result<BTreeMap<String, Selected>, Stale> {
        if !self.content.is_dir() {
            return Err(Stale {
                reason: StaleReason::Unavailable,
                detail: format!(
                    "there are no rules in {}: install openwatch-content, or set `rules.content`",
                    self.content.display()
                ),
            });
        }
        let mut content = if *wanted == Wanted::default() {
            Content::default()
        } else {
            self.load()?
        };
        Ok(self.hold(wanted, &mut content))
    }

    fn hold(&mut self, wanted: &Wanted, content: &mut Content) -> BTreeMap<String, Selected> {
        let (held, selections) = Held::new(wanted, content, &self.content);
        self.held = held;
        self.edition += 1;
        selections
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
                        let rule = load::load_rule(&known.file(&id), Tests::Without);
                        let rule = rule.map_err(|problem| refused(&problem))?;
                        loaded.push((rule, known.selected));
                    }
                    None => {}
                }
            }
            if loaded.is_empty() {
                break;
            }
            let facts = self.take(round::decide(&self.host, &self.held, loaded));
            told.extend(facts.into_iter().map(|fact| (fact.key.clone(), fact)));
        }
        Ok(told.into_values().collect())
    }

    /// Takes down what came of rules, and returns what of it is another than was told.
    fn take(&mut self, round: Round) -> Vec<Fact> {
        let others = self.standing.settle(round.reads, round.stamps);
        self.pending.extend(others);
        let mut facts = round.facts;
        facts.retain(|fact| {
            let hash = RowHash::of(fact.kind, &fact.key, &fact.value);
            self.told.insert(fact.key.clone(), hash) != Some(hash)
        });
        facts
    }
}

impl Known {
    /// The file of the rule with this id.
    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.yaml"))
    }
}

impl Folders {
    /// The folder of a file.
    fn of(&mut self, file: &Path) -> Arc<Path> {
        let folder = file.parent().unwrap_or(file);
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let folder: Arc<Path> = folder.into();
        self.0.insert(folder.clone());
        folder
    }
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
