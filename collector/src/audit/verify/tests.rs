use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::audit::hash;

/// A good chain of `n` records, and the checkpoints that saw every third of them and the last.
fn chain(n: i64) -> (Vec<Row>, Vec<Checkpoint>) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut before = Vec::new();
    let mut rows = Vec::new();
    let mut checkpoints = Vec::new();
    for seq in 1..=n {
        let body = format!(r#"{{"action":"thing.act","actor":"alice","n":{seq}}}"#);
        let here = hash(&before, &body);
        before = here.to_vec();
        rows.push(Row {
            seq,
            hash: before.clone(),
            body,
            columns: None,
        });
        if seq % 3 == 0 || seq == n {
            let at = chrono::DateTime::UNIX_EPOCH;
            checkpoints.push(Checkpoint::sign(Stream::Change, seq, &here, at, &key));
        }
    }
    (rows, checkpoints)
}

fn head(rows: &[Row]) -> End {
    let last = rows.last();
    End::At {
        seq: last.map_or(0, |row| row.seq),
        hash: last.map_or(Vec::new(), |row| row.hash.clone()),
    }
}

fn walk(rows: &[Row], checkpoints: &[Checkpoint], end: &End) -> (Summary, Vec<Fault>) {
    let mut walk = Walk::new(Stream::Change, checkpoints);
    let mut faults: Vec<_> = rows.iter().flat_map(|row| walk.step(row)).collect();
    let (summary, more) = walk.end(end);
    faults.extend(more);
    (summary, faults)
}

fn told(faults: &[Fault]) -> Vec<(i64, i64, What)> {
    faults
        .iter()
        .map(|fault| (fault.first, fault.last, fault.what))
        .collect()
}

/// Makes every hash from the record `from` on fit.
fn mend(rows: &mut [Row], from: usize) {
    for at in from..rows.len() {
        let before = at
            .checked_sub(1)
            .map_or(Vec::new(), |before| rows[before].hash.clone());
        rows[at].hash = hash(&before, &rows[at].body).to_vec();
    }
}

#[test]
fn a_chain_that_nobody_touched_fits() {
    for n in [0, 1, 2, 10] {
        let (rows, checkpoints) = chain(n);
        let (summary, faults) = walk(&rows, &checkpoints, &head(&rows));
        assert_eq!(faults, []);
        assert_eq!((summary.records, summary.witnessed), (n.cast_unsigned(), n));
    }
}

#[test]
fn each_manipulation_is_named_where_it_was_made() {
    let (good, checkpoints) = chain(10);
    let end = head(&good);
    let with = |change: &dyn Fn(&mut Vec<Row>)| {
        let mut rows = good.clone();
        change(&mut rows);
        told(&walk(&rows, &checkpoints, &end).1)
    };
    let changed = |seq| (seq, seq, What::Changed);
    assert_eq!(with(&|rows| rows[4].body.push(' ')), [changed(5)]);
    assert_eq!(with(&|rows| rows[4].hash[0] ^= 1), [changed(5)]);
    assert_eq!(with(&|rows| drop(rows.remove(4))), [(5, 5, What::Missing)]);
    assert_eq!(
        with(&|rows| drop(rows.drain(4..6))),
        [(5, 6, What::Missing)]
    );
    assert_eq!(
        with(&|rows| rows.truncate(8)),
        [(9, 10, What::Missing), (9, 10, What::Missing)]
    );
    let swapped = with(&|rows| {
        let (one, other) = (rows[2].body.clone(), rows[6].body.clone());
        (rows[2].body, rows[6].body) = (other, one);
    });
    assert_eq!(swapped, [changed(3), changed(7)]);
    let twice = with(&|rows| rows.insert(5, rows[4].clone()));
    assert_eq!(twice, [(5, 5, What::Misplaced)]);
}

#[test]
fn a_chain_that_was_made_anew_is_not_what_the_checkpoints_saw() {
    let (mut rows, checkpoints) = chain(10);
    rows[4].body = r#"{"action":"thing.act","actor":"bob","n":5}"#.into();
    mend(&mut rows, 4);
    let (summary, faults) = walk(&rows, &checkpoints, &head(&rows));
    assert_eq!(told(&faults), [(4, 6, What::Checkpoint)]);
    assert_eq!(summary.witnessed, 3);
    // Without them nobody could tell.
    assert_eq!(walk(&rows, &[], &head(&rows)).1, []);
}

#[test]
fn a_tail_that_was_cut_off_is_missed_though_the_head_was_put_right() {
    let (mut rows, checkpoints) = chain(10);
    rows.truncate(8);
    let (_, faults) = walk(&rows, &checkpoints, &head(&rows));
    assert_eq!(told(&faults), [(9, 10, What::Missing)]);
    let lost = walk(&rows, &checkpoints[..2], &End::Lost).1;
    assert_eq!(told(&lost), [(9, 9, What::Head)]);
}

#[test]
fn what_is_behind_the_head_was_put_there() {
    let (rows, checkpoints) = chain(10);
    let (_, faults) = walk(&rows, &checkpoints[..2], &head(&rows[..8]));
    assert_eq!(told(&faults), [(9, 10, What::Head)]);
}

#[test]
fn a_column_that_says_something_else_is_named() {
    let (mut rows, checkpoints) = chain(3);
    let says = |actor: &str| Columns {
        actor: Some(actor.into()),
        action: Some("thing.act".into()),
        ..Columns::default()
    };
    rows[1].columns = Some(says("alice"));
    assert_eq!(walk(&rows, &checkpoints, &head(&rows)).1, []);
    rows[1].columns = Some(says("bob"));
    let (_, faults) = walk(&rows, &checkpoints, &head(&rows));
    assert_eq!(told(&faults), [(2, 2, What::Column)]);
    assert!(faults[0].to_string().contains("actor"), "{}", faults[0]);
}

proptest! {
    #[test]
    fn no_change_of_a_text_goes_unseen(n in 1_i64..40, at in any::<prop::sample::Index>(), with in ".{1,20}") {
        let (mut rows, checkpoints) = chain(n);
        let at = at.index(rows.len());
        rows[at].body.push_str(&with);
        let kept = walk(&rows, &checkpoints, &head(&rows)).1;
        prop_assert!(!kept.is_empty());
        mend(&mut rows, at);
        let seq = rows[at].seq;
        let faults = walk(&rows, &checkpoints, &head(&rows)).1;
        prop_assert!(faults.iter().any(|fault| (fault.first..=fault.last).contains(&seq)), "{faults:?}");
    }
}
