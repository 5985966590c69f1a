//! Decides rules with the same sources, each once, and takes down what each asked.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    rc::Rc,
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

/// A rule, and the values that it is decided with.
type Case = (Rc<Loaded>, Set);

/// Decides `rules`, one after the other, with each set of values that they are held to.
pub(super) fn decide(
    host: &Host,
    held: &Held,
    rules: impl IntoIterator<Item = (Loaded, Selected)>,
) -> Round {
    let mut round = Round::default();
    let cases = rules.into_iter().flat_map(|(loaded, selected)| {
        let sets = held.sets(&loaded.rule, selected);
        let loaded = Rc::new(loaded);
        sets.into_iter().map(move |set| (loaded.clone(), set))
    });
    let mut cases = cases.peekable();
    // One time unless a check has a defect: what it left half done is not used on.
    while cases.peek().is_some() {
        let (host, trace) = host.traced();
        with_one_reading(&host, &trace, &mut cases, &mut round);
        for (path, stamp) in trace.take_stamps() {
            round.stamps.entry(path).or_insert(stamp);
        }
    }
    round
}

fn with_one_reading(
    host: &Host,
    trace: &Trace,
    cases: &mut impl Iterator<Item = Case>,
    round: &mut Round,
) {
    let sources = Sources::followed(host, trace.clone());
    for (loaded, set) in cases {
        let Loaded { rule, hash, .. } = &*loaded;
        let run = || rule::evaluate(rule, &set.values, &sources);
        let outcome = catch_unwind(AssertUnwindSafe(run));
        let defect = outcome.is_err();
        let outcome = outcome.unwrap_or_else(|_| Outcome {
            rule: rule.id.clone(),
            verdict: Verdict::Error,
            because: "the check has a defect; the agent's log has its message".into(),
            evidence: Vec::new(),
        });
        round.facts.push(fact(outcome, hash, set));
        let reads = if defect {
            let paths = trace.take();
            Reads {
                paths,
                ..Reads::default()
            }
        } else {
            sources.take_reads()
        };
        let asked = round.reads.entry(rule.id.clone()).or_default();
        asked.join(reads);
        if defect {
            return;
        }
    }
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
