use proptest::prelude::*;
use shared::wire::{Delta, Freshness, Gap, Row, RowChange, Snapshot as Part, Stale, StaleReason};
use sqlx::postgres::PgPoolOptions;

use super::*;

/// An assembler over a dictionary that remembers nothing; it never asks the database.
fn assembler() -> Assembler {
    let db = PgPoolOptions::new()
        .connect_lazy("postgres://nobody@nowhere.invalid/x")
        .unwrap();
    Assembler::new(Dictionary::new(db), Epoch(1))
}

fn record(seq: u64, body: Body) -> Record {
    Record {
        seq,
        at: 1_700_000_000_000_000,
        body,
    }
}

fn delta(kind: &str, changes: &[(&str, Option<&str>)]) -> Body {
    let changes = changes.iter().map(|(key, value)| RowChange {
        key: (*key).into(),
        value: value.map(Into::into),
    });
    Body::Delta(Delta {
        kind: kind.into(),
        changes: changes.collect(),
        digest: Digest::default(),
    })
}

fn part(kind: &str, keys: &[&str], last: bool) -> Body {
    let rows = keys
        .iter()
        .map(|key| Row {
            key: (*key).into(),
            value: "{}".into(),
        })
        .collect();
    Body::Snapshot(Part {
        kind: kind.into(),
        rows,
        last,
        digest: Digest::default(),
    })
}

#[tokio::test]
async fn the_parts_of_a_snapshot_become_one_unit_at_the_last() {
    let mut assembler = assembler();
    assert!(
        assembler
            .accept(vec![record(1, part("user", &["a"], false))])
            .unwrap()
            .is_empty()
    );
    let units = assembler
        .accept(vec![
            record(2, part("user", &["b"], true)),
            record(5, delta("os", &[])),
        ])
        .unwrap();
    assert_eq!(
        units.iter().map(|unit| unit.seq).collect::<Vec<_>>(),
        [2, 5]
    );
    assert!(matches!(&units[0].op, Op::Replace { rows, .. } if rows.len() == 2));
}

#[tokio::test]
async fn what_a_host_must_not_send_is_refused_by_name() {
    let long = "x".repeat(3000);
    let faults: Vec<(Vec<Record>, &str)> = vec![
        (
            vec![record(2, delta("os", &[])), record(2, delta("os", &[]))],
            "follows",
        ),
        (vec![record(0, delta("os", &[]))], "follows"),
        (vec![record(u64::MAX, delta("os", &[]))], "follows"),
        (
            vec![Record {
                at: i64::MAX,
                ..record(1, delta("os", &[]))
            }],
            "time",
        ),
        (
            vec![Record {
                at: -1,
                ..record(1, delta("os", &[]))
            }],
            "time",
        ),
        (vec![record(1, delta("Os", &[]))], "kind"),
        (vec![record(1, delta("os", &[("", Some("{}"))]))], "key"),
        (vec![record(1, delta("os", &[(&long, None)]))], "key"),
        (
            vec![record(1, delta("os", &[("a", Some("{ }"))]))],
            "canonical",
        ),
        (vec![record(1, delta("os", &[("a", Some("[]"))]))], "object"),
        (
            vec![record(1, delta("os", &[("a", Some("{}")), ("a", None)]))],
            "twice",
        ),
        (vec![record(1, part("os", &["a", "a"], true))], "twice"),
        (
            vec![
                record(1, part("os", &[], false)),
                record(2, delta("os", &[])),
            ],
            "not finished",
        ),
        (
            vec![
                record(1, part("os", &[], false)),
                record(2, part("user", &[], true)),
            ],
            "not finished",
        ),
    ];
    for (records, expected) in faults {
        let shown = format!("{records:?}");
        let error = assembler().accept(records).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} for {shown:.200}");
    }
}

#[tokio::test]
async fn a_reason_is_cut_to_a_length_that_can_be_stored() {
    let stale = Some(Stale {
        reason: StaleReason::Failed,
        detail: "é\0".repeat(5000),
    });
    let body = Body::Freshness(Freshness {
        kind: "os".into(),
        stale,
    });
    let units = assembler().accept(vec![record(1, body)]).unwrap();
    let Op::Freshness {
        stale: Some(stale), ..
    } = &units[0].op
    else {
        panic!("{units:?}")
    };
    assert!(stale.detail.len() <= MAX_DETAIL && !stale.detail.contains('\0'));
}

#[tokio::test]
async fn a_snapshot_that_never_ends_is_refused() {
    let mut assembler = assembler();
    let value = format!("{{\"v\":\"{}\"}}", "x".repeat(60_000));
    let refused = (1..2000).find_map(|seq| {
        let rows = (0..15).map(|n| Row {
            key: format!("{seq}/{n}"),
            value: value.clone(),
        });
        let part = Part {
            kind: "x".into(),
            rows: rows.collect(),
            last: false,
            digest: Digest::default(),
        };
        assembler
            .accept(vec![record(seq, Body::Snapshot(part))])
            .err()
    });
    assert!(
        matches!(refused, Some(Malformed::TooLarge { .. })),
        "{refused:?}"
    );
}

fn bodies() -> impl Strategy<Value = Body> {
    let text = "[a-z\\x00é]{0,6}";
    let value = prop_oneof![
        Just("{}".to_owned()),
        Just("{\"a\":1}".to_owned()),
        ".{0,8}"
    ];
    prop_oneof![
        (
            text,
            prop::collection::vec((text, prop::option::of(value.clone())), 0..4)
        )
            .prop_map(|(kind, rows)| Body::Delta(Delta {
                kind,
                changes: rows
                    .into_iter()
                    .map(|(key, value)| RowChange { key, value })
                    .collect(),
                digest: Digest::default(),
            })),
        (
            text,
            prop::collection::vec((text, value), 0..4),
            any::<bool>()
        )
            .prop_map(|(kind, rows, last)| Body::Snapshot(Part {
                kind,
                rows: rows
                    .into_iter()
                    .map(|(key, value)| Row { key, value })
                    .collect(),
                last,
                digest: Digest::default(),
            })),
        (any::<i64>(), any::<i64>(), any::<u64>()).prop_map(|(from, to, records)| Body::Gap(Gap {
            from,
            to,
            records
        })),
    ]
}

proptest! {
    #[test]
    fn what_is_accepted_is_in_order_and_nothing_panics(
        records in prop::collection::vec((0..40_u64, any::<i64>(), bodies()), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let mut assembler = assembler();
        let mut last = 0;
        for (seq, at, body) in records {
            let Ok(units) = assembler.accept(vec![Record { seq, at, body }]) else { break };
            for unit in units {
                prop_assert!(unit.seq > last);
                last = unit.seq;
            }
        }
    }
}
