//! Decides rules with the same sources, each once, and takes down what each asked.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use shared::{
    fact::Fact,
    rule::{
        load::{Loaded, Problem},
        result::{KIND, MAX_TEXT, Outcome, Record, Verdict},
        variable::Values,
    },
};

use crate::{
    host::{Host, trace::Stamp},
    rule::{
        self,
        sets::{Held, Selected, Set},
        source::{Reads, Sources},
    },
};

/// What came of rules, and what they asked.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) facts: Vec<Fact>,
    pub(super) reads: BTreeMap<String, Reads>,
    /// As each path was just before it was read.
    pub(super) stamps: BTreeMap<Arc<Path>, Stamp>,
}

/// Decides `rules`, one after the other, with each set of values that they are held to.
pub(super) fn decide(
    host: &Host,
    held: &Held,
    rules: impl IntoIterator<Item = (Loaded, Selected)>,
) -> Round {
    let mut round = Round::default();
    let (host, trace) = host.traced();
    let sources = Sources::followed(&host, trace.clone());
    for (Loaded { rule, hash, .. }, selected) in rules {
        for set in held.sets(&rule, selected) {
            let outcome = rule::evaluate(&rule, &set.values, &sources);
            round.facts.push(fact(outcome, &hash, set));
            let asked = round.reads.entry(rule.id.clone()).or_default();
            asked.join(sources.take_reads());
        }
    }
    round.stamps = trace.take_stamps();
    round
}

/// A rule that is refused is decided by nobody, and that is told in its place; the others are not
/// concerned.
pub(super) fn undecided(problem: &Problem) -> Option<Fact> {
    let id = problem.path.file_stem()?.to_string_lossy().into_owned();
    let set = Set {
        key: id.clone(),
        values: Values::new(),
    };
    let outcome = Outcome {
        rule: id,
        verdict: Verdict::Error,
        because: clipped(format!("the rule is refused: {problem}")),
        evidence: Vec::new(),
    };
    Some(fact(outcome, "", set))
}

fn fact(outcome: Outcome, content: &str, set: Set) -> Fact {
    let record = Record::of(outcome, content.to_owned(), set.values);
    Fact::new(KIND, set.key, &record)
        .expect("a record is short, and has neither floats nor long names")
}

/// A message of YAML can be as long as the file.
fn clipped(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}
