use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::rule::Severity;

use super::{
    state::{Deed, State},
    *,
};

fn firing(key: &str, host_no: i32, item: &str) -> Firing {
    Firing {
        key: key.into(),
        host_no: Some(host_no),
        item: item.into(),
        text: String::new(),
        severity: Severity::High,
    }
}

/// Subjects of open alerts, by alert; an alert that has none is closed.
type Book = BTreeMap<String, BTreeSet<(Option<i32>, String)>>;

fn open(book: &Book) -> Vec<Open> {
    let all = book.iter().flat_map(|(key, subjects)| {
        subjects.iter().map(move |(host_no, item)| Open {
            key: key.clone(),
            host_no: *host_no,
            item: item.clone(),
        })
    });
    all.collect()
}

/// Does what is told, as the tables would.
fn apply(book: &mut Book, firing: &[Firing], rests: &BTreeSet<i32>) -> usize {
    let before = open(book);
    let turns = reconcile(&before, firing, |host_no| rests.contains(&host_no));
    let changes = turns.len();
    for (key, turn) in turns {
        let subjects = book.entry(key.to_owned()).or_default();
        for one in turn.begun {
            assert!(subjects.insert((one.host_no, one.item.clone())));
        }
        for (host_no, item) in turn.ended {
            assert!(subjects.remove(&(host_no, item.to_owned())));
        }
        if subjects.is_empty() {
            book.remove(key);
        }
    }
    changes
}

fn some() -> impl Strategy<Value = Vec<Firing>> {
    let one = (0..3_usize, 1..5_i32, 0..2_usize);
    let one = one
        .prop_map(|(key, host_no, item)| firing(["a", "b", "c"][key], host_no, ["x", "y"][item]));
    prop::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn what_is_open_is_what_is_so_and_nothing_is_told_twice(
        looks in prop::collection::vec((some(), prop::collection::btree_set(1..5_i32, 0..2)), 1..8)
    ) {
        let mut book = Book::new();
        for (firing, rests) in looks {
            let before = open(&book);
            apply(&mut book, &firing, &rests);
            let now: BTreeSet<_> = open(&book).into_iter().map(|open| (open.key, open.host_no, open.item)).collect();
            let was: BTreeSet<_> = before.into_iter().map(|open| (open.key, open.host_no, open.item)).collect();
            let so: BTreeSet<_> = firing.iter().map(|one| (one.key.clone(), one.host_no, one.item.clone())).collect();
            let expected: BTreeSet<_> = so
                .into_iter()
                .filter(|of| was.contains(of) || !of.1.is_some_and(|host_no| rests.contains(&host_no)))
                .collect();
            prop_assert_eq!(now, expected);
            // A collector that starts anew and asks again changes nothing.
            prop_assert_eq!(apply(&mut book, &firing, &rests), 0);
        }
    }

    #[test]
    fn an_alert_that_has_ended_stays_so_and_no_deed_is_lost(deeds in prop::collection::vec(0..6_usize, 0..12)) {
        let all = [Deed::Acknowledge, Deed::Snooze, Deed::Wake, Deed::Dismiss, Deed::Grow, Deed::End];
        let mut state = State::Active;
        for deed in deeds.into_iter().map(|deed| all[deed]) {
            let Some(next) = state.after(deed) else {
                continue;
            };
            prop_assert_ne!(state, State::Resolved);
            let expected = match deed {
                Deed::Acknowledge => State::Acknowledged,
                Deed::Snooze => State::Snoozed,
                Deed::Wake => State::Active,
                Deed::Dismiss => State::Dismissed,
                Deed::Grow if state == State::Snoozed => State::Snoozed,
                Deed::Grow => State::Active,
                Deed::End => State::Resolved,
            };
            prop_assert_eq!(next, expected);
            prop_assert_eq!(State::named(next.name()), Some(next));
            state = next;
        }
    }
}

#[test]
fn figures_that_cannot_be_meant_are_refused_with_the_field() {
    let is_code = |code: &str| code == "port.opened";
    let event = |code: &str, minutes| Condition::Event {
        codes: vec![code.into()],
        minutes,
    };
    assert_eq!(event("port.opened", 60).check(is_code), Ok(()));
    for (condition, field) in [
        (event("port.open", 60), "codes"),
        (event("port.opened", 0), "minutes"),
        (
            Condition::Event {
                codes: Vec::new(),
                minutes: 1,
            },
            "codes",
        ),
        (
            Condition::ScoreDrop {
                points: 0,
                hours: 24,
            },
            "points",
        ),
        (Condition::ScoreBelow { percent: 101 }, "percent"),
        (Condition::Falling { days: 1 }, "days"),
        (Condition::Unreachable { seconds: 0 }, "seconds"),
        (
            Condition::Mass {
                hosts: 1,
                minutes: 60,
            },
            "hosts",
        ),
    ] {
        let refused = condition.check(is_code).unwrap_err();
        assert!(refused.starts_with(field), "{condition:?}: {refused}");
    }
}
