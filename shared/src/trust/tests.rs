use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*, sample::subsequence};

use super::{
    test_keys::{document, id, key, part, revoked, root, signed, today},
    *,
};
use crate::wire::tests::corpus::replay;

const BUNDLE: &[u8] = b"a bundle";

/// What a root with two of the root keys 1 to 3 and two of the publishers 4 to 6 makes of a bundle with
/// these signatures.
fn judged(sort: Sort, keys: &[u8]) -> Result<usize, String> {
    let root = root(1, part(2, &[1, 2, 3]), part(2, &[4, 5, 6]));
    let signed = signed(BUNDLE.to_vec(), sort, keys);
    let signers = root.verify(Role::Publisher, &signed, today());
    signers
        .map(|keys| keys.len())
        .map_err(|error| error.to_string())
}

#[test]
fn enough_publishers_are_enough_whoever_else_signed() {
    assert_eq!(judged(Sort::Bundle, &[4, 5]), Ok(2));
    assert_eq!(judged(Sort::Bundle, &[9, 1, 4, 5, 6]), Ok(3));
}

#[test]
fn too_few_publishers_are_refused() {
    let told = judged(Sort::Bundle, &[4]).unwrap_err();
    assert!(
        told.starts_with("1 of 2 signatures that it takes for a bundle"),
        "{told}"
    );
    let told = judged(Sort::Bundle, &[]).unwrap_err();
    assert!(told.contains("nobody signed"), "{told}");
}

#[test]
fn a_key_that_signs_twice_counts_once() {
    let told = judged(Sort::Bundle, &[4, 4]).unwrap_err();
    assert!(
        told.contains("\"key 4\"") && told.contains("signed twice"),
        "{told}"
    );
}

#[test]
fn a_key_that_the_root_does_not_name_is_refused() {
    let told = judged(Sort::Bundle, &[4, 9]).unwrap_err();
    assert!(told.contains("is not a key of root 1"), "{told}");
}

#[test]
fn a_key_of_another_role_is_refused() {
    let told = judged(Sort::Bundle, &[1, 2]).unwrap_err();
    assert!(
        told.contains("\"key 1\"") && told.contains("may not sign this"),
        "{told}"
    );
}

#[test]
fn a_signature_of_another_sort_is_refused() {
    for sort in [Sort::Root, Sort::Release] {
        let told = judged(sort, &[4, 5]).unwrap_err();
        assert!(told.contains("is not of this document"), "{told}");
    }
}

#[test]
fn a_signature_under_another_name_is_refused() {
    let root = root(1, part(1, &[1]), part(1, &[4]));
    let mut forged = signed(BUNDLE.to_vec(), Sort::Bundle, &[9]);
    forged.signatures[0].key = id(4);
    assert!(root.verify(Role::Publisher, &forged, today()).is_err());
}

#[test]
fn a_revoked_key_is_refused_with_when_and_why() {
    let mut root = root(2, part(1, &[1]), part(1, &[4]));
    root.revoked = vec![revoked(5)];
    let signed = signed(BUNDLE.to_vec(), Sort::Bundle, &[5]);
    let told = root.verify(Role::Publisher, &signed, today()).unwrap_err();
    let told = told.to_string();
    assert!(
        told.contains("was revoked at 2026-03-01") && told.contains("stolen"),
        "{told}"
    );
}

#[test]
fn an_expired_root_vouches_for_nothing_and_is_followed_all_the_same() {
    let mut first = root(1, part(1, &[1]), part(1, &[4]));
    let bundle = signed(BUNDLE.to_vec(), Sort::Bundle, &[4]);
    let end = first.expires;
    assert!(
        first
            .verify(Role::Publisher, &bundle, end - TimeDelta::seconds(1))
            .is_ok()
    );
    let (version, at) = (1, end);
    assert_eq!(
        first.verify(Role::Publisher, &bundle, end),
        Err(RootError::Expired { version, at })
    );
    first.expires = first.created + TimeDelta::seconds(1);
    let next = root(2, part(1, &[1]), part(1, &[4]));
    let next = signed(document(&next), Sort::Root, &[1]);
    assert!(first.followed_by(&next).is_ok());
}

/// What comes of root 2 with root keys 3 and 4 after root 1 with 1 and 2, all of which must sign.
fn follows(version: u32, keys: &[u8]) -> Result<u32, RootError> {
    let first = root(1, part(2, &[1, 2]), part(1, &[9]));
    let next = root(version, part(2, &[3, 4]), part(1, &[9]));
    let next = signed(document(&next), Sort::Root, keys);
    first.followed_by(&next).map(|root| root.version)
}

#[test]
fn a_root_follows_when_enough_of_the_old_and_of_the_new_signed_it() {
    assert_eq!(follows(2, &[1, 2, 3, 4]), Ok(2));
    for keys in [
        &[1, 2][..],
        &[3, 4],
        &[1, 2, 3],
        &[2, 3, 4],
        &[9, 9, 9, 9],
        &[],
    ] {
        let told = follows(2, keys).unwrap_err();
        assert!(matches!(told, RootError::TooFew { .. }), "{keys:?}: {told}");
    }
}

#[test]
fn a_root_that_skips_a_version_or_goes_back_does_not_follow() {
    for found in [1, 3, u32::MAX] {
        let known = 1;
        let refused = Err(RootError::OutOfOrder { known, found });
        assert_eq!(follows(found, &[1, 2, 3, 4]), refused);
    }
}

#[test]
fn what_was_revoked_stays_revoked() {
    let mut first = root(1, part(1, &[1]), part(1, &[4]));
    first.revoked = vec![revoked(5)];
    let mut next = root(2, part(1, &[1]), part(1, &[4]));
    let (version, key) = (2, id(5));
    let signed_next = |next: &Root| signed(document(next), Sort::Root, &[1]);
    let refused = Err(RootError::Unrevoked { version, key });
    assert_eq!(first.followed_by(&signed_next(&next)), refused);
    next.revoked = vec![revoked(5), revoked(6)];
    assert!(first.followed_by(&signed_next(&next)).is_ok());
}

#[test]
fn a_chain_may_begin_before_the_root_that_is_known_and_may_not_break() {
    let chain: Vec<_> = (1..=4)
        .map(|version| {
            let root = root(version, part(1, &[version as u8]), part(1, &[9]));
            let before = version as u8 - 1;
            signed(document(&root), Sort::Root, &[before, version as u8])
        })
        .collect();
    let known = Root::pinned(&chain[1].document).unwrap();
    assert_eq!(known.follow(&chain).unwrap().version, 4);
    assert_eq!(known.follow(&chain[..2]).unwrap(), known);
    let broken = [&chain[0], &chain[1], &chain[3]];
    assert!(matches!(
        known.follow(broken),
        Err(RootError::OutOfOrder { .. })
    ));
}

#[test]
fn a_root_that_makes_no_sense_is_refused() {
    let good = root(1, part(1, &[1]), part(1, &[4]));
    let mut wrong = Vec::new();
    let mut with = |change: &dyn Fn(&mut Root), told: &str| {
        let mut root = good.clone();
        change(&mut root);
        wrong.push((document(&root), told.to_owned()));
    };
    with(&|root| root.format = 2, "format 2");
    with(&|root| root.version = 0, "versions begin with 1");
    with(&|root| root.expires = root.created, "expires before");
    with(&|root| root.root.threshold = 0, "0 of 1 keys for a root");
    with(
        &|root| root.publisher.threshold = 2,
        "2 of 1 keys for a bundle",
    );
    with(
        &|root| root.release = Some(part(1, &[7])),
        "may sign an agent build and is not among",
    );
    with(
        &|root| root.revoked = vec![revoked(4)],
        "among its keys and revoked",
    );
    with(
        &|root| {
            let one = root.keys.remove(&id(4)).unwrap();
            root.keys.insert(id(5), one);
        },
        "is not what this key is called",
    );
    let large = [document(&good), vec![b' '; MAX_ROOT]].concat();
    wrong.push((large, "are the most".into()));
    let unknown = String::from_utf8(document(&good)).unwrap();
    let unknown = unknown.replace("\"format\"", "\"more\": 1, \"format\"");
    wrong.push((unknown.into(), "unknown field".into()));
    for (document, expected) in wrong {
        let told = Root::pinned(&document).unwrap_err().to_string();
        assert!(told.contains(&expected), "{expected}: {told}");
    }
}

#[test]
fn nobody_signs_agent_builds_unless_the_root_says_who() {
    let mut root = root(1, part(1, &[1]), part(1, &[4]));
    let build = signed(b"a build".to_vec(), Sort::Release, &[4]);
    let told = root.verify(Role::Release, &build, today());
    assert_eq!(told, Err(RootError::NoRelease(1)));
    root.release = Some(part(1, &[4]));
    assert!(root.verify(Role::Release, &build, today()).is_ok());
}

#[test]
fn a_key_with_which_anything_verifies_is_none() {
    let mut identity = [0; 32];
    identity[0] = 1;
    assert!(PublicKey::from_bytes(&identity).is_none());
    let good = key(1).verifying_key().to_bytes();
    assert!(PublicKey::from_bytes(&good).is_some());
}

#[test]
fn signatures_are_read_as_they_are_written() {
    let two = signed(BUNDLE.to_vec(), Sort::Bundle, &[4, 5]);
    let file = two.signatures_file();
    assert_eq!(Signed::read(BUNDLE.to_vec(), &file), Ok(two));
}

#[test]
fn a_file_of_signatures_has_its_bounds() {
    let read = |file: &[u8]| Signed::read(BUNDLE.to_vec(), file).unwrap_err().to_string();
    let many = signed(BUNDLE.to_vec(), Sort::Bundle, &[4; MAX_SIGNATURES + 1]);
    assert!(read(&many.signatures_file()).starts_with("65 signatures"));
    assert!(read(&[b' '; MAX_SIGNATURES_FILE + 1]).contains("are the most"));
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"signatures":[{"key":"00","signature":""}]}"#,
    ] {
        assert!(read(wrong.as_bytes()).contains("not one"), "{wrong}");
    }
}

#[test]
fn who_signs_again_replaces_the_own_signature() {
    let mut document = signed(BUNDLE.to_vec(), Sort::Root, &[4]);
    document.add(Signature::sign(&key(5), Sort::Bundle, BUNDLE));
    document.add(Signature::sign(&key(4), Sort::Bundle, BUNDLE));
    let root = root(1, part(1, &[1]), part(2, &[4, 5]));
    assert!(root.verify(Role::Publisher, &document, today()).is_ok());
    assert_eq!(document.signatures.len(), 2);
}

/// The seeds of the fuzz target `root`.
#[test]
fn what_is_found_in_the_corpus_is_a_root_or_refused() {
    replay("root", |bytes| Root::pinned(bytes).is_ok());
}

/// Root keys of a version with how many of them it takes, and who of all keys signed it.
fn link() -> impl Strategy<Value = (Vec<u8>, u32, Vec<u8>)> {
    let all: Vec<u8> = (1..=5).collect();
    (subsequence(all.clone(), 1..=3), subsequence(all, 0..=5)).prop_flat_map(|(keys, signed)| {
        let most = keys.len() as u32;
        (Just(keys), 1..=most, Just(signed))
    })
}

proptest! {
    // Signatures are slow where nothing is optimised.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_chain_leads_as_far_as_each_link_is_signed_by_enough_of_both(links in vec(link(), 1..6)) {
        let enough = |(keys, needed, _): &(Vec<u8>, u32, Vec<u8>), by: &[u8]| {
            keys.iter().filter(|key| by.contains(key)).count() >= *needed as usize
        };
        let holds = |pair: &[(Vec<u8>, u32, Vec<u8>)]| {
            enough(&pair[0], &pair[1].2) && enough(&pair[1], &pair[1].2)
        };
        let reached = 1 + links.windows(2).take_while(|pair| holds(pair)).count();
        let chain: Vec<_> = (1..)
            .zip(&links)
            .map(|(version, (keys, needed, by))| {
                let root = root(version, part(*needed, keys), part(1, &[9]));
                signed(document(&root), Sort::Root, by)
            })
            .collect();
        let first = Root::pinned(&chain[0].document).unwrap();
        prop_assert_eq!(first.follow(&chain).is_ok(), reached == links.len());
        prop_assert_eq!(first.follow(&chain[..reached]).unwrap().version, reached as u32);
    }

    #[test]
    fn a_changed_byte_takes_every_signature_away(at in 0..BUNDLE.len(), bit in 0..8) {
        let root = root(1, part(1, &[1]), part(1, &[4]));
        let mut bundle = signed(BUNDLE.to_vec(), Sort::Bundle, &[4]);
        bundle.document[at] ^= 1u8 << bit;
        prop_assert!(root.verify(Role::Publisher, &bundle, today()).is_err());
    }
}
