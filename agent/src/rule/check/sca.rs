//! `sca`: a check of a policy in Wazuh's grammar. Its lines are asked one by one, each with evidence of
//! its own, and the policy's truth table makes a verdict of the answers.

use std::path::Path;

use shared::{
    rule::{
        check::Sca,
        result::{Evidence, Verdict},
    },
    sca::{Asks, Condition, Line, Lines, Subject},
};

use super::{Seen, Sources};
use crate::sca::{Answer, Commands, Machine, ask, place, worse};

const NAME: &str = "sca";

pub(in crate::rule) fn judge(
    asked: &Sca,
    sources: &Sources<'_>,
    evidence: &mut Vec<Evidence>,
) -> Verdict {
    if let Some(requirements) = &asked.requirements {
        let answers = answers(requirements, sources);
        let verdict = match verdict(requirements.condition, &answers) {
            Verdict::Fail => Verdict::NotApplicable,
            verdict => verdict,
        };
        if verdict != Verdict::Pass {
            evidence.push(unmet(requirements, answers, verdict));
            return verdict;
        }
    }
    let answers = answers(&asked.lines, sources);
    let verdict = verdict(asked.lines.condition, &answers);
    for (line, answer) in asked.lines.lines.iter().zip(answers) {
        evidence.push(told(line, answer, asked.lines.condition));
    }
    verdict
}

fn answers(lines: &Lines, sources: &Sources<'_>) -> Vec<Answer> {
    let commands = sources.once(Commands::default);
    let machine = Machine {
        host: sources.host(),
        text: &|path: &Path| sources.text(path),
        commands: &commands,
        may_run: sources.may_run(),
    };
    let answer = |line: &Line| match &line.asks {
        Ok(asks) => follow(asks, sources, || ask(asks, &machine)),
        Err(why) => Answer::Open(Verdict::Error, why.clone()),
    };
    lines.lines.iter().map(answer).collect()
}

/// Tells whoever decides this again when something changes what a line asks: a file is watched, a whole
/// folder is more than can be, and of commands, programs and the kernel no event tells.
fn follow(asks: &Asks, sources: &Sources<'_>, ask: impl FnOnce() -> Answer) -> Answer {
    let of_kernel = |path: &String| ["/proc/", "/sys/"].iter().any(|top| path.starts_with(top));
    match &asks.of {
        Subject::Folder { files: Some(_), .. } | Subject::Command { .. } | Subject::Process(_) => {
            sources.unheard();
            sources.walked(ask)
        }
        Subject::File { paths, .. } if paths.iter().any(of_kernel) => {
            sources.unheard();
            ask()
        }
        Subject::File { .. } | Subject::Folder { .. } | Subject::Registry => ask(),
    }
}

/// As the grammar has it: a line that decides does so whatever the others are, and then one that could
/// not be decided keeps the check from passing.
fn verdict(condition: Condition, answers: &[Answer]) -> Verdict {
    let yes = || {
        answers
            .iter()
            .any(|answer| matches!(answer, Answer::Yes(_)))
    };
    let no = || answers.iter().any(|answer| matches!(answer, Answer::No(_)));
    let (decided, otherwise) = match condition {
        Condition::All => (no().then_some(Verdict::Fail), Verdict::Pass),
        Condition::Any => (yes().then_some(Verdict::Pass), Verdict::Fail),
        Condition::None => (yes().then_some(Verdict::Fail), Verdict::Pass),
    };
    decided.or_else(|| worst(answers)).unwrap_or(otherwise)
}

fn worst(answers: &[Answer]) -> Option<Verdict> {
    let open = answers.iter().filter_map(|answer| match answer {
        Answer::Open(verdict, _) => Some(*verdict),
        _ => None,
    });
    open.reduce(|one, other| if worse(other, one) { other } else { one })
}

/// What came of one line, as a part of a check of this condition.
fn told(line: &Line, answer: Answer, condition: Condition) -> Evidence {
    let of_none = condition == Condition::None;
    let expected = if of_none {
        format!("not so: {}", line.text)
    } else {
        line.text.clone()
    };
    let seen = match answer {
        Answer::Yes(seen) => Seen::of(!of_none, expected, seen),
        Answer::No(seen) => Seen::of(of_none, expected, seen),
        Answer::Open(verdict, why) => Seen::verdict(verdict, expected, why),
    };
    let places = line.asks.as_ref().map(place).unwrap_or_default();
    seen.read(places).evidence(NAME)
}

/// That the policy is not about this host, or that this could not be found out.
fn unmet(requirements: &Lines, answers: Vec<Answer>, verdict: Verdict) -> Evidence {
    let how_many = match requirements.condition {
        Condition::All => "all of",
        Condition::Any => "one of",
        Condition::None => "none of",
    };
    let lines: Vec<_> = requirements
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    let expected = format!("what the policy requires: {how_many} {}", lines.join(", "));
    let met = requirements.condition != Condition::None;
    // What was seen where it is not as required.
    let seen = answers.into_iter().filter_map(|answer| match answer {
        Answer::No(seen) if met => Some(seen),
        Answer::Yes(seen) if !met => Some(seen),
        Answer::Open(_, why) => Some(why),
        _ => None,
    });
    let seen = seen.collect::<Vec<_>>().join("; ");
    let actual = match verdict {
        Verdict::NotApplicable => format!("the policy is not about this host: {seen}"),
        _ => format!("whether the policy is about this host is not known: {seen}"),
    };
    let places = requirements
        .lines
        .iter()
        .flat_map(|line| line.asks.as_ref().map(place).unwrap_or_default());
    Seen::verdict(verdict, expected, actual)
        .read(places)
        .evidence(NAME)
}

#[cfg(test)]
mod tests;
