/// A disk in memory that can be full, and can lose what was not synced.
mod disk;

/// A collector reduced to the rule by which it applies records.
mod model;

/// Random histories against the model.
mod machine;

/// The chain over results.
mod chain;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    fact::Fact,
    wire::{Body, Stale, StaleReason},
};

use self::{disk::Disk, model::Collector};
use super::*;

const PLENTY: u64 = 64 << 20;

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

pub(super) fn seen(kind: &'static str, when: i64, rows: &[(&str, &str)]) -> Observation {
    let fact = |(key, value): &(&str, &str)| Fact {
        kind,
        key: key.to_string(),
        value: value.to_string(),
    };
    Observation {
        kind,
        at: at(when),
        seen: Ok(rows.iter().map(fact).collect()),
    }
}

pub(super) fn failed(kind: &'static str, when: i64) -> Observation {
    Observation {
        kind,
        at: at(when),
        seen: Err(Stale {
            reason: StaleReason::Denied,
            detail: "no permission".into(),
        }),
    }
}

fn journal(bound: u64) -> (Disk, Journal) {
    let disk = Disk::default();
    let journal = disk.journal(bound).unwrap();
    (disk, journal)
}

fn epoch(journal: &Journal) -> Epoch {
    journal.position().borrow().epoch
}

fn bodies(journal: &Journal, after: u64) -> Vec<Body> {
    let pending = journal.pending(after, usize::MAX).unwrap();
    pending.into_iter().map(|p| p.record.body).collect()
}

#[test]
fn a_kind_comes_first_as_a_snapshot_and_then_as_changes() {
    let (_disk, journal) = journal(PLENTY);
    assert!(journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap());
    assert!(journal.observe(&seen("user", 2, &[("bob", "{}")])).unwrap());
    let sent = bodies(&journal, 0);
    let [
        Body::Snapshot(first),
        Body::Freshness(fresh),
        Body::Delta(delta),
    ] = &sent[..]
    else {
        panic!("{sent:?}");
    };
    assert!(first.last && first.rows.len() == 1);
    assert_eq!(fresh.stale, None);
    let keys: Vec<_> = delta.changes.iter().map(|c| c.key.as_str()).collect();
    assert_eq!(keys, ["ann", "bob"]);
    assert_eq!(delta.changes[0].value, None);
}

#[test]
fn rows_that_are_amended_are_one_change_and_leave_the_others_as_they_were() {
    let (_disk, journal) = journal(PLENTY);
    let first = [("kept", "{}"), ("other", "{\"n\":1}"), ("same", "{}")];
    journal.observe(&seen("result", 1, &first)).unwrap();
    let some = [("new", "{}"), ("other", "{\"n\":2}"), ("same", "{}")];
    let facts = seen("result", 2, &some).seen.unwrap();
    journal.amend("result", at(2), &facts, &[]).unwrap();
    let sent = bodies(&journal, 2);
    let [Body::Delta(delta)] = &sent[..] else {
        panic!("{sent:?}");
    };
    let keys: Vec<_> = delta.changes.iter().map(|c| c.key.as_str()).collect();
    assert_eq!(keys, ["new", "other"]);
    // The model holds each digest against its rows.
    let mut collector = Collector::default();
    collector.receive_all(&journal);
    assert_eq!(collector.rows("result").len(), 4);
    assert_eq!(collector.rows("result")["other"], "{\"n\":2}");
    let keys = ["other".to_owned(), "unknown".to_owned()];
    assert!(journal.has_rows("result").unwrap() && !journal.has_rows("user").unwrap());
    let known = journal.known("result", &keys).unwrap();
    assert_eq!(known, [facts[1].clone()]);
    assert_eq!(journal.summary().unwrap().kinds[0].rows, 4);
    let told = epoch_and_seq(&journal);
    journal.amend("result", at(3), &facts, &[]).unwrap();
    assert_eq!(epoch_and_seq(&journal), told, "nothing is told twice");
    // What is seen whole afterwards is compared with what was amended.
    let whole = [
        ("kept", "{}"),
        ("new", "{}"),
        ("other", "{\"n\":2}"),
        ("same", "{}"),
    ];
    assert!(!journal.observe(&seen("result", 4, &whole)).unwrap());
    let facts = seen("result", 5, &[("other", "{\"n\":3}")]).seen.unwrap();
    let gone = ["kept", "never was"].map(String::from);
    journal.amend("result", at(5), &facts, &gone).unwrap();
    collector.receive_all(&journal);
    let rows = collector.rows("result");
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["new", "other", "same"]);
    assert_eq!(rows["other"], "{\"n\":3}");
    assert_eq!(journal.summary().unwrap().kinds[0].rows, 3);
}

fn epoch_and_seq(journal: &Journal) -> Position {
    *journal.position().borrow()
}

#[test]
fn a_quiet_pass_appends_nothing_and_writes_nothing() {
    let (disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    let writes = disk.writes();
    assert!(!journal.observe(&seen("user", 2, &[("ann", "{}")])).unwrap());
    assert_eq!(disk.writes(), writes);
}

#[test]
fn a_kind_without_rows_is_told_once() {
    let (_disk, journal) = journal(PLENTY);
    assert!(journal.observe(&seen("container", 1, &[])).unwrap());
    assert!(!journal.observe(&seen("container", 2, &[])).unwrap());
    assert!(matches!(&bodies(&journal, 0)[0], Body::Snapshot(s) if s.last && s.rows.is_empty()));
}

#[test]
fn a_failed_read_is_told_once_and_erases_nothing() {
    let (_disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    let before = journal.position().borrow().last_seq;
    assert!(journal.observe(&failed("user", 2)).unwrap());
    assert!(!journal.observe(&failed("user", 3)).unwrap());
    assert!(matches!(
        &bodies(&journal, before)[..],
        [Body::Freshness(f)] if f.stale.is_some()
    ));
    let summary = journal.summary().unwrap();
    assert_eq!(summary.kinds[0].rows, 1);
    assert!(summary.kinds[0].stale.is_some());
    assert!(journal.observe(&seen("user", 4, &[("ann", "{}")])).unwrap());
    assert!(matches!(
        &bodies(&journal, before + 1)[..],
        [Body::Freshness(f)] if f.stale.is_none()
    ));
}

#[test]
fn many_rows_are_sent_in_parts_and_a_large_change_as_a_snapshot() {
    let (_disk, journal) = journal(PLENTY);
    let value = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let keys: Vec<_> = (0..600).map(|n| format!("{n:04}")).collect();
    let rows: Vec<_> = keys.iter().map(|k| (k.as_str(), value.as_str())).collect();
    let mut collector = Collector::default();
    journal.observe(&seen("package", 1, &rows)).unwrap();
    let sent = bodies(&journal, 0);
    let lasts: Vec<_> = sent
        .iter()
        .filter_map(|b| match b {
            Body::Snapshot(s) => Some(s.last),
            _ => None,
        })
        .collect();
    assert_eq!(lasts, [false, false, true]);
    collector.receive_all(&journal);
    let before = journal.position().borrow().last_seq;
    journal.observe(&seen("package", 2, &[])).unwrap();
    journal.observe(&seen("package", 3, &rows)).unwrap();
    let sent = bodies(&journal, before);
    assert!(matches!(sent[0], Body::Delta(_)), "removals are small");
    assert!(matches!(sent[1], Body::Snapshot(_)), "additions are not");
    collector.receive_all(&journal);
    assert_eq!(collector.rows("package").len(), 600);
}

#[test]
fn a_refresh_sends_the_rows_whole_once_until_it_is_acknowledged() {
    let (_disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    journal.refresh("user", at(2)).unwrap();
    assert_eq!(journal.position().borrow().last_seq, 2, "one waits already");
    journal.acknowledge(epoch(&journal), 2, None).unwrap();
    for _ in 0..3 {
        journal.refresh("user", at(3)).unwrap();
        journal.refresh("unheard_of", at(3)).unwrap();
    }
    assert!(matches!(&bodies(&journal, 2)[..], [Body::Snapshot(_)]));
}

#[test]
fn above_the_bound_history_is_folded_and_the_gap_is_marked() {
    let (_disk, journal) = journal(400);
    let mut collector = Collector::default();
    for n in 0..50 {
        let value = format!("{{\"n\":{n}}}");
        journal
            .observe(&seen("user", n, &[("ann", &value)]))
            .unwrap();
    }
    journal.observe(&seen("os", 60, &[("os", "{}")])).unwrap();
    let summary = journal.summary().unwrap();
    assert!(summary.pending_bytes < 1000, "{summary:?}");
    let sent = bodies(&journal, 0);
    let Body::Gap(gap) = &sent[0] else {
        panic!("{sent:?}");
    };
    assert_eq!(gap.from, to_micros(at(0)));
    assert!(gap.records >= 40 && gap.to > gap.from, "{gap:?}");
    collector.receive_all(&journal);
    assert_eq!(collector.rows("user")["ann"], "{\"n\":49}");
    assert_eq!(collector.rows("os").len(), 1);
}

#[test]
fn rows_that_alone_exceed_the_bound_are_not_folded_at_each_change() {
    let (_disk, journal) = journal(1);
    let value = format!("{{\"a\":\"{}\"}}", "x".repeat(4000));
    journal.observe(&seen("os", 0, &[("os", &value)])).unwrap();
    let before = journal.position().borrow().last_seq;
    for n in 1..10 {
        let rows = [("a", "{}"), ("os", value.as_str())];
        journal
            .observe(&seen("os", n, &rows[(n % 2) as usize..]))
            .unwrap();
    }
    assert!(
        bodies(&journal, before)
            .iter()
            .all(|b| matches!(b, Body::Delta(_)))
    );
}

#[test]
fn a_collector_that_lost_what_it_acknowledged_gets_everything_whole() {
    let (_disk, journal) = journal(PLENTY);
    let mut collector = Collector::default();
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    collector.receive_all(&journal);
    let backup = collector.clone();
    journal.observe(&seen("user", 2, &[("bob", "{}")])).unwrap();
    journal.observe(&failed("user", 3)).unwrap();
    collector.receive_all(&journal);
    let mut collector = backup;
    journal
        .resume_after(epoch(&journal), collector.applied(), at(4))
        .unwrap();
    collector.receive_all(&journal);
    assert_eq!(collector.rows("user").keys().collect::<Vec<_>>(), ["bob"]);
    assert!(collector.stale("user"));
}

#[test]
fn a_collector_that_claims_more_than_was_sent_begins_a_new_epoch() {
    let (_disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    let before = *journal.position().borrow();
    journal.resume_after(before.epoch, 99, at(2)).unwrap();
    assert_ne!(journal.position().borrow().epoch, before.epoch);
    assert!(matches!(
        &bodies(&journal, 0)[..],
        [Body::Snapshot(_), Body::Freshness(_)]
    ));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_bounded_by_what_was() {
    let (_disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    journal
        .acknowledge(epoch(&journal), u64::MAX, None)
        .unwrap();
    journal.observe(&seen("user", 2, &[])).unwrap();
    assert_eq!(journal.summary().unwrap().acked_seq, 2);
    assert_eq!(bodies(&journal, 2).len(), 1);
}

#[test]
fn what_a_session_of_an_earlier_epoch_says_is_ignored() {
    let (_disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    let earlier = epoch(&journal);
    journal.new_epoch(at(2)).unwrap();
    journal.acknowledge(earlier, 2, None).unwrap();
    journal.resume_after(earlier, 1, at(3)).unwrap();
    let summary = journal.summary().unwrap();
    assert_eq!((summary.acked_seq, summary.pending_records), (0, 2));
}

#[test]
fn a_full_disk_changes_nothing_and_the_next_pass_makes_up_for_it() {
    let (disk, journal) = journal(PLENTY);
    journal.observe(&seen("user", 1, &[("ann", "{}")])).unwrap();
    let before = journal.summary().unwrap();
    for room in 0..20 {
        disk.fill_after(room);
        if journal.observe(&seen("user", 2, &[("bob", "{}")])).is_ok() {
            disk.free();
            break;
        }
        disk.free();
        assert_eq!(journal.summary().unwrap(), before, "after {room} writes");
    }
    journal.observe(&seen("user", 3, &[("bob", "{}")])).unwrap();
    let mut collector = Collector::default();
    collector.receive_all(&journal);
    assert_eq!(collector.rows("user").keys().collect::<Vec<_>>(), ["bob"]);
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_epoch_begun() {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = shared::clock::ManualClock::at(at(0));
    let open = || Journal::open(folder.path(), PLENTY, clock.clone());
    let first = *open().unwrap().position().borrow();
    assert_eq!(
        *open().unwrap().position().borrow(),
        first,
        "a good one is kept"
    );
    std::fs::write(
        folder.path().join(FILE),
        "not a journal at all".repeat(1000),
    )
    .unwrap();
    let second = *open().unwrap().position().borrow();
    assert_ne!(first.epoch, second.epoch);
    let aside = folder.path().join("journal.redb.broken-20231114T221320Z");
    assert!(aside.exists());
}

#[test]
fn a_journal_that_another_agent_has_open_is_not_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = shared::clock::ManualClock::at(at(0));
    let _first = Journal::open(folder.path(), PLENTY, clock.clone()).unwrap();
    let error = Journal::open(folder.path(), PLENTY, clock).unwrap_err();
    assert!(matches!(
        error,
        JournalError::Open(redb::DatabaseError::DatabaseAlreadyOpen)
    ));
}
