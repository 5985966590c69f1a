use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::{collection::vec, option, prelude::*};
use rustls_pki_types::PrivatePkcs8KeyDer;
use uuid::Uuid;

use super::*;
use crate::{
    digest::Digest,
    id::HostId,
    wire::{Delta, Freshness, Gap, Opening, Row, RowChange, Seal, Snapshot, Stale, StaleReason},
};

/// A key of these tests and of nobody else, and its point.
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZwbWVh8qHJjU/nczFuWrS6gJQtZFvp3r\
    IxRehDo8JuKhRANCAATE839PpPQfxA2oSNJHMRd0yEXbY8pzgYJ4ohhQlSzTFyeInJJ1Mo2vheX5hR08ftKzlFEW370v\
    6bVzUs+R6pXG";
const POINT: &str = "BMTzf0+k9B/EDahI0kcxF3TIRdtjynOBgniiGFCVLNMXJ4icknUyja+F5fmFHTx+0rOUURbfvS/ptXN\
    Sz5HqlcY=";
/// A key on another curve.
const P384: &str = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCMCjR/HG5SZZPM1c5kl90PvgN5TbO4X03\
    vFcj0sC3iXNAfLFBvcNn1UVrTwsVr7ZShZANiAASywx4+WunIrDFaepT3D03Rt9NAc/rYyvNSgcynKC0N3LP1cA8pta9A\
    NmfoKPew8xqgIUatPVGN0pBUPBiErUz/ocBBWz2AnhClzT/sT+d9s11iwlAB+spOnmtWDCv1Q2s=";

fn record(seq: u64, body: Body) -> Record {
    let at = 1_700_000_000_000_000 + seq as i64 - 2;
    Record { seq, at, body }
}

fn part(rows: &[(&str, &str)], last: bool) -> Body {
    let row = |(key, value): &(&str, &str)| Row {
        key: (*key).into(),
        value: (*value).into(),
    };
    Body::Snapshot(Snapshot {
        kind: KIND.into(),
        rows: rows.iter().map(row).collect(),
        last,
        digest: Digest::default(),
    })
}

fn delta(kind: &str, changes: &[(&str, Option<&str>)]) -> Body {
    let change = |(key, value): &(&str, Option<&str>)| RowChange {
        key: (*key).into(),
        value: value.map(Into::into),
    };
    Body::Delta(Delta {
        kind: kind.into(),
        changes: changes.iter().map(change).collect(),
        digest: Digest::default(),
    })
}

fn freshness(kind: &str, stale: bool) -> Body {
    let stale = stale.then(|| Stale {
        reason: StaleReason::Unavailable,
        detail: "no rules".into(),
    });
    let kind = kind.into();
    Body::Freshness(Freshness { kind, stale })
}

/// Computed by another program, from the description alone.
#[test]
fn heads_are_what_they_were_when_they_were_released() {
    let records = [
        record(
            3,
            part(&[("a-rule", r#"{"n":1}"#), ("b-rule", r#"{"n":2}"#)], true),
        ),
        record(
            4,
            delta(KIND, &[("a-rule", Some(r#"{"n":3}"#)), ("b-rule", None)]),
        ),
        record(5, freshness(KIND, true)),
    ];
    let mut stand = Stand::default();
    let heads = records.map(|record| {
        stand = stand.with(&Link::of(Epoch(7), &record).unwrap());
        stand.head.to_string()
    });
    assert_eq!(
        heads,
        [
            "d70187e1018df881828115e4eea0d1aa00ed928f12221962184bfefe4f21d2be",
            "293fe39b3e6e0234048a1e5e0ff795b6dc23cf4300cfd125b228f1dc741153dc",
            "55cc30b41878ca283cc1d828f2fdcad5a7331403c4e2b90b93a195c1c2595bea",
        ]
    );
    assert_eq!((stand.epoch, stand.seq), (Epoch(7), 5));
}

#[test]
fn records_that_are_not_about_results_are_no_links() {
    let gap = Body::Gap(Gap {
        from: 1,
        to: 2,
        records: 3,
    });
    for body in [delta("user", &[("a", None)]), freshness("user", false), gap] {
        assert_eq!(Link::of(Epoch(7), &record(1, body)), None);
    }
}

#[test]
fn every_sort_has_its_number() {
    let sorts = (0..=u8::MAX).filter_map(Sort::of).map(|sort| sort as u8);
    assert_eq!(sorts.collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

fn link() -> impl Strategy<Value = Link> {
    let row = (
        "[a-c]{1,2}",
        option::of(any::<[u8; 32]>().prop_map(RowHash)),
    );
    (
        any::<u64>(),
        any::<u64>(),
        any::<i64>(),
        1_u8..6,
        vec(row, 0..4),
    )
        .prop_map(|(epoch, seq, at, sort, rows)| Link {
            epoch: Epoch(epoch),
            seq,
            at,
            sort: Sort::of(sort).unwrap(),
            rows,
        })
}

/// The link with one thing changed.
fn another(link: &Link, what: usize) -> Link {
    let mut other = link.clone();
    match what {
        0 => other.epoch.0 ^= 1,
        1 => other.seq ^= 1,
        2 => other.at ^= 1,
        3 => other.sort = Sort::of(link.sort as u8 % 5 + 1).unwrap(),
        4 => other.rows.push(("z".into(), None)),
        5 => other.rows.iter_mut().for_each(|row| match &mut row.1 {
            Some(hash) => hash.0[31] ^= 1,
            None => row.0.push('z'),
        }),
        6 => other.rows.iter_mut().for_each(|row| match row.1 {
            Some(_) => row.1 = None,
            None => row.1 = Some(RowHash([0; 32])),
        }),
        7 => other.rows.reverse(),
        _ => drop(other.rows.pop()),
    }
    other
}

proptest! {
    #[test]
    fn whatever_is_changed_of_a_link_changes_the_head(
        before: [u8; 32], link in link(), what in 0_usize..9,
    ) {
        let other = another(&link, what);
        let leaves = |link: &Link| (link.epoch, link.seq, link.at, link.sort, link.leaves());
        prop_assume!(leaves(&link) != leaves(&other));
        let head = Head(before);
        prop_assert_ne!(head.with(link.hash()), head.with(other.hash()));
    }

    #[test]
    fn a_head_stands_for_everything_before_it_in_its_order(
        links in vec(link(), 2..6), at in 0_usize..5, how in 0_usize..3,
    ) {
        let head = |links: &[Link]| links.iter().fold(Stand::default(), Stand::with).head;
        let mut other = links.clone();
        let at = at % (links.len() - 1);
        match how {
            0 => drop(other.remove(at)),
            1 => other.swap(at, at + 1),
            _ => other.insert(at, links[at].clone()),
        }
        prop_assume!(other != links);
        prop_assert_ne!(head(&links), head(&other));
    }
}

fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn signing(host: HostId, key: &str) -> Signing {
    Signing::new(host, PrivatePkcs8KeyDer::from(bytes(key)).into()).unwrap()
}

#[test]
fn a_seal_is_good_for_what_it_says_and_for_nothing_else() {
    let (host, point) = (HostId(Uuid::from_u128(1)), bytes(POINT));
    let stand = Stand {
        epoch: Epoch(7),
        seq: 9,
        head: Head([3; 32]),
    };
    let signing = signing(host, KEY);
    for opening in [
        None,
        Some(Opening::Continues),
        Some(Opening::New),
        Some(Opening::Folded),
    ] {
        let good = signing.seal(stand, opening).unwrap();
        assert_eq!(verify(&point, host, &good), Some(stand));
        let changed: [fn(&mut Seal); 6] = [
            |seal| seal.epoch.0 += 1,
            |seal| seal.seq += 1,
            |seal| seal.head[0] ^= 1,
            |seal| {
                seal.opening = match seal.opening {
                    None => Some(Opening::New),
                    Some(_) => None,
                }
            },
            |seal| *seal.signature.last_mut().unwrap() ^= 1,
            |seal| seal.signature.clear(),
        ];
        for (n, change) in changed.into_iter().enumerate() {
            let mut bad = good.clone();
            change(&mut bad);
            assert_eq!(verify(&point, host, &bad), None, "change {n}");
        }
        assert_eq!(verify(&point, HostId(Uuid::from_u128(2)), &good), None);
        let mut other = point.clone();
        other[64] ^= 1;
        for key in [&other[..], &point[1..], b""] {
            assert_eq!(verify(key, host, &good), None, "another key");
        }
    }
}

#[test]
fn a_key_on_another_curve_seals_nothing() {
    let signing = signing(HostId(Uuid::from_u128(1)), P384);
    assert!(signing.seal(Stand::default(), None).is_err());
}
