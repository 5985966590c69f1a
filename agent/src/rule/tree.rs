//! How verdicts of several checks make one. Pure but for the checks themselves.

use shared::rule::{
    Check,
    result::{Evidence, Verdict},
    variable::Values,
};

use super::{check, seen::Seen, source::Sources};

/// The verdict of `asked`; what each check within saw is added to `evidence`.
pub(super) fn judge(
    asked: &Check,
    values: &Values,
    sources: &Sources<'_>,
    evidence: &mut Vec<Evidence>,
) -> Verdict {
    let mut of = |checks: &[Check]| -> Vec<Verdict> {
        checks
            .iter()
            .map(|one| judge(one, values, sources, evidence))
            .collect()
    };
    match asked {
        Check::All(checks) => all(&of(checks)),
        Check::Any(checks) => at_least(1, &of(checks)),
        Check::AtLeast(at) => at_least(at.count, &of(&at.of)),
        Check::Not(check) => not(of(std::slice::from_ref(&**check))[0]),
        Check::Manual(what) => {
            evidence.push(
                Seen::verdict(Verdict::Manual, "a person's judgement", what).evidence("manual"),
            );
            Verdict::Manual
        }
        Check::Sca(asked) => check::sca::judge(asked, sources, evidence),
        asked => {
            let seen = check::judge(asked, values, sources);
            let verdict = seen.verdict;
            evidence.push(seen.evidence(asked.name()));
            verdict
        }
    }
}

/// One that fails decides. What is not applicable asks nothing.
fn all(verdicts: &[Verdict]) -> Verdict {
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    if has(Verdict::Fail) {
        return Verdict::Fail;
    }
    undecided(verdicts).unwrap_or(if has(Verdict::Pass) {
        Verdict::Pass
    } else {
        Verdict::NotApplicable
    })
}

/// So many that pass decide; so does that it can no longer be so many.
fn at_least(count: usize, verdicts: &[Verdict]) -> Verdict {
    let number = |verdict: Verdict| verdicts.iter().filter(|one| **one == verdict).count();
    let passes = number(Verdict::Pass);
    if passes >= count {
        return Verdict::Pass;
    }
    let open = verdicts.len() - passes - number(Verdict::Fail) - number(Verdict::NotApplicable);
    if passes + open >= count {
        return undecided(verdicts).unwrap_or(Verdict::Error);
    }
    if number(Verdict::NotApplicable) == verdicts.len() {
        return Verdict::NotApplicable;
    }
    Verdict::Fail
}

fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Pass => Verdict::Fail,
        Verdict::Fail => Verdict::Pass,
        other => other,
    }
}

/// Why it is not decided, if something in it is not.
fn undecided(verdicts: &[Verdict]) -> Option<Verdict> {
    let order = [Verdict::Error, Verdict::NotAssessable, Verdict::Manual];
    order.into_iter().find(|verdict| verdicts.contains(verdict))
}

#[cfg(test)]
mod tests {
    use Verdict::{Error, Fail, Manual, NotApplicable, NotAssessable, Pass};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_not_be_seen_is_never_a_pass() {
        assert_eq!(all(&[Pass, Error]), Error);
        assert_eq!(all(&[Pass, NotAssessable]), NotAssessable);
        assert_eq!(all(&[Fail, Error]), Fail, "whatever the other is");
        assert_eq!(at_least(1, &[Fail, Error]), Error, "the other might pass");
        assert_eq!(at_least(1, &[Pass, Error]), Pass);
        assert_eq!(not(Error), Error);
    }

    #[test]
    fn what_is_not_applicable_counts_for_nothing() {
        assert_eq!(all(&[NotApplicable, Pass]), Pass);
        assert_eq!(all(&[NotApplicable, NotApplicable]), NotApplicable);
        assert_eq!(at_least(1, &[NotApplicable, NotApplicable]), NotApplicable);
        assert_eq!(at_least(1, &[NotApplicable, Fail]), Fail);
        assert_eq!(at_least(2, &[Pass, NotApplicable]), Fail);
        assert_eq!(at_least(2, &[Pass, Manual]), Manual);
    }

    fn any_verdict() -> impl Strategy<Value = Verdict> {
        prop::sample::select(vec![
            Pass,
            Fail,
            Error,
            NotApplicable,
            NotAssessable,
            Manual,
        ])
    }

    proptest! {
        /// Whatever an undecided part turns out to be, a verdict that was given stands.
        #[test]
        fn a_pass_or_fail_does_not_depend_on_what_was_not_decided(
            verdicts in prop::collection::vec(any_verdict(), 1..6),
            turns_out in prop::collection::vec(prop::bool::ANY, 6),
            count in 1_usize..4,
        ) {
            let decided: Vec<_> = verdicts.iter().zip(turns_out).map(|(verdict, pass)| match verdict {
                Error | NotAssessable | Manual => if pass { Pass } else { Fail },
                other => *other,
            }).collect();
            for (before, after) in [
                (all(&verdicts), all(&decided)),
                (at_least(count, &verdicts), at_least(count, &decided)),
            ] {
                if matches!(before, Pass | Fail) {
                    prop_assert_eq!(before, after);
                }
            }
        }
    }
}
