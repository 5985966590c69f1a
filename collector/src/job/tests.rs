use proptest::prelude::*;

use super::*;

const QUEUE: Queue = Queue {
    name: "test",
    at_once: 1,
    max_attempts: 5,
    first: Duration::from_secs(10),
    most: Duration::from_secs(60),
};

fn now() -> DateTime<Utc> {
    "2026-03-03T14:05:00Z".parse().unwrap()
}

fn failed(not_before: Option<Duration>) -> Outcome {
    let why = "no answer".into();
    Outcome::Failed { why, not_before }
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let wait = (0..100_000u64).prop_map(Duration::from_secs);
    prop_oneof![
        1 => Just(Outcome::Done),
        1 => Just(Outcome::Refused { why: "400".into() }),
        8 => proptest::option::of(wait.clone()).prop_map(failed),
        3 => wait.prop_map(Outcome::Early),
        4 => Just(Outcome::Lapsed),
    ]
}

proptest! {
    /// However its runs end, a job is begun no more often than it may be, never earlier than now, and ends.
    #[test]
    fn a_job_ends_after_no_more_attempts_than_it_has(
        ends in proptest::collection::vec((outcomes(), any::<u64>()), 0..60),
        most in 1..8i32,
    ) {
        let (mut attempts, mut at, mut counted) = (0, now(), 0);
        for (outcome, draw) in ends {
            attempts += 1;
            counted += i32::from(!matches!(outcome, Outcome::Early(_)));
            prop_assert!(counted <= most, "begun again after {counted} of {most}");
            match QUEUE.next((attempts, most), outcome.clone(), at, draw) {
                Next::Gone => {
                    prop_assert_eq!(outcome, Outcome::Done);
                    return Ok(());
                }
                Next::Dead { .. } => {
                    let refused = matches!(outcome, Outcome::Refused { .. });
                    prop_assert!(refused || counted == most);
                    return Ok(());
                }
                Next::Again { due_at, attempts: left, error } => {
                    prop_assert_eq!(left, counted);
                    prop_assert_eq!(error.is_none(), matches!(outcome, Outcome::Early(_)));
                    let wait = (due_at - at).to_std().expect("not in the past");
                    let asked = match outcome {
                        Outcome::Failed { not_before: Some(asked), .. } => asked.min(MOST_PATIENCE),
                        Outcome::Early(asked) => asked,
                        _ => Duration::ZERO,
                    };
                    prop_assert!(wait >= asked);
                    prop_assert!(wait <= asked.max(QUEUE.most));
                    attempts = left;
                    at = due_at;
                }
            }
        }
    }
}

#[test]
fn waits_double_and_the_draw_spreads_them() {
    let wait = |attempts, draw| match QUEUE.next((attempts, 9), failed(None), now(), draw) {
        Next::Again { due_at, .. } => (due_at - now()).num_seconds(),
        other => panic!("{other:?}"),
    };
    let ceilings: Vec<_> = (1..6).map(|attempts| wait(attempts, u64::MAX)).collect();
    assert_eq!(ceilings, [10, 20, 40, 60, 60]);
    assert_eq!(wait(3, 0), 0);
    assert_eq!(wait(3, u64::MAX / 2), 20);
}

#[test]
fn a_schedule_goes_by_the_clocks_of_its_place() {
    let daily = Schedule::new("30 6 * * *", "Europe/Vienna").unwrap();
    let next = |text: &str| daily.after(text.parse().unwrap()).unwrap().to_rfc3339();
    // Winter, then the day on which clocks are put forward.
    assert_eq!(next("2026-03-27T12:00:00Z"), "2026-03-28T05:30:00+00:00");
    assert_eq!(next("2026-03-28T05:30:00Z"), "2026-03-29T04:30:00+00:00");
}

#[test]
fn what_falls_into_a_gap_comes_at_its_end_and_what_is_twice_comes_once() {
    let nightly = Schedule::new("30 2 * * *", "Europe/Vienna").unwrap();
    let after = |text: &str| nightly.after(text.parse().unwrap()).unwrap();
    // 29 March has no half past two.
    let gap = after("2026-03-28T12:00:00Z");
    assert_eq!(gap.to_rfc3339(), "2026-03-29T01:00:00+00:00");
    assert_eq!(
        after("2026-03-29T01:00:00Z").to_rfc3339(),
        "2026-03-30T00:30:00+00:00"
    );
    // 25 October has two.
    let first = after("2026-10-24T12:00:00Z");
    assert_eq!(first.to_rfc3339(), "2026-10-25T00:30:00+00:00");
    let second = nightly.after(first).unwrap();
    assert_eq!(second.to_rfc3339(), "2026-10-26T01:30:00+00:00");
}

#[test]
fn what_is_no_schedule_is_refused() {
    for (pattern, zone) in [
        ("", "UTC"),
        ("* * * *", "UTC"),
        ("0 0 0 * * *", "UTC"),
        ("61 * * * *", "UTC"),
        ("0 6 * * *", "Mars/Olympus"),
    ] {
        assert!(Schedule::new(pattern, zone).is_err(), "{pattern} {zone}");
    }
    let never = Schedule::new("0 0 30 2 *", "UTC").unwrap();
    assert!(never.after(now()).is_err());
}
