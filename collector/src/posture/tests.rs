use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use shared::rule::{Severity, result::Verdict, variable::Values};

use super::*;

const RULES: [(&str, Severity); 4] = [
    ("a", Severity::Critical),
    ("b", Severity::High),
    ("c", Severity::Medium),
    ("d", Severity::Info),
];

fn lenses() -> Lenses {
    let sets = vec![
        (Lens::All, BTreeSet::from(["a", "b", "c", "d"])),
        (Lens::Framework("f".into()), BTreeSet::from(["a", "b"])),
        (Lens::Profile("p".into()), BTreeSet::from(["b", "c"])),
        (Lens::Profile("q".into()), BTreeSet::from(["c", "d"])),
    ];
    Lenses::with(sets, &RULES.into_iter().collect())
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn values(number: i64) -> Values {
    serde_json::from_value(serde_json::json!({ "v": number })).unwrap()
}

/// The profile `q` wants 2, every other 1.
fn wanted(profile: &str, _rule: &str) -> Option<Values> {
    Some(values(if profile == "q" { 2 } else { 1 }))
}

fn told(key: &str, verdict: Verdict, from: i64, to: Option<i64>) -> Told {
    Told {
        key: key.into(),
        verdict: Some(verdict),
        values: Values::default(),
        from: at(from),
        to: to.map(at),
    }
}

/// The counts of a lens at an instant, by the changes.
fn after(changes: &[Change], lens: usize, at: DateTime<Utc>) -> Counts {
    let of = changes
        .iter()
        .filter(|change| change.lens == lens && change.at <= at);
    of.last()
        .map_or_else(Counts::default, |change| change.counts)
}

/// The same, by going over everything that was told.
fn naive(lenses: &Lenses, told: &[Told], lens: usize, at: DateTime<Utc>) -> Counts {
    let mut counts = Counts::default();
    for (rule, severity) in RULES {
        let seen = lenses.rules.get(rule);
        if !seen.is_some_and(|(_, places)| places.contains(&lens)) {
            continue;
        }
        let now: Vec<&Told> = told
            .iter()
            .filter(|told| told.key.split('@').next() == Some(rule))
            .filter(|told| told.from <= at && told.to.is_none_or(|to| at < to))
            .collect();
        let plain = now.iter().find(|told| told.key == rule);
        let one = match &lenses.all()[lens] {
            Lens::Profile(profile) if now.len() > 1 || plain.is_none() => now
                .iter()
                .find(|told| Some(&told.values) == wanted(profile, rule).as_ref())
                .or_else(|| {
                    now.iter()
                        .find(|told| told.key == format!("{rule}@{profile}"))
                })
                .or(plain),
            _ => plain,
        };
        if let Some(told) = one {
            counts.add(told.verdict, severity, 1);
        }
    }
    counts
}

#[test]
fn a_score_is_what_passes_of_what_passes_and_fails_and_there_is_none_of_nothing() {
    assert_eq!(score(3, 1), Some(75.0));
    assert_eq!(score(0, 5), Some(0.0));
    assert_eq!(score(0, 0), None);
}

#[test]
fn each_verdict_counts_where_it_belongs_and_by_its_severity() {
    let told = [
        told("a", Verdict::Fail, 1, None),
        told("b", Verdict::Pass, 1, None),
        told("c", Verdict::NotApplicable, 1, None),
        told("d", Verdict::Manual, 1, None),
        told("not in the content", Verdict::Fail, 1, None),
    ];
    let known = BTreeMap::new();
    let changes = sweep(&lenses(), &told, None, &known, at(9), wanted);
    let counts = after(&changes, 0, at(1));
    let expected = Counts {
        passed: 1,
        failed: 1,
        not_applicable: 1,
        manual: 1,
        weight_passed: 6,
        weight_failed: 10,
        failed_critical: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn a_profile_sees_the_result_with_its_values() {
    let with = |key: &str, verdict, number| Told {
        values: values(number),
        ..told(key, verdict, 1, None)
    };
    let told = [
        with("c", Verdict::Pass, 1),
        with("c@other", Verdict::Fail, 2),
    ];
    let changes = sweep(&lenses(), &told, None, &BTreeMap::new(), at(9), wanted);
    assert_eq!(after(&changes, 2, at(1)).passed, 1);
    assert_eq!(after(&changes, 3, at(1)).failed, 1);
}

#[test]
fn where_other_rules_count_all_lenses_begin_anew_and_the_past_stays() {
    let told = [
        told("a", Verdict::Fail, 1, None),
        told("b", Verdict::Pass, 2, None),
    ];
    let counted = Counts {
        failed: 7,
        ..Counts::default()
    };
    let known = BTreeMap::from([(0, counted), (1, counted)]);
    let changes = sweep(&lenses(), &told, Some(at(2)), &known, at(9), wanted);
    assert!(
        changes.iter().all(|change| change.at == at(9)),
        "{changes:?}"
    );
    assert_eq!(after(&changes, 0, at(9)).failed, 1);
    // And when something is told before that, with it, once a lens.
    let more = [
        told.to_vec(),
        vec![super::tests::told("c", Verdict::Fail, 5, None)],
    ]
    .concat();
    let changes = sweep(&lenses(), &more, Some(at(2)), &known, at(9), wanted);
    assert!(
        changes.iter().all(|change| change.at == at(5)),
        "{changes:?}"
    );
    let lenses: BTreeSet<usize> = changes.iter().map(|change| change.lens).collect();
    assert_eq!(lenses.len(), changes.len());
}

/// Intervals of each key that follow each other, some with a hole between.
fn history() -> impl Strategy<Value = Vec<Told>> {
    let keys = ["a", "b", "c", "c@q", "d", "d@other", "b@p"];
    let verdicts = prop::sample::select(vec![
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Error,
        Verdict::NotApplicable,
        Verdict::NotAssessable,
        Verdict::Manual,
    ]);
    let step = (1..6_i64, 0..3_i64, verdicts, 1..3_i64);
    let of_key = prop::collection::vec(step, 0..6);
    prop::collection::vec(of_key, keys.len()).prop_map(move |all| {
        let mut told = Vec::new();
        for (key, steps) in keys.into_iter().zip(all) {
            let (mut from, last) = (1, steps.len());
            for (n, (lasts, hole, verdict, number)) in steps.into_iter().enumerate() {
                let to = (n + 1 < last || number == 1).then_some(from + lasts);
                told.push(Told {
                    values: values(number),
                    ..super::tests::told(key, verdict, from, to)
                });
                from += lasts + hole;
            }
        }
        told
    })
}

proptest! {
    #[test]
    fn at_every_instant_it_is_what_going_over_everything_comes_to(told in history(), cut in 0..30_i64) {
        let lenses = lenses();
        let whole = sweep(&lenses, &told, None, &BTreeMap::new(), at(99), wanted);
        // In two parts: what was told up to an instant first.
        let until: Vec<Told> = told
            .iter()
            .filter(|told| told.from <= at(cut))
            .map(|told| Told { to: told.to.filter(|to| *to <= at(cut)), ..told.clone() })
            .collect();
        let mut parts = sweep(&lenses, &until, None, &BTreeMap::new(), at(99), wanted);
        let known = (0..lenses.all().len()).map(|lens| (lens, after(&parts, lens, at(cut))));
        let rest: Vec<Told> = told
            .iter()
            .filter(|told| told.to.is_none_or(|to| to > at(cut)))
            .cloned()
            .collect();
        parts.extend(sweep(&lenses, &rest, Some(at(cut)), &known.collect(), at(99), wanted));
        for lens in 0..lenses.all().len() {
            for second in 0..60 {
                let expected = naive(&lenses, &told, lens, at(second));
                prop_assert_eq!(after(&whole, lens, at(second)), expected);
                prop_assert_eq!(after(&parts, lens, at(second)), expected);
            }
        }
        // Nothing is told that is not another.
        let mut last = BTreeMap::new();
        for change in &whole {
            let before = last.insert(change.lens, change.counts).unwrap_or_default();
            prop_assert_ne!(before, change.counts);
        }
    }
}
