use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::rule::{Severity, result::Verdict};
use uuid::Uuid;

use super::{
    state::{Cause, Explanation, Planned, State, explain},
    *,
};
use crate::{event::events, maintenance::Window};

const VERDICTS: [Verdict; 6] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Error,
    Verdict::NotApplicable,
    Verdict::NotAssessable,
    Verdict::Manual,
];

fn told(kind: &str, key: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<Drift> {
    let of = Transition {
        kind,
        key,
        before,
        after,
    };
    drifts(of, &events(of, |_| Some(Severity::High)))
}

fn result(verdict: Verdict, content: &str, actual: &str, offenders: &[&str]) -> Value {
    json!({"verdict": verdict, "because": format!("it is {actual}"), "content": content, "evidence": [{
        "check": "file", "verdict": verdict, "read": [], "expected": "x", "actual": actual,
        "offenders": offenders, "offenders_total": offenders.len()}]})
}

#[test]
fn each_name_leads_back() {
    for sort in Sort::ALL {
        assert_eq!(Sort::named(sort.name()), Some(*sort));
    }
    for level in Level::ALL {
        assert_eq!(Level::of_number(level.number()), *level);
    }
    assert_eq!(State::named("resolved"), None);
    assert_eq!(Direction::Worse.to_string(), "worse");
}

#[test]
fn another_verdict_is_drift_of_the_rule_with_whichever_profile() {
    let (pass, fail) = (
        result(Verdict::Pass, "1", "no", &[]),
        result(Verdict::Fail, "1", "yes", &[]),
    );
    let drift = told("result", "root@strict", Some(&pass), Some(&fail));
    assert_eq!(drift.len(), 1);
    let one = &drift[0];
    assert_eq!(
        (one.about.sort, one.about.direction, &*one.about.subject),
        (Sort::Verdict, Direction::Worse, "root")
    );
    assert_eq!(
        (one.code, one.severity, one.rule_changed),
        (Code::RESULT_FAILED, Severity::High, false)
    );
    // Another story than its mending, the same as of the plain rule.
    let back = told("result", "root", Some(&fail), Some(&pass));
    assert_eq!(back[0].about.direction, Direction::Better);
    assert_ne!(back[0].about, one.about);
    assert_eq!(
        told("result", "root", Some(&pass), Some(&fail))[0].about,
        one.about
    );
    let of_new_content = result(Verdict::Fail, "2", "yes", &[]);
    assert!(told("result", "root", Some(&pass), Some(&of_new_content))[0].rule_changed);
    // What content brings and takes away.
    assert_eq!(told("result", "root", None, Some(&fail)), []);
    assert_eq!(told("result", "root", Some(&fail), None), []);
}

#[test]
fn the_same_verdict_of_something_else_is_drift_of_a_value_and_another_order_is_none() {
    let one = result(Verdict::Fail, "1", "two files", &["/a", "/b"]);
    let turned = result(Verdict::Fail, "2", "two files", &["/b", "/a"]);
    assert_eq!(told("result", "files", Some(&one), Some(&turned)), []);
    let more = result(Verdict::Fail, "1", "two files", &["/a", "/c"]);
    let drift = told("result", "files", Some(&one), Some(&more));
    assert_eq!(
        (drift[0].about.sort, drift[0].about.direction),
        (Sort::Value, Direction::Neutral)
    );
    let (low, high) = (
        result(Verdict::Pass, "1", "60", &[]),
        result(Verdict::Pass, "1", "90", &[]),
    );
    assert_eq!(
        told("result", "age", Some(&low), Some(&high))[0].about.sort,
        Sort::Value
    );
}

#[test]
fn what_somebody_set_up_is_drift_and_what_comes_and_goes_is_none() {
    let package = |version: &str| json!({"version": version});
    let drift = told("package", "nginx", None, Some(&package("1")));
    assert_eq!(
        (
            drift[0].about.sort,
            drift[0].about.act,
            &*drift[0].about.subject
        ),
        (Sort::Fact, "package.installed", "nginx")
    );
    let gone = told("package", "nginx", Some(&package("1")), None);
    assert_ne!(gone[0].about, drift[0].about);
    let (plain, root) = (
        json!({"uid": 1000}),
        json!({"uid": 0, "sudo": {"all": true}}),
    );
    let acts: Vec<_> = told("user", "eve", Some(&plain), Some(&root))
        .iter()
        .map(|drift| drift.about.act)
        .collect();
    assert_eq!(acts, ["user.is_root", "user.sudo_granted"]);
    let service =
        |active: &str, file: &str| json!({"active_state": active, "unit_file_state": file});
    let (up, down) = (service("active", "enabled"), service("inactive", "enabled"));
    assert_eq!(told("service", "cron", Some(&up), Some(&down)), []);
    let off = service("active", "disabled");
    assert_eq!(
        told("service", "cron", Some(&up), Some(&off))[0].code,
        Code::SERVICE_DISABLED
    );
    let (few, many) = (json!({"failed_count": 1}), json!({"failed_count": 99}));
    assert_eq!(told("login", "eve", Some(&few), Some(&many)), []);
}

#[test]
fn a_fall_is_told_in_hundredths_and_of_nothing_there_is_none() {
    assert_eq!(fall((90, 10), (80, 20)), 1000);
    assert_eq!(fall((80, 20), (90, 10)), -1000);
    assert_eq!(fall((0, 0), (1, 9)), 0);
    assert_eq!(fall((1, 9), (0, 0)), 0);
    assert_eq!(fall((i32::MAX, 0), (0, i32::MAX)), 10_000);
}

#[test]
fn a_level_begins_with_its_figure() {
    let limits = Limits::default();
    for (direction, fall, level) in [
        (Direction::Worse, 499, Level::None),
        (Direction::Worse, 500, Level::Minor),
        (Direction::Worse, 999, Level::Minor),
        (Direction::Worse, 1000, Level::Major),
        (Direction::Worse, -5000, Level::None),
        (Direction::Better, -499, Level::None),
        (Direction::Better, -500, Level::Minor),
        (Direction::Better, 5000, Level::None),
        (Direction::Neutral, 5000, Level::None),
    ] {
        assert_eq!(
            Level::of(direction, fall, &limits),
            level,
            "{direction} {fall}"
        );
    }
}

fn start() -> DateTime<Utc> {
    "2026-03-03T12:00:00Z".parse().unwrap()
}

#[test]
fn a_rollout_explains_before_a_window_and_the_first_window_before_others() {
    let open = |n: u128, from: i64, to: i64| Planned {
        id: Uuid::from_u128(n),
        reason: format!("window {n}"),
        window: Window {
            from: start() + TimeDelta::minutes(from),
            to: Some(start() + TimeDelta::minutes(to)),
            weekly: None,
        },
    };
    let rollout = Explanation {
        cause: Cause::Rollout,
        id: Uuid::from_u128(9),
        name: "serial 2".into(),
    };
    let windows = [open(3, 0, 10), open(2, 5, 20), open(1, -60, -30)];
    let at = |minutes: i64| start() + TimeDelta::minutes(minutes);
    let by = |minutes, rollout: Option<&Explanation>| {
        explain(at(minutes), rollout.cloned(), &windows).map(|found| found.name)
    };
    assert_eq!(by(7, None).unwrap(), "window 2");
    assert_eq!(by(2, None).unwrap(), "window 3");
    assert_eq!(by(20, None), None);
    assert_eq!(by(7, Some(&rollout)).unwrap(), "serial 2");
    assert_eq!(by(99, Some(&rollout)).unwrap(), "serial 2");
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop::sample::select(VERDICTS.to_vec())
}

proptest! {
    #[test]
    fn to_fail_is_worse_to_pass_is_never_and_back_is_never_the_same_way(one in verdicts(), other in verdicts()) {
        let (there, back) = (direction(one, other), direction(other, one));
        if one == other {
            prop_assert_eq!(there, Direction::Neutral);
        }
        if one != other && other == Verdict::Fail {
            prop_assert_eq!(there, Direction::Worse);
        }
        if other == Verdict::Pass {
            prop_assert_ne!(there, Direction::Worse);
        }
        if there == Direction::Better {
            prop_assert!(matches!(other, Verdict::Pass | Verdict::NotApplicable));
            prop_assert_eq!(back, Direction::Worse);
        }
        if there != Direction::Neutral {
            prop_assert_ne!(there, back);
        }
    }

    #[test]
    fn more_of_a_fall_never_matters_less(fall in -10_000..10_000_i32, more in 0..10_000_i32, minor in 1..=100_u32, above in 0..=99_u32, better in 1..=100_u32) {
        let limits = Limits { minor, major: (minor + above).min(100), better, ..Limits::default() };
        let of = |direction, fall| Level::of(direction, fall, &limits);
        prop_assert!(of(Direction::Worse, fall) <= of(Direction::Worse, fall.saturating_add(more)));
        prop_assert!(of(Direction::Better, fall) >= of(Direction::Better, fall.saturating_add(more)));
        prop_assert_eq!(of(Direction::Neutral, fall), Level::None);
    }

    /// Deeds and growth in any order, held against the sets of changes that they leave.
    #[test]
    fn a_story_stands_as_its_changes_do(deeds in prop::collection::vec(0..4_u8, 0..30)) {
        let (mut open, mut seen, mut explained) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (n, deed) in deeds.into_iter().enumerate() {
            match deed {
                0 => drop(open.insert(n)),
                1 => drop(explained.insert(n)),
                2 => seen.append(&mut open),
                _ => open.append(&mut seen),
            }
            let state = State::of(!open.is_empty(), !seen.is_empty());
            prop_assert_eq!(state == State::Unexplained, !open.is_empty());
            prop_assert_eq!(state == State::Acknowledged, open.is_empty() && !seen.is_empty());
            if !explained.is_empty() && open.is_empty() && seen.is_empty() {
                prop_assert_eq!(state, State::Expected);
            }
        }
    }

    /// What a window explains is what happened while it was open, whatever else was.
    #[test]
    fn a_change_is_explained_if_and_only_if_a_window_was_open(
        at in 0..100_i64,
        windows in prop::collection::vec((0..100_i64, 1..50_i64), 0..6),
    ) {
        let minute = |n: i64| start() + TimeDelta::minutes(n);
        let planned: Vec<_> = windows.iter().enumerate().map(|(n, (from, long))| Planned {
            id: Uuid::from_u128(n as u128),
            reason: String::new(),
            window: Window { from: minute(*from), to: Some(minute(from + long)), weekly: None },
        }).collect();
        let found = explain(minute(at), None, &planned).map(|found| found.id);
        let naive = windows.iter().position(|(from, long)| *from <= at && at < from + long);
        prop_assert_eq!(found, naive.map(|n| Uuid::from_u128(n as u128)));
    }
}
