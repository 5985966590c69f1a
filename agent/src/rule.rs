//! Decides rules on a host, with evidence.
//!
//! Evaluation is a function of the rule, the values that the site has set, and the sources; each
//! source is read once for an evaluation, however many rules ask it. What cannot be seen is never a
//! pass: a source that fails makes an `error`, a right that is missing `not_assessable`.

/// One module for each sort of question.
mod check;

/// How verdicts of several checks make one.
mod tree;

/// What one check saw.
mod seen;

/// What is asked, read once.
pub mod source;

/// What came of each rule, until something changes.
pub mod standing;

/// The values that a rule is decided with.
pub mod sets;

use shared::rule::{
    Condition, Rule,
    check::Presence,
    result::{Outcome, Verdict},
    variable::{self, Unfit, Values},
};

use self::{seen::Seen, source::Sources};
use crate::defect::{self, Work};

/// What comes of `rule` where the site has set `values`, unless it is to be left alone.
pub fn evaluate(rule: &Rule, values: &Values, sources: &Sources<'_>) -> Outcome {
    let work = Work::Rule(rule.id.clone());
    match sources.host().left_alone(&work) {
        None => defect::during(work, || decide(rule, values, sources)),
        Some(because) => undecided(rule, Verdict::Error, because),
    }
}

fn undecided(rule: &Rule, verdict: Verdict, because: String) -> Outcome {
    Outcome {
        rule: rule.id.clone(),
        verdict,
        because,
        evidence: Vec::new(),
    }
}

fn decide(rule: &Rule, values: &Values, sources: &Sources<'_>) -> Outcome {
    let unasked = |verdict, because| undecided(rule, verdict, because);
    let release = sources.release();
    if !rule.is_about(&release) {
        let because = format!("it is not about `{} {}`", release.id, release.version);
        return unasked(Verdict::NotApplicable, because);
    }
    match rule.when.as_ref().map(|when| holds(when, sources)) {
        None | Some(Ok(true)) => {}
        Some(Ok(false)) => {
            let because = "what it is about is not on this host".into();
            return unasked(Verdict::NotApplicable, because);
        }
        Some(Err(seen)) => return unasked(seen.verdict, seen.actual),
    }
    let values = match variable::in_force(rule, values) {
        Ok(values) => values,
        Err(unfit @ Unfit::Unset { .. }) => {
            return unasked(Verdict::NotAssessable, unfit.to_string());
        }
        // The default in its place would be a verdict that nobody asked for.
        Err(unfit @ Unfit::Refused { .. }) => return unasked(Verdict::Error, unfit.to_string()),
    };
    let mut evidence = Vec::new();
    let verdict = tree::judge(&rule.check, &values, sources, &mut evidence);
    if rule.redact {
        evidence.iter_mut().for_each(seen::redact);
    }
    let decisive = evidence
        .iter()
        .find(|e| e.verdict == verdict)
        .or(evidence.first());
    Outcome {
        rule: rule.id.clone(),
        verdict,
        because: decisive.map_or_else(String::new, |e| e.actual.clone()),
        evidence,
    }
}

/// Whether a rule is about this host; what was seen where that is not known.
fn holds(when: &Condition, sources: &Sources<'_>) -> Result<bool, Seen> {
    Ok(match when {
        Condition::All(of) => {
            for one in of {
                if !holds(one, sources)? {
                    return Ok(false);
                }
            }
            true
        }
        Condition::Any(of) => {
            for one in of {
                if holds(one, sources)? {
                    return Ok(true);
                }
            }
            false
        }
        Condition::Not(one) => !holds(one, sources)?,
        Condition::Package(name) => {
            let asked = shared::rule::check::Package {
                names: vec![name.clone()],
                must: Presence::Present,
            };
            match check::package::judge(&asked, sources) {
                seen if matches!(seen.verdict, Verdict::Pass | Verdict::Fail) => {
                    seen.verdict == Verdict::Pass
                }
                seen => return Err(seen),
            }
        }
        Condition::File(path) => match sources.metadata(path) {
            Ok(_) => true,
            Err(error) if error.is_absent() => false,
            Err(error) => return Err(Seen::unreadable(&error, "a file")),
        },
    })
}

#[cfg(test)]
mod tests;
