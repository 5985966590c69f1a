//! Whether the host complies, at any time: what came of each rule, as facts, and of a change those
//! facts that it made others.
//!
//! Rules are read when they are decided and not kept: they would cost more memory than all else.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use shared::{
    fact::{Fact, RowHash},
    rule::{
        load::{self, Content, Loaded, Problem, Tests},
        result::{KIND, MAX_TEXT, Outcome, Record, Verdict},
        variable::Values,
    },
    wire::{Stale, StaleReason},
};

use crate::{
    host::{
        Host,
        trace::{Stamp, Trace},
    },
    rule::{
        self,
        source::{Reads, Sources},
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
    /// Each rule's file, and the hash of what was told of it.
    rules: BTreeMap<String, (PathBuf, RowHash)>,
    standing: Standing,
}

/// Rules decided with the same sources.
struct Round {
    facts: Vec<Fact>,
    reads: BTreeMap<String, Reads>,
    stamps: BTreeMap<std::sync::Arc<Path>, Stamp>,
}

impl Compliance {
    /// Nothing is decided yet. `content`: a folder with `rules/`, of the machine that the agent runs on.
    pub fn new(host: Host, content: PathBuf) -> Self {
        Self {
            host,
            content,
            rules: BTreeMap::new(),
            standing: Standing::default(),
        }
    }

    /// Decides every rule: a fact for each, by its id.
    ///
    /// # Errors
    /// Why there are no rules to decide; what was told before stays.
    pub fn whole(&mut self) -> Result<Vec<Fact>, Stale> {
        if !self.content.is_dir() {
            return Err(Stale {
                reason: StaleReason::Unavailable,
                detail: format!(
                    "there are no rules in {}: install openwatch-content, or set `rules.content`",
                    self.content.display()
                ),
            });
        }
        let loaded = Content::load_what_is_good(&self.content, Tests::Without);
        let (content, problems) = loaded.map_err(|problem| refused(&problem))?;
        let mut round = self.decide(content.rules.values());
        let mut facts = std::mem::take(&mut round.facts);
        let paths = content.rules.values().map(|one| one.path.clone());
        let hashes = facts.iter().map(hash);
        self.rules = facts
            .iter()
            .map(|fact| fact.key.clone())
            .zip(paths.zip(hashes))
            .collect();
        drop(content);
        let again = self.standing.settle(round.reads, round.stamps);
        self.standing.keep(&self.rules.keys().cloned().collect());
        for newer in self.settled(again)? {
            if let Ok(at) = facts.binary_search_by(|fact| fact.key.cmp(&newer.key)) {
                facts[at] = newer;
            }
        }
        let undecided: Vec<Fact> = problems.iter().filter_map(undecided).collect();
        // Of two files of one rule nobody knows which is meant.
        facts.retain(|fact| undecided.iter().all(|other| other.key != fact.key));
        facts.extend(undecided);
        facts.sort();
        facts.dedup_by(|next, first| next.key == first.key);
        Ok(facts)
    }

    /// Decides the rules concerned: a fact for each of which something else is to be told than before.
    ///
    /// # Errors
    /// When the rules cannot be read any more.
    pub fn again(&mut self, changed: &Changed) -> Result<Vec<Fact>, Stale> {
        self.settled(self.standing.concerned(&self.host, changed))
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
        let files = self.rules.values().map(|(path, _)| path.as_path());
        let mut folders: Vec<_> = files.filter_map(Path::parent).map(Path::to_owned).collect();
        folders.dedup();
        folders.push(self.content.join("rules"));
        folders.push(self.content.clone());
        folders
    }

    fn settled(&mut self, mut concerned: Ids) -> Result<Vec<Fact>, Stale> {
        let mut told = BTreeMap::new();
        for _ in 0..MAX_ROUNDS {
            if concerned.is_empty() {
                break;
            }
            let files = concerned.iter().filter_map(|id| self.rules.get(id));
            let loaded = files.map(|(path, _)| load::load_rule(path, Tests::Without));
            let loaded: Result<Vec<Loaded>, Problem> = loaded.collect();
            let loaded = loaded.map_err(|problem| refused(&problem))?;
            let round = self.decide(&loaded);
            for fact in round.facts {
                if let Some((_, known)) = self.rules.get_mut(&fact.key) {
                    let new = hash(&fact);
                    if std::mem::replace(known, new) != new {
                        told.insert(fact.key.clone(), fact);
                    }
                }
            }
            concerned = self.standing.settle(round.reads, round.stamps);
        }
        Ok(told.into_values().collect())
    }

    fn decide<'r>(&self, rules: impl IntoIterator<Item = &'r Loaded>) -> Round {
        let mut round = Round {
            facts: Vec::new(),
            reads: BTreeMap::new(),
            stamps: BTreeMap::new(),
        };
        let mut rules = rules.into_iter().peekable();
        // One time unless a check has a defect: what it left half done is not used on.
        while rules.peek().is_some() {
            let (host, trace) = self.host.traced();
            Self::decide_with(&host, &trace, &mut rules, &mut round);
            for (path, stamp) in trace.take_stamps() {
                round.stamps.entry(path).or_insert(stamp);
            }
        }
        round
    }

    fn decide_with<'r>(
        host: &Host,
        trace: &Trace,
        rules: &mut impl Iterator<Item = &'r Loaded>,
        round: &mut Round,
    ) {
        let sources = Sources::followed(host, trace.clone());
        // Nobody sets any yet: each rule has its defaults.
        let values = Values::new();
        for Loaded { rule, hash, .. } in rules {
            let run = || rule::evaluate(rule, &values, &sources);
            let outcome = catch_unwind(AssertUnwindSafe(run));
            let defect = outcome.is_err();
            let outcome = outcome.unwrap_or_else(|_| Outcome {
                rule: rule.id.clone(),
                verdict: Verdict::Error,
                because: "the check has a defect; the agent's log has its message".into(),
                evidence: Vec::new(),
            });
            round.facts.push(fact(outcome, hash));
            let reads = if defect {
                let paths = trace.take();
                Reads {
                    paths,
                    ..Reads::default()
                }
            } else {
                sources.take_reads()
            };
            round.reads.insert(rule.id.clone(), reads);
            if defect {
                return;
            }
        }
    }
}

fn fact(outcome: Outcome, content: &str) -> Fact {
    let id = outcome.rule.clone();
    let record = Record::of(outcome, content.to_owned());
    Fact::new(KIND, id, &record).expect("a record is short, and has neither floats nor long names")
}

fn hash(fact: &Fact) -> RowHash {
    RowHash::of(fact.kind, &fact.key, &fact.value)
}

/// A rule that is refused is decided by nobody, and that is told in its place; the others are not
/// concerned.
fn undecided(problem: &Problem) -> Option<Fact> {
    let id = problem.path.file_stem()?.to_string_lossy().into_owned();
    let outcome = Outcome {
        rule: id,
        verdict: Verdict::Error,
        because: clipped(format!("the rule is refused: {problem}")),
        evidence: Vec::new(),
    };
    Some(fact(outcome, ""))
}

/// A message of YAML can be as long as the file.
fn clipped(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

fn refused(problem: &Problem) -> Stale {
    Stale {
        reason: StaleReason::Malformed,
        detail: format!("the rules cannot be read: {problem}"),
    }
}

#[cfg(test)]
mod tests;
