use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::wire::{self, AgentMessage, Metrics};

fn minute(at: i64, rows: &[(&str, Reading)]) -> Minute<Arc<str>> {
    let rows = rows
        .iter()
        .map(|(name, reading)| ((*name).into(), *reading));
    Minute {
        at,
        rows: rows.collect(),
    }
}

fn varied(min: f32, mean: f32, max: f32, last: f32) -> Reading {
    Reading {
        min,
        mean,
        max,
        last,
    }
}

fn decode(decoder: &mut Decoder<Arc<str>>, message: &Metrics) -> Vec<Minute<Arc<str>>> {
    decoder.minutes(message, |name| name.into()).unwrap()
}

#[test]
fn names_are_families_with_labels_of_plain_characters() {
    let name = Name::parse("disk.read_bytes{device=sda}").unwrap();
    assert_eq!(name.family, "disk.read_bytes");
    assert_eq!(name.labels, [("device", "sda")]);
    assert!(Name::parse("cpu.user").unwrap().labels.is_empty());
    let two = Name::parse("a{b=/var/lib,c=1}").unwrap();
    assert_eq!(two.labels, [("b", "/var/lib"), ("c", "1")]);
    let long = format!("a{{b={}}}", "x".repeat(MAX_NAME - 5));
    assert_eq!(long.len(), MAX_NAME);
    assert!(Name::parse(&long).is_some());
    for text in [
        "",
        ".",
        "a.",
        "A",
        "1a",
        "a b",
        "a{}",
        "a{b}",
        "a{b=}",
        "a{b=c",
        "a}b=c}",
        "a{b=\"}",
        "a{b=c}d",
        "a{B=c}",
        "a\n",
        "a{b=c d}",
        "a{b=c,b=d}",
        "é",
        "a{b=ü}",
        &format!("{long}x"),
    ] {
        assert_eq!(Name::parse(text), None, "{text}");
    }
}

#[test]
fn any_text_becomes_the_value_of_a_label() {
    assert_eq!(label("/var/lib"), "/var/lib");
    assert_eq!(label("/a b/é,{x}\""), "/a_b/___x__");
    assert_eq!(label(""), "_");
}

#[test]
fn what_did_not_vary_is_exact_and_sent_once() {
    let total = 25_325_273_088.0;
    let rows = [("memory.total", Reading::steady(total))];
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let first = encoder.message(&[minute(1, &rows), minute(2, &rows)], 0);
    assert_eq!((first.levels.len(), first.names.len()), (1, 1));
    let second = encoder.message(&[minute(3, &rows)], 0);
    assert_eq!((second.levels.len(), second.names.len()), (0, 0));
    let read = [decode(&mut decoder, &first), decode(&mut decoder, &second)].concat();
    assert_eq!(read, [minute(1, &rows), minute(2, &rows), minute(3, &rows)]);
}

#[test]
fn a_series_may_be_missing_and_come_back() {
    let a = Reading::steady(1.0);
    let b = varied(0.0, 2.0, 4.0, 4.0);
    let minutes = [
        minute(1, &[("a", a)]),
        minute(2, &[("b", b)]),
        minute(3, &[("a", a), ("b", b)]),
    ];
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let mut read = Vec::new();
    for minute in &minutes {
        read.extend(decode(&mut decoder, &encoder.message([minute], 0)));
    }
    assert_eq!(read, minutes);
}

#[test]
fn what_does_not_fit_is_refused_and_so_is_what_follows() {
    let rows = [
        ("a", Reading::steady(1.0)),
        ("b", varied(1.0, 2.0, 5.0, 3.0)),
    ];
    let good = Encoder::default().message(&[minute(1, &rows)], 0);
    let refusal = |change: &dyn Fn(&mut Metrics)| {
        let mut message = good.clone();
        change(&mut message);
        let mut decoder = Decoder::<Arc<str>>::default();
        let error = decoder.minutes(&message, |name| name.into()).unwrap_err();
        let next = decoder.minutes(&good, |name| name.into()).unwrap_err();
        assert_eq!(next, ColumnError::Lost);
        error
    };
    assert_eq!(refusal(&|m| m.names[0] = "a b".into()), ColumnError::Name);
    assert_eq!(refusal(&|m| m.names[0] = "b".into()), ColumnError::Name);
    assert_eq!(
        refusal(&|m| m.names = (0..=MAX_SERIES).map(|n| format!("n{n}")).collect()),
        ColumnError::Series
    );
    assert_eq!(refusal(&|m| m.minutes = vec![0; 61]), ColumnError::Minutes);
    assert_eq!(refusal(&|m| m.minutes.push(2)), ColumnError::Length);
    assert_eq!(refusal(&|m| m.levels.clear()), ColumnError::Length);
    assert_eq!(refusal(&|m| m.lasts.push(1)), ColumnError::Length);
    assert_eq!(refusal(&|m| m.shapes[0] = 0x83), ColumnError::Shape);
    assert_eq!(refusal(&|m| m.shapes[0] = 0xe2), ColumnError::Shape);
    assert_eq!(refusal(&|m| m.shapes.push(0)), ColumnError::Length);
    for level in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(
            refusal(&|m| m.levels[0] = level.to_bits()),
            ColumnError::Value
        );
    }
    for rise in [u32::MAX, i32::MAX as u32, 0x1_0000] {
        assert_eq!(refusal(&|m| m.rises[0] = rise), ColumnError::Value);
    }
    assert_eq!(refusal(&|m| m.lasts[0] = 100_000), ColumnError::Value);
    assert_eq!(refusal(&|m| m.means[0] = i32::MAX), ColumnError::Value);
}

#[test]
fn a_session_has_no_more_series_than_the_other_side_takes() {
    let names: Vec<String> = (0..MAX_SERIES + 5).map(|n| format!("n{n}")).collect();
    let rows: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), Reading::steady(1.0)))
        .collect();
    let message = Encoder::default().message(&[minute(1, &rows)], 0);
    let read = decode(&mut Decoder::default(), &message);
    assert_eq!(read[0].rows.len(), MAX_SERIES);
}

/// A host with nothing to do: of 90 series 55 stand still, 20 are nearly always zero, and 15 vary a
/// little all the time.
fn quiet(minutes: i64) -> Vec<Minute<Arc<str>>> {
    let mut seed = 1_u32;
    let mut noise = move || {
        // A generator of the plainest sort, for the same figure in each run.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32
    };
    let mut vary = |base: f32, part: f32| {
        let mut values = [(); 3].map(|()| base * (1.0 + part * (noise() - 0.5)));
        values.sort_by(f32::total_cmp);
        varied(
            values[0],
            values[1],
            values[2],
            values[1 + usize::from(noise() > 0.5)],
        )
    };
    let reading = |at: i64, n: i64, vary: &mut dyn FnMut(f32, f32) -> Reading| match n {
        0..55 => Reading::steady((n * 12_345) as f32),
        55..75 if (at + n) % 10 != 0 => Reading::steady(0.0),
        55..75 => varied(0.0, n as f32, n as f32 * 6.0, 0.0),
        _ => vary(n as f32 * 1e3, 0.3),
    };
    let minute = |at| Minute {
        at,
        rows: (0..90)
            .map(|n| {
                (
                    format!("family{n}.some_series").into(),
                    reading(at, n, &mut vary),
                )
            })
            .collect(),
    };
    (0..minutes).map(minute).collect()
}

#[test]
fn a_quiet_host_costs_less_than_400_kib_a_day() {
    // What QUIC adds to a message, and says when the acknowledgement has come: measured.
    const ENVELOPE: usize = 77;
    let mut encoder = Encoder::default();
    let mut bytes = 0;
    for minute in quiet(1_440) {
        let message = AgentMessage::Metrics(encoder.message([&minute], 0));
        bytes += wire::seal(&message).unwrap().len() + ENVELOPE;
    }
    eprintln!("{} KiB a day", bytes / 1024);
    assert!(bytes < 400 << 10, "{bytes}");
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let value = prop_oneof![Just(0.0_f32), -1e9_f32..1e9, 0.0_f32..1.0, -1e38_f32..1e38];
    (prop::collection::vec(value, 4), any::<bool>()).prop_map(|(mut values, steady)| {
        if steady {
            return Reading::steady(values[0]);
        }
        let last = values[3];
        values.sort_by(f32::total_cmp);
        varied(values[0], values[1], values[3], last)
    })
}

proptest! {
    #[test]
    fn minutes_come_back_within_a_fifth_of_a_percent(
        given in prop::collection::vec(
            prop::collection::vec(prop::option::of(any_reading()), 5), 1..8)
    ) {
        let minutes: Vec<_> = given.iter().zip(0..).map(|(rows, at)| {
            let rows = rows.iter().enumerate();
            let rows = rows.filter_map(|(n, r)| Some((format!("s{n}").into(), (*r)?)));
            Minute { at, rows: rows.collect::<Vec<(Arc<str>, _)>>() }
        }).collect();
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for batch in minutes.chunks(3) {
            let message = AgentMessage::Metrics(encoder.message(batch, 0));
            let frame = wire::seal(&message).unwrap();
            let AgentMessage::Metrics(message) = wire::open(&frame).unwrap() else {
                panic!("another message")
            };
            for (read, sent) in decode(&mut decoder, &message).iter().zip(batch) {
                prop_assert_eq!(read.at, sent.at);
                let mut sent = sent.rows.clone();
                sent.sort_by(|a, b| a.0.cmp(&b.0));
                let mut read = read.rows.clone();
                read.sort_by(|a, b| a.0.cmp(&b.0));
                prop_assert_eq!(read.len(), sent.len());
                for ((name, read), (other, sent)) in read.iter().zip(&sent) {
                    prop_assert_eq!(name, other);
                    prop_assert!(read.min <= read.mean && read.mean <= read.max);
                    prop_assert!(read.min <= read.last && read.last <= read.max);
                    for (read, sent) in [
                        (read.min, sent.min), (read.mean, sent.mean),
                        (read.max, sent.max), (read.last, sent.last),
                    ] {
                        let near = (read - sent).abs() <= sent.abs() * 0.002 + f32::MIN_POSITIVE;
                        prop_assert!(near, "{} for {}", read, sent);
                    }
                }
            }
        }
    }

    #[test]
    fn any_message_is_read_or_refused_without_panic(
        names in prop::collection::vec("[a-c]{0,2}", 0..4),
        minutes in prop::collection::vec(any::<i64>(), 0..4),
        shapes in prop::collection::vec(any::<u8>(), 0..9),
        levels: Vec<u32>, means: Vec<i32>, falls: Vec<u32>, rises: Vec<u32>, lasts: Vec<i32>,
    ) {
        let mut message = Metrics {
            number: 1, dropped: 0, names, minutes, shapes, levels, means, falls, rises, lasts,
        };
        let mut decoder = Decoder::<Arc<str>>::default();
        let _ = decoder.minutes(&message, |name| name.into());
        let cells = message.names.len() * message.minutes.len();
        message.shapes.resize(cells / 2, 0x88);
        let mut decoder = Decoder::<Arc<str>>::default();
        for minute in decoder.minutes(&message, |name| name.into()).into_iter().flatten() {
            for (_, reading) in minute.rows {
                prop_assert!(reading.min <= reading.mean && reading.max.is_finite());
            }
        }
    }
}
