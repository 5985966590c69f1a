use proptest::prelude::*;
use shared::metric::Name;

use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The only series of the minute.
fn only(record: &mut Recorder) -> Option<Reading> {
    let minute = record.minute(7, record.now)?;
    assert_eq!((minute.at, minute.rows.len()), (7, 1));
    Some(minute.rows[0].1)
}

fn counts(counts: &[(u64, u64)]) -> Option<Reading> {
    let mut record = Recorder::default();
    for (at, count) in counts {
        record.begin(seconds(*at));
        record.count("a", None, *count, 0.5);
    }
    only(&mut record)
}

#[test]
fn a_minute_has_the_lowest_the_mean_the_highest_and_the_last_and_begins_anew() {
    let mut record = Recorder::default();
    for value in [3.0, 1.0, 5.0] {
        record.gauge("a.b", Some(("c", "d")), value);
    }
    let minute = record.minute(7, seconds(0)).unwrap();
    assert_eq!(&*minute.rows[0].0, "a.b{c=d}");
    let Reading {
        min,
        mean,
        max,
        last,
    } = minute.rows[0].1;
    assert_eq!((min, mean, max, last), (1.0, 3.0, 5.0, 5.0));
    assert_eq!(
        record.minute(8, seconds(0)),
        None,
        "nothing was measured since"
    );
}

#[test]
fn a_counter_is_a_rate_by_the_time_between() {
    assert_eq!(counts(&[(0, 100)]), None, "one reading is no rate");
    assert_eq!(counts(&[(0, 100), (10, 140)]), Some(Reading::steady(2.0)));
    let late = counts(&[(0, 100), (20, 140), (30, 140)]).unwrap();
    assert_eq!((late.min, late.max, late.last), (0.0, 1.0, 0.0));
}

#[test]
fn a_counter_that_went_back_gives_no_rate_and_goes_on_from_there() {
    let wrapped = u64::from(u32::MAX) - 10;
    assert_eq!(counts(&[(0, wrapped), (10, 20)]), None);
    assert_eq!(
        counts(&[(0, wrapped), (10, 20), (20, 40)]),
        Some(Reading::steady(1.0))
    );
    assert_eq!(counts(&[(0, u64::MAX), (10, 0)]), None);
}

#[test]
fn what_was_counted_over_a_suspend_belongs_to_no_minute() {
    assert_eq!(counts(&[(0, 0), (61, 1_000)]), None);
    assert_eq!(counts(&[(5, 0), (5, 1_000)]), None, "no time between");
    assert!(counts(&[(0, 0), (60, 1_000)]).is_some());
}

#[test]
fn what_is_no_number_is_left_out() {
    let mut record = Recorder::default();
    for value in [f64::NAN, f64::INFINITY, 1e300] {
        record.gauge("a", None, value);
    }
    assert_eq!(only(&mut record), None);
}

#[test]
fn a_host_with_too_many_things_is_measured_as_far_as_the_bound() {
    let mut record = Recorder::default();
    for n in 0..MAX_SERIES + 10 {
        record.gauge("a", Some(("n", &n.to_string())), 1.0);
    }
    assert_eq!(record.minute(0, seconds(0)).unwrap().rows.len(), MAX_SERIES);
    // What has gone makes room.
    record.begin(FORGOTTEN);
    record.minute(0, FORGOTTEN);
    record.gauge("b", None, 1.0);
    assert_eq!(only(&mut record), Some(Reading::steady(1.0)));
}

proptest! {
    #[test]
    fn the_mean_lies_between_the_lowest_and_the_highest(
        values in prop::collection::vec(-1e30_f64..1e30, 1..20)
    ) {
        let mut record = Recorder::default();
        for value in &values {
            record.gauge("a", None, *value);
        }
        let Reading { min, mean, max, last } = only(&mut record).unwrap();
        prop_assert!(min <= mean && mean <= max && min <= last && last <= max);
        prop_assert_eq!(last, values[values.len() - 1] as f32);
    }

    #[test]
    fn no_counter_gives_a_negative_rate(
        steps in prop::collection::vec((0_u64..100, any::<u64>()), 1..20)
    ) {
        let mut record = Recorder::default();
        let mut now = 0;
        for (step, count) in steps {
            now += step;
            record.begin(seconds(now));
            record.count("a", None, count, 1.0);
        }
        if let Some(reading) = only(&mut record) {
            prop_assert!(reading.min >= 0.0);
        }
    }

    #[test]
    fn every_label_gives_a_name_that_the_collector_takes(value: String, long in 0_usize..200) {
        let value = value + &"x".repeat(long);
        let mut text = String::new();
        name(&mut text, "filesystem.available_bytes", Some(("mount", &value)));
        prop_assert!(Name::parse(&text).is_some(), "{}", text);
    }
}

#[test]
fn two_long_labels_that_begin_alike_are_two_names() {
    let path = "/var/lib/".to_owned() + &"x".repeat(200);
    let mut names = [String::new(), String::new()];
    for (text, end) in names.iter_mut().zip(["a", "b"]) {
        name(
            text,
            "filesystem.size_bytes",
            Some(("mount", &(path.clone() + end))),
        );
    }
    assert_ne!(names[0], names[1]);
    assert_eq!(names[0].len(), MAX_NAME);
}
