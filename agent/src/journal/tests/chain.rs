//! The chain over results, as the journal remembers it.

use shared::{
    chain::{Link, Stand},
    wire::Opening,
};

use super::*;

/// Where the chain stands with every record that waits.
fn with_pending(journal: &Journal, from: Stand) -> Stand {
    let pending = journal.pending(0, usize::MAX).unwrap();
    let links = pending
        .iter()
        .filter_map(|next| Link::of(epoch(journal), &next.record));
    links.fold(from, |stand, link| stand.with(&link))
}

fn told(journal: &Journal, when: i64, verdict: &str) {
    let facts = seen("result", when, &[("a-rule", verdict)]).seen.unwrap();
    journal.amend("result", at(when), &facts, &[]).unwrap();
}

/// A journal that has told two results, of which the collector knows the first.
fn begun(bound: u64) -> (Disk, Journal, Stand) {
    let (disk, journal) = journal(bound);
    told(&journal, 1, "{\"n\":1}");
    let first = with_pending(&journal, Stand::default());
    let last = journal.position().borrow().last_seq;
    let epoch = epoch(&journal);
    journal.acknowledge(epoch, last, Some(first)).unwrap();
    told(&journal, 2, "{\"n\":2}");
    (disk, journal, first)
}

#[test]
fn where_it_stands_outlives_the_process_and_the_power() {
    let (disk, journal, first) = begun(PLENTY);
    let known = journal.chain().unwrap();
    assert_eq!((known.stand, known.opening), (first, Opening::Continues));
    drop(journal);
    disk.crash();
    let journal = disk.journal(PLENTY).unwrap();
    assert_eq!(journal.chain().unwrap(), known);
}

#[test]
fn what_the_collector_has_and_the_agent_did_not_hear_of_is_told_from_the_outbox() {
    let (disk, journal, first) = begun(PLENTY);
    let second = with_pending(&journal, first);
    let last = journal.position().borrow().last_seq;
    drop(journal);
    disk.crash();
    let journal = disk.journal(PLENTY).unwrap();
    journal.resume_after(epoch(&journal), last, at(3)).unwrap();
    assert_eq!(journal.chain().unwrap().stand, second);
}

#[test]
fn a_fold_of_what_the_collector_cannot_have_leaves_the_chain_whole() {
    let (_disk, journal, first) = begun(300);
    let acked = journal.acked_seq().unwrap();
    for n in 3..30 {
        told(&journal, n, &format!("{{\"n\":{n}}}"));
    }
    assert!(matches!(&bodies(&journal, acked)[0], Body::Gap(_)));
    journal
        .resume_after(epoch(&journal), acked, at(40))
        .unwrap();
    let known = journal.chain().unwrap();
    assert_eq!((known.stand, known.opening), (first, Opening::Continues));
}

#[test]
fn a_fold_of_what_the_collector_may_have_is_said() {
    let (_disk, journal, _) = begun(300);
    let sent = journal.position().borrow().last_seq;
    for n in 3..30 {
        told(&journal, n, &format!("{{\"n\":{n}}}"));
    }
    journal.resume_after(epoch(&journal), sent, at(40)).unwrap();
    let known = journal.chain().unwrap();
    assert_eq!(known.opening, Opening::Folded);
    assert_eq!(known.stand, Stand::default());
    // What follows is a chain again, which later sessions go on with.
    let next = with_pending(&journal, known.stand);
    let last = journal.position().borrow().last_seq;
    journal.resume_after(epoch(&journal), last, at(41)).unwrap();
    let known = journal.chain().unwrap();
    assert_eq!((known.stand, known.opening), (next, Opening::Continues));
}

#[test]
fn a_session_that_runs_knows_what_it_sent_whatever_is_folded() {
    let (_disk, journal, first) = begun(300);
    let second = with_pending(&journal, first);
    let sent = journal.position().borrow().last_seq;
    for n in 3..30 {
        told(&journal, n, &format!("{{\"n\":{n}}}"));
    }
    let epoch = epoch(&journal);
    journal.acknowledge(epoch, sent, Some(second)).unwrap();
    assert_eq!(journal.chain().unwrap().stand, second);
    journal.resume_after(epoch, sent, at(40)).unwrap();
    assert_eq!(journal.chain().unwrap().stand, second);
}

#[test]
fn a_new_epoch_goes_on_with_the_chain() {
    let (_disk, journal, first) = begun(PLENTY);
    journal.new_epoch(at(3)).unwrap();
    let known = journal.chain().unwrap();
    assert_eq!((known.stand, known.opening), (first, Opening::Continues));
    assert_eq!(with_pending(&journal, first).epoch, epoch(&journal));
}
