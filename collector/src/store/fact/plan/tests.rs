use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::{
    chain::Sort,
    id::HostId,
    wire::{Opening, Seal},
};

use super::*;
use crate::store::dictionary::NewRow;

const HOST: i32 = 7;
const KIND: i16 = 1;
const KEYS: u8 = 6;

/// What the database would hold.
#[derive(Debug, Default)]
struct Tables {
    stream: u64,
    last_at: Option<DateTime<Utc>>,
    digest: Option<Digest>,
    rows: i32,
    present: BTreeMap<i64, (i64, RowHash, DateTime<Utc>)>,
    /// Key, value, from, to.
    past: Vec<(i64, i64, DateTime<Utc>, DateTime<Utc>)>,
    /// Key, before, after.
    changes: Vec<(i64, Option<i64>, Option<i64>)>,
}

impl Tables {
    /// What `load` reads before a batch: everything, in this small world.
    fn current(&self) -> Current {
        let epoch = Epoch(1);
        let stream = Stream {
            epoch,
            applied: self.stream,
            last_at: self.last_at,
            stand: Stand::default(),
            sealed: false,
            touched: false,
        };
        let present = self.present.iter().map(|(key, (value, hash, from))| {
            ((HOST, KIND, *key), Present::stored(*value, *hash, *from))
        });
        let kind = self.digest.map(|digest| {
            let reported_at = DateTime::UNIX_EPOCH;
            let digest = Some(digest);
            (
                (HOST, KIND),
                Kind {
                    digest,
                    rows: self.rows,
                    reported_at,
                    stale: None,
                    touched: false,
                },
            )
        });
        Current {
            streams: BTreeMap::from([(HOST, stream)]),
            kinds: kind.into_iter().collect(),
            present: present.collect(),
        }
    }

    fn apply(&mut self, units: Vec<Unit>, now: DateTime<Utc>) -> Outcome {
        let resolved = resolved();
        let mut current = self.current();
        let batch = Batch {
            host: HostId::new(),
            host_no: HOST,
            epoch: Epoch(1),
            units,
            seal: None,
        };
        let (writes, outcomes) = plan(&mut current, &[batch], &resolved, now);
        for (_, _, key, to) in writes.ended {
            let (value, _, from) = self.present.remove(&key).unwrap();
            self.past.push((key, value, from, to));
        }
        for ((_, _, key), row) in current.present {
            if !row.stored {
                assert!(
                    self.present
                        .insert(key, (row.value_id, row.hash, row.from))
                        .is_none()
                );
            }
        }
        self.past.extend(
            writes
                .past
                .into_iter()
                .map(|p| (p.row.2, p.value_id, p.from, p.to)),
        );
        self.changes.extend(
            writes
                .changes
                .into_iter()
                .map(|c| (c.row.2, c.before, c.after)),
        );
        let (stream, kind) = (&current.streams[&HOST], current.kinds.get(&(HOST, KIND)));
        (self.stream, self.last_at) = (stream.applied, stream.last_at);
        (self.digest, self.rows) = kind.map_or((None, 0), |kind| (kind.digest, kind.rows));
        outcomes.into_iter().next().unwrap()
    }
}

fn row(key: u8, value: u8) -> NewRow {
    let (key, value) = (format!("k{key}"), format!("{{\"v\":{value}}}"));
    NewRow {
        hash: RowHash::of("user", &key, &value),
        kind: "user".into(),
        key,
        value,
    }
}

/// The dictionary of all rows that the tests use: key k has number k, value v of it 100 k + v.
fn resolved() -> Resolved {
    let mut resolved = Resolved::default();
    resolved.kinds.insert("user".into(), KIND);
    for key in 0..KEYS {
        resolved.keys.insert((KIND, format!("k{key}")), key.into());
        for value in 0..4 {
            let value_id = i64::from(key) * 100 + i64::from(value);
            let entry = Entry {
                kind: KIND,
                key_id: key.into(),
                value_id,
            };
            resolved.rows.insert(row(key, value).hash, entry);
        }
    }
    resolved
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

type Model = BTreeMap<u8, u8>;

fn digest(model: &Model) -> Digest {
    Digest::of(
        &model
            .iter()
            .map(|(key, value)| row(*key, *value).hash)
            .collect::<Vec<_>>(),
    )
}

fn replace(seq: u64, when: i64, model: &Model) -> Unit {
    let rows = model.iter().map(|(key, value)| row(*key, *value)).collect();
    let op = Op::Replace {
        kind: "user".into(),
        rows,
        digest: digest(model),
    };
    Unit {
        seq,
        at: at(when),
        op,
        links: Vec::new(),
    }
}

fn delta(seq: u64, when: i64, before: &Model, after: &Model) -> Unit {
    let set = after
        .iter()
        .filter(|(key, value)| before.get(key) != Some(value));
    let set = set.map(|(key, value)| row(*key, *value)).collect();
    let gone = before
        .keys()
        .filter(|key| !after.contains_key(key))
        .map(|key| format!("k{key}"));
    let gone = gone.collect();
    let op = Op::Delta {
        kind: "user".into(),
        set,
        gone,
        digest: digest(after),
    };
    Unit {
        seq,
        at: at(when),
        op,
        links: Vec::new(),
    }
}

fn states() -> impl Strategy<Value = Vec<(Model, i64, bool)>> {
    let model = prop::collection::btree_map(0..KEYS, 0..4_u8, 0..KEYS as usize);
    // The clock runs, stands still or is set back; now and then everything is sent afresh.
    prop::collection::vec((model, -5..20_i64, prop::bool::weighted(0.2)), 1..20)
}

proptest! {
    #[test]
    fn whatever_is_repeated_the_tables_end_as_the_host_and_tell_each_change_once(
        states in states(),
        cuts in prop::collection::vec((1..4_usize, 0..3_usize), 1..40),
    ) {
        let mut units = Vec::new();
        let (mut before, mut clock) = (Model::new(), 0);
        for (n, (model, step, afresh)) in states.iter().enumerate() {
            clock += step;
            let seq = n as u64 + 1;
            units.push(if n == 0 || *afresh {
                (seq, clock, None, model.clone())
            } else {
                (seq, clock, Some(before.clone()), model.clone())
            });
            before = model.clone();
        }
        let unit = |(seq, when, before, after): &(u64, i64, Option<Model>, Model)| match before {
            Some(before) => delta(*seq, *when, before, after),
            None => replace(*seq, *when, after),
        };
        let mut tables = Tables::default();
        let (mut sent, mut cuts) = (0, cuts.iter().cycle());
        while sent < units.len() {
            let (ahead, back) = cuts.next().unwrap();
            // An acknowledgement was lost: some units come again, before those that are new.
            let from = sent - back.min(&sent);
            let to = (sent + ahead).min(units.len());
            let outcome = tables.apply(units[from..to].iter().map(unit).collect(), at(10_000));
            prop_assert_eq!(outcome.repeated, (sent - from) as u64);
            prop_assert_eq!(outcome.applied, to as u64);
            prop_assert_eq!(outcome.differing, Vec::<String>::new());
            sent = to;
        }

        let present: Model = tables.present.iter()
            .map(|(key, (value, ..))| (*key as u8, (*value % 100) as u8)).collect();
        prop_assert_eq!(&present, &before);
        prop_assert_eq!(tables.digest, Some(digest(&before)));
        prop_assert_eq!(tables.rows as usize, before.len());

        let transitions: usize = states.windows(2).map(|pair| {
            let keys: BTreeSet<_> = pair[0].0.keys().chain(pair[1].0.keys()).collect();
            keys.iter().filter(|key| pair[0].0.get(key) != pair[1].0.get(key)).count()
        }).sum();
        prop_assert_eq!(tables.changes.len(), transitions);
        for key in 0..i64::from(KEYS) {
            let mut now = states[0].0.get(&(key as u8)).map(|v| key * 100 + i64::from(*v));
            for (_, before, after) in tables.changes.iter().filter(|change| change.0 == key) {
                prop_assert_eq!(*before, now);
                now = *after;
            }
            let mut rows: Vec<_> = tables.past.iter().filter(|row| row.0 == key)
                .map(|row| (row.2, row.3)).collect();
            rows.extend(tables.present.get(&key).map(|row| (row.2, DateTime::<Utc>::MAX_UTC)));
            rows.sort();
            prop_assert!(rows.iter().all(|(from, to)| from < to), "{:?}", rows);
            prop_assert!(rows.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{:?}", rows);
        }
    }
}

fn model(rows: &[(u8, u8)]) -> Model {
    rows.iter().copied().collect()
}

#[test]
fn the_first_report_is_no_change_and_the_second_is() {
    let mut tables = Tables::default();
    let outcome = tables.apply(vec![replace(1, 0, &model(&[(1, 1), (2, 1)]))], at(1));
    assert_eq!((tables.changes.len(), tables.present.len()), (0, 2));
    assert_eq!(outcome.changed, ["user"]);
    tables.apply(vec![replace(2, 5, &model(&[(1, 2)]))], at(6));
    assert_eq!(
        tables.changes,
        [(1, Some(101), Some(102)), (2, Some(201), None)]
    );
}

#[test]
fn a_clock_that_is_ahead_does_not_hide_the_present() {
    let mut tables = Tables::default();
    tables.apply(vec![replace(1, 9_000, &model(&[(1, 1)]))], at(10));
    assert_eq!(tables.present[&1].2, at(10));
}

#[test]
fn a_wrong_digest_is_reported_and_a_snapshot_mends_it() {
    let mut tables = Tables::default();
    tables.apply(vec![replace(1, 0, &model(&[(1, 1)]))], at(1));
    // The host believes that k2 was sent, which it was not.
    let outcome = tables.apply(
        vec![delta(2, 1, &model(&[(2, 1)]), &model(&[(2, 1), (3, 1)]))],
        at(2),
    );
    assert_eq!(outcome.differing, ["user"]);
    let outcome = tables.apply(vec![replace(3, 2, &model(&[(2, 1), (3, 1)]))], at(3));
    assert_eq!(outcome.differing, [""; 0]);
}

#[test]
fn another_epoch_changes_nothing() {
    let mut tables = Tables::default();
    tables.apply(vec![replace(1, 0, &model(&[(1, 1)]))], at(1));
    let mut current = tables.current();
    let units = vec![replace(2, 1, &model(&[]))];
    let batch = Batch {
        host: HostId::new(),
        host_no: HOST,
        epoch: Epoch(2),
        units,
        seal: None,
    };
    let (writes, outcomes) = plan(&mut current, &[batch], &resolved(), at(2));
    assert!(outcomes[0].superseded && writes.ended.is_empty());
}

/// A record of results that is link `seq`.
fn told(seq: u64, when: i64) -> Unit {
    let link = Link {
        epoch: Epoch(1),
        seq,
        at: at(when).timestamp_micros(),
        sort: Sort::Delta,
        rows: vec![("k1".into(), Some(RowHash([seq as u8; 32])))],
    };
    let models = [model(&[(1, 0)]), model(&[(1, 1)])];
    let turn = seq as usize % 2;
    Unit {
        links: vec![link],
        ..delta(seq, when, &models[turn], &models[1 - turn])
    }
}

fn seal(stand: Stand, opening: Option<Opening>) -> HostSeal {
    let seal = Seal {
        epoch: stand.epoch,
        seq: stand.seq,
        head: stand.head.0,
        opening,
        signature: vec![1],
    };
    HostSeal {
        seal,
        certificate: vec![2].into(),
    }
}

/// Plans one batch on top of what the ones before it left.
fn planned(current: &mut Current, units: Vec<Unit>, seal: Option<HostSeal>) -> (Writes, Outcome) {
    let batch = Batch {
        host: HostId::new(),
        host_no: HOST,
        epoch: Epoch(1),
        units,
        seal,
    };
    let (writes, mut outcomes) = plan(current, &[batch], &resolved(), at(100));
    (writes, outcomes.remove(0))
}

#[test]
fn each_record_of_results_is_one_link_and_what_is_repeated_is_none() {
    let mut current = Tables::default().current();
    let (first, _) = planned(&mut current, vec![told(1, 1), told(2, 2)], None);
    let (again, outcome) = planned(&mut current, vec![told(2, 2), told(3, 3)], None);
    assert_eq!(outcome.repeated, 1);
    let mut head = Head::default();
    let links: Vec<_> = first.links.iter().chain(&again.links).collect();
    assert_eq!(links.len(), 3);
    for (n, new) in (1..).zip(links) {
        assert_eq!((new.link.seq, new.previous), (n, head));
        head = head.with(new.link.hash());
        assert_eq!((new.head, new.valid_from), (head, at(n as i64)));
    }
    let stream = &current.streams[&HOST];
    assert_eq!((stream.stand.seq, stream.stand.head), (3, head));
    assert!(!stream.sealed);
}

#[test]
fn a_seal_is_kept_once_under_the_last_link_and_under_no_other() {
    let mut current = Tables::default().current();
    let none = seal(Stand::default(), Some(Opening::New));
    let (_, outcome) = planned(&mut current, vec![], Some(none));
    assert_eq!(outcome.seal, Some(Sealed::Known), "nothing to seal");

    planned(&mut current, vec![told(1, 1)], None);
    let first = current.streams[&HOST].stand;
    let (writes, outcome) = planned(&mut current, vec![], Some(seal(first, None)));
    assert_eq!(outcome.seal, Some(Sealed::Kept));
    assert_eq!((writes.seals.len(), writes.seals[0].replaces), (1, None));
    assert!(current.streams[&HOST].sealed && current.streams[&HOST].touched);
    let again = seal(first, Some(Opening::Continues));
    let (writes, outcome) = planned(&mut current, vec![], Some(again));
    assert_eq!((outcome.seal, writes.seals.len()), (Some(Sealed::Known), 0));

    planned(&mut current, vec![told(2, 2)], None);
    let (writes, outcome) = planned(&mut current, vec![], Some(seal(first, None)));
    assert_eq!((outcome.seal, writes.seals.len()), (Some(Sealed::Unfit), 0));
    assert!(!current.streams[&HOST].sealed);
}

#[test]
fn a_host_may_go_on_from_elsewhere_at_the_beginning_of_a_session_and_it_is_kept_that_it_does() {
    let mut current = Tables::default().current();
    planned(&mut current, vec![told(1, 1), told(2, 2)], None);
    let here = current.streams[&HOST].stand;
    let new = seal(Stand::default(), Some(Opening::New));
    let (writes, outcome) = planned(&mut current, vec![], Some(new));
    assert_eq!(outcome.seal, Some(Sealed::Broken));
    assert_eq!(writes.seals[0].replaces, Some(here.head));
    let (writes, _) = planned(&mut current, vec![told(3, 3)], None);
    assert_eq!(writes.links[0].previous, Head::default());
}
