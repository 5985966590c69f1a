use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn person(n: u8) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

fn begin() -> DateTime<Utc> {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, Option<u8>, u32)>> {
    let deed = prop_oneof![
        Just(Deed::Approve),
        Just(Deed::Reject),
        Just(Deed::Withdraw),
        Just(Deed::Revoke),
        Just(Deed::Renew),
        Just(Deed::Replace),
    ];
    // Up to six days between two, so that those of a few days expire on the way.
    let step = (deed, proptest::option::of(0..4_u8), 0..500_000_u32);
    proptest::collection::vec(step, 0..12)
}

#[test]
fn every_state_is_found_by_its_name() {
    for (state, name) in NAMES {
        assert_eq!((state.name(), State::named(name)), (name, Some(state)));
    }
    assert_eq!(State::named("open"), None);
}

#[test]
fn it_counts_from_its_approval_to_the_microsecond_before_its_end() {
    let (now, micro) = (begin(), TimeDelta::microseconds(1));
    let asked = Standing::requested(person(0), 1);
    assert!(!asked.counts(now));
    let waiver = asked.after(Deed::Approve, Some(person(1)), now).unwrap();
    let end = now + TimeDelta::days(1);
    assert_eq!(waiver.expires_at, Some(end));
    assert!(!waiver.counts(now - micro) && waiver.counts(now));
    assert!(waiver.counts(end - micro) && !waiver.counts(end));
    assert_eq!(waiver.state(end - micro), State::Approved);
    assert_eq!(waiver.state(end), State::Expired);
    let gone = waiver.after(Deed::Revoke, Some(person(0)), now + TimeDelta::hours(1));
    let gone = gone.unwrap();
    assert!(gone.counts(now + TimeDelta::hours(1) - micro));
    assert!(!gone.counts(now + TimeDelta::hours(1)));
    assert_eq!(gone.state(end), State::Revoked);
}

proptest! {
    /// Whatever is tried by whom and when.
    #[test]
    fn nobody_decides_what_they_asked_for_and_what_counted_counts(days in 1..10_i32, deeds in deeds()) {
        let mut waiver = Standing::requested(person(0), days);
        let mut now = begin();
        let mut seen: Vec<(DateTime<Utc>, bool)> = Vec::new();
        for (deed, who, after) in deeds {
            let then = now;
            now += TimeDelta::seconds(after.into());
            let before = waiver.state(now);
            // Time alone does nothing but let it expire.
            let passed = (waiver.state(then), before);
            prop_assert!(passed.0 == passed.1 || passed == (State::Approved, State::Expired));
            prop_assert_eq!(waiver.counts(now), before == State::Approved);
            match waiver.after(deed, who.map(person), now) {
                Err(Refusal::StandsSo(state)) => prop_assert_eq!(state, before),
                Err(Refusal::Own) => {
                    prop_assert!(matches!(deed, Deed::Approve | Deed::Reject));
                    prop_assert!(who.is_none() || who == Some(0));
                }
                Err(Refusal::NotOwn) => prop_assert!(deed == Deed::Withdraw && who != Some(0)),
                Ok(next) => {
                    let after = next.state(now);
                    let decides = matches!(deed, Deed::Approve | Deed::Reject);
                    prop_assert!(!decides || who.is_some_and(|who| who != 0));
                    prop_assert!(deed != Deed::Withdraw || who == Some(0));
                    let leads = match before {
                        State::Requested => decides || deed == Deed::Withdraw,
                        State::Approved => matches!(deed, Deed::Revoke | Deed::Renew | Deed::Replace),
                        State::Expired => deed == Deed::Renew,
                        State::Rejected | State::Withdrawn | State::Revoked | State::Renewed => false,
                    };
                    prop_assert!(leads, "{before} {deed:?}");
                    prop_assert_eq!(deed == Deed::Renew, waiver == next);
                    prop_assert_eq!(next.counts(now), after == State::Approved);
                    if deed == Deed::Approve {
                        prop_assert_eq!(next.expires_at, Some(now + TimeDelta::days(days.into())));
                    }
                    waiver = next;
                }
            }
            // What is done later changes nothing of before.
            for (at, counted) in &seen {
                prop_assert_eq!(waiver.counts(*at), *counted);
            }
            seen.push((now - TimeDelta::microseconds(1), waiver.counts(now - TimeDelta::microseconds(1))));
        }
    }
}
