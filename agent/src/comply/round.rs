//! Decides rules with the same sources, each once, and takes down what each asked.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use shared::{
    fact::Fact,
    rule::{
        load::{Loaded, Problem},
        result::{KIND, MAX_TEXT, Outcome, Record, Verdict},
        variable::Values,
    },
};

use crate::{
    host::{
        Host,
        trace::{Stamp, Trace},
    },
    rule::{
        self,
        source::{Reads, Sources},
    },
};

/// What came of rules, and what they asked.
#[derive(Debug, Default)]
pub struct Round {
    pub(super) facts: Vec<Fact>,
    pub(super) reads: BTreeMap<String, Reads>,
    /// As each path was just before it was read.
    pub(super) stamps: BTreeMap<Arc<Path>, Stamp>,
}

/// Decides `rules`, one after the other.
pub(super) fn decide(host: &Host, rules: impl IntoIterator<Item = Loaded>) -> Round {
    let mut round = Round::default();
    let mut rules = rules.into_iter().peekable();
    // One time unless a check has a defect: what it left half done is not used on.
    while rules.peek().is_some() {
        let (host, trace) = host.traced();
        with_one_reading(&host, &trace, &mut rules, &mut round);
        for (path, stamp) in trace.take_stamps() {
            round.stamps.entry(path).or_insert(stamp);
        }
    }
    round
}

fn with_one_reading(
    host: &Host,
    trace: &Trace,
    rules: &mut impl Iterator<Item = Loaded>,
    round: &mut Round,
) {
    let sources = Sources::followed(host, trace.clone());
    // Nobody sets any yet: each rule has its defaults.
    let values = Values::new();
    for Loaded { rule, hash, .. } in rules {
        let run = || rule::evaluate(&rule, &values, &sources);
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
        round.reads.insert(rule.id, reads);
        if defect {
            return;
        }
    }
}

/// A rule that is refused is decided by nobody, and that is told in its place; the others are not
/// concerned.
pub(super) fn undecided(problem: &Problem) -> Option<Fact> {
    let id = problem.path.file_stem()?.to_string_lossy().into_owned();
    let outcome = Outcome {
        rule: id,
        verdict: Verdict::Error,
        because: clipped(format!("the rule is refused: {problem}")),
        evidence: Vec::new(),
    };
    Some(fact(outcome, String::new()))
}

fn fact(outcome: Outcome, content: String) -> Fact {
    let id = outcome.rule.clone();
    let record = Record::of(outcome, content);
    Fact::new(KIND, id, &record).expect("a record is short, and has neither floats nor long names")
}

/// A message of YAML can be as long as the file.
fn clipped(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}
