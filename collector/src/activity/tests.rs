use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

/// What a source answers: its newest rows behind a place.
fn asked(
    all: &BTreeSet<(DateTime<Utc>, i64)>,
    behind: Option<(DateTime<Utc>, i64)>,
    limit: usize,
) -> Vec<(DateTime<Utc>, i64)> {
    let rows = all
        .iter()
        .rev()
        .filter(|row| behind.is_none_or(|behind| **row < behind));
    rows.take(limit).copied().collect()
}

#[test]
fn each_code_of_events_has_one_source_or_is_liveness() {
    let (facts, rules) = (Source::Event.codes(), Source::Verdict.codes());
    let both: BTreeSet<_> = facts.iter().chain(&rules).collect();
    assert_eq!(both.len(), facts.len() + rules.len());
    let left: Vec<_> = Code::ALL
        .iter()
        .map(|(code, ..)| code.name())
        .filter(|code| !both.contains(code))
        .collect();
    assert_eq!(
        left,
        [
            "host.unreachable",
            "host.agent_killed",
            "host.left",
            "host.recovered"
        ]
    );
    assert_eq!(Source::Audit.codes(), [""; 0]);
}

proptest! {
    /// Few instants, so that most entries share theirs with others of all sources.
    #[test]
    fn pages_lose_nothing_and_tell_nothing_twice(
        rows in prop::collection::btree_set((0..6_usize, 0..5_i64, 0..8_i64), 0..120),
        limit in 1..9_usize,
    ) {
        let of = |source: usize| -> BTreeSet<_> {
            let rows = rows.iter().filter(|(of, ..)| *of == source);
            rows.map(|(_, second, key)| (at(*second), *key)).collect()
        };
        let sources: Vec<_> = (0..6).map(of).collect();
        let mut told = Vec::new();
        let mut after: Option<Place> = None;
        loop {
            let pages = sources.iter().zip(Source::ALL).map(|(rows, source)| {
                let behind = after.map(|after| after.behind(source));
                let rows = asked(rows, behind, limit + 1).into_iter();
                rows.map(|(at, key)| Place { at, source, key }).collect::<Vec<_>>()
            });
            let mut page = merge(pages.collect(), |place| *place, limit + 1);
            let more = page.len() > limit;
            page.truncate(limit);
            after = page.last().copied();
            told.extend(page);
            if !more {
                break;
            }
        }
        // The naive feed: everything, sorted.
        let all = sources.iter().zip(Source::ALL).flat_map(|(rows, source)| {
            rows.iter().map(move |(at, key)| (std::cmp::Reverse(*at), source, std::cmp::Reverse(*key)))
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        let told: Vec<_> = told.into_iter()
            .map(|place| (std::cmp::Reverse(place.at), place.source, std::cmp::Reverse(place.key)))
            .collect();
        prop_assert_eq!(told, all);
    }
}
