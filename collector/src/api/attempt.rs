//! How often a password may be guessed.
//!
//! An attempt counts before it is checked, so that a hundred at once are not a hundred guesses,
//! and is forgiven when it succeeds. Kept in memory: a restart forgets, which gives an attacker
//! who can restart the collector five guesses more.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Mutex,
};

use chrono::{DateTime, TimeDelta, Utc};

/// Failures that are let pass within [`WINDOW`].
const ALLOWED: usize = 5;
/// How long a failure counts.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Names and addresses that are remembered; the one whose last failure is oldest makes room.
const REMEMBERED: usize = 10_000;

/// So much of a name is remembered, characters.
const LONGEST: usize = 64;

/// What failures are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Name(String),
    Address(IpAddr),
}

/// The recent failures.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Subject, VecDeque<DateTime<Utc>>>>);

/// An attempt that has been counted as a failure.
#[derive(Debug)]
pub(crate) struct Attempt {
    subjects: Vec<Subject>,
    at: DateTime<Utc>,
}

impl Attempts {
    /// Counts an attempt to sign in as `name` from `address`.
    ///
    /// # Errors
    /// How many seconds to wait, when there were too many.
    pub(crate) fn begin(
        &self,
        name: &str,
        address: Option<IpAddr>,
        at: DateTime<Utc>,
    ) -> Result<Attempt, u64> {
        // No account has a longer one, and what is remembered is bounded.
        let name = name.to_lowercase().chars().take(LONGEST).collect();
        let name = Subject::Name(name);
        self.count([Some(name), of(address)], at)
    }

    /// Counts an attempt from `address` at what has no name.
    ///
    /// # Errors
    /// How many seconds to wait, when there were too many.
    pub(crate) fn begin_unnamed(
        &self,
        address: Option<IpAddr>,
        at: DateTime<Utc>,
    ) -> Result<Attempt, u64> {
        self.count([None, of(address)], at)
    }

    fn count(&self, subjects: [Option<Subject>; 2], at: DateTime<Utc>) -> Result<Attempt, u64> {
        let mut failures = self.0.lock().expect("no panic while held");
        let subjects: Vec<_> = subjects.into_iter().flatten().collect();
        let wait = subjects
            .iter()
            .filter_map(|subject| wait(failures.get_mut(subject)?, at))
            .max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for subject in &subjects {
            if failures.len() >= REMEMBERED && !failures.contains_key(subject) {
                forget_one(&mut failures, at);
            }
            failures.entry(subject.clone()).or_default().push_back(at);
        }
        Ok(Attempt { subjects, at })
    }

    /// The attempt was right as far as it went: it does not count, and all others still do.
    pub(crate) fn withdraw(&self, attempt: &Attempt) {
        let mut failures = self.0.lock().expect("no panic while held");
        for subject in &attempt.subjects {
            withdraw(&mut failures, subject, attempt.at);
        }
    }

    /// The attempt was no guess: the name's failures are forgotten, the address keeps its others,
    /// or whoever has one account could guess at all the others for ever.
    pub(crate) fn forgive(&self, attempt: &Attempt) {
        let mut failures = self.0.lock().expect("no panic while held");
        for subject in &attempt.subjects {
            match subject {
                Subject::Name(_) => {
                    failures.remove(subject);
                }
                Subject::Address(_) => withdraw(&mut failures, subject, attempt.at),
            }
        }
    }
}

fn withdraw(
    failures: &mut HashMap<Subject, VecDeque<DateTime<Utc>>>,
    subject: &Subject,
    at: DateTime<Utc>,
) {
    let Some(times) = failures.get_mut(subject) else {
        return;
    };
    if let Some(index) = times.iter().rposition(|time| *time == at) {
        times.remove(index);
    }
    if times.is_empty() {
        failures.remove(subject);
    }
}

/// Drops what no longer counts; the seconds to wait when too much is left.
fn wait(times: &mut VecDeque<DateTime<Utc>>, at: DateTime<Utc>) -> Option<u64> {
    times.retain(|time| *time + WINDOW > at);
    if times.len() < ALLOWED {
        return None;
    }
    let free = *times.front()? + WINDOW - at;
    // Whoever waits so long is not too early.
    let seconds = free.num_seconds() + i64::from(free.subsec_nanos() > 0);
    u64::try_from(seconds).ok()
}

fn forget_one(failures: &mut HashMap<Subject, VecDeque<DateTime<Utc>>>, at: DateTime<Utc>) {
    failures.retain(|_, times| times.back().is_some_and(|last| *last + WINDOW > at));
    if failures.len() >= REMEMBERED {
        let oldest = failures
            .iter()
            .min_by_key(|(_, times)| times.back().copied());
        if let Some(oldest) = oldest.map(|(subject, _)| subject.clone()) {
            failures.remove(&oldest);
        }
    }
}

fn of(address: Option<IpAddr>) -> Option<Subject> {
    address.map(network).map(Subject::Address)
}

/// Whoever has one IPv6 address has the 2^64 of its network.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_sixth_failure_for_a_name_waits_until_the_first_is_old() {
        let attempts = Attempts::default();
        for n in 0..5 {
            let at = NOW + TimeDelta::minutes(n);
            attempts
                .begin("root", from(&format!("192.0.2.{n}")), at)
                .unwrap();
        }
        let at = NOW + TimeDelta::minutes(5);
        assert_eq!(attempts.begin("Root", None, at).unwrap_err(), 600);
        assert!(attempts.begin("other", None, at).is_ok());
        assert!(attempts.begin("root", None, NOW + WINDOW).is_ok());
    }

    #[test]
    fn one_network_may_not_try_name_after_name() {
        let attempts = Attempts::default();
        for n in 0..5 {
            let address = from(&format!("2001:db8::{n}"));
            attempts.begin(&format!("user{n}"), address, NOW).unwrap();
        }
        assert!(
            attempts
                .begin("user9", from("2001:db8::ffff"), NOW)
                .is_err()
        );
        assert!(
            attempts
                .begin("user9", from("2001:db8:0:1::1"), NOW)
                .is_ok()
        );
    }

    #[test]
    fn success_forgives_the_name_but_not_the_address() {
        let attempts = Attempts::default();
        for _ in 0..4 {
            attempts.begin("alice", from("192.0.2.1"), NOW).unwrap();
        }
        let success = attempts.begin("alice", from("192.0.2.1"), NOW).unwrap();
        attempts.forgive(&success);
        assert!(attempts.begin("alice", from("192.0.2.1"), NOW).is_ok());
        assert!(attempts.begin("alice", from("192.0.2.1"), NOW).is_err());
        assert!(attempts.begin("alice", from("192.0.2.2"), NOW).is_ok());
    }

    #[test]
    fn what_was_right_as_far_as_it_went_takes_no_failure_back() {
        let attempts = Attempts::default();
        for _ in 0..4 {
            attempts.begin("alice", from("192.0.2.1"), NOW).unwrap();
            let half = attempts.begin("alice", from("192.0.2.1"), NOW).unwrap();
            attempts.withdraw(&half);
        }
        attempts.begin("alice", from("192.0.2.1"), NOW).unwrap();
        assert!(attempts.begin("alice", None, NOW).is_err());
        assert!(attempts.begin("bob", from("192.0.2.1"), NOW).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..REMEMBERED + 10 {
            attempts.begin(&format!("user{n}"), None, NOW).unwrap();
        }
        assert_eq!(attempts.0.lock().unwrap().len(), REMEMBERED);
    }
}
