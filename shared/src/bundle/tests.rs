use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    rule::{Check, load},
    trust::{
        Root, Signed, Sort,
        test_keys::{document, id, part, revoked, root, signed, today},
    },
    wire::ContentRefusal,
};

/// A manifest of these files, made today for a month.
pub(super) fn manifest(serial: u64, content: &BTreeMap<String, Vec<u8>>) -> Manifest {
    Manifest {
        format: 1,
        serial,
        created: today(),
        expires: today() + TimeDelta::days(30),
        minimum_agent: Version([0, 1, 0]),
        features: vec!["sysctl".into()],
        note: String::new(),
        files: content
            .iter()
            .map(|(path, bytes)| (path.clone(), File::of(bytes)))
            .collect(),
    }
}

/// The root of these tests: two of the publishers 4, 5 and 6.
fn pinned() -> Root {
    root(1, part(1, &[1]), part(2, &[4, 5, 6]))
}

fn offered(manifest: &Manifest) -> Signed {
    signed(manifest.write().unwrap(), Sort::Bundle, &[4, 5])
}

fn engine() -> Engine {
    Engine {
        version: Version([0, 1, 0]),
        features: &["all", "sysctl"],
    }
}

fn taken(
    newest: Option<&Newest>,
    roots: &[Signed],
    signed: &Signed,
    now: DateTime<Utc>,
) -> Result<Verified, Refused> {
    let known = Known {
        root: &pinned(),
        newest,
        engine: engine(),
    };
    verify(known, roots, signed, now)
}

/// Why a bundle with this change is not taken.
fn refused(change: impl Fn(&mut Manifest)) -> (ContentRefusal, String) {
    let mut one = manifest(7, &BTreeMap::new());
    change(&mut one);
    let refused = taken(None, &[], &offered(&one), today()).unwrap_err();
    (refused.why(), refused.to_string())
}

/// What is remembered after a bundle of this serial was taken.
fn after(serial: u64) -> Newest {
    let bundle = offered(&manifest(serial, &BTreeMap::new()));
    taken(None, &[], &bundle, today()).unwrap().newest
}

#[test]
fn a_signed_bundle_is_taken_and_tells_what_to_remember() {
    let signed = offered(&manifest(7, &BTreeMap::new()));
    let verified = taken(None, &[], &signed, today()).unwrap();
    assert_eq!(verified.root, pinned());
    assert_eq!(verified.newest.serial, 7);
    assert_eq!(verified.newest.manifest, Hash::of(&signed.document));
    assert_eq!(verified.newest.signers, BTreeSet::from([id(4), id(5)]));
}

#[test]
fn a_bundle_that_too_few_signed_is_refused() {
    let one = manifest(7, &BTreeMap::new()).write().unwrap();
    let refused = taken(None, &[], &signed(one, Sort::Bundle, &[4]), today()).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Signatures);
}

#[test]
fn an_expired_bundle_is_refused_from_that_instant_on() {
    let signed = offered(&manifest(7, &BTreeMap::new()));
    let end = today() + TimeDelta::days(30);
    assert!(taken(None, &[], &signed, end - TimeDelta::seconds(1)).is_ok());
    let refused = taken(None, &[], &signed, end).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Expired);
}

#[test]
fn a_bundle_in_the_name_of_an_expired_root_is_refused() {
    let far = |manifest: &mut Manifest| manifest.expires = today() + TimeDelta::days(1000);
    let mut one = manifest(7, &BTreeMap::new());
    far(&mut one);
    let now = today() + TimeDelta::days(365);
    let refused = taken(None, &[], &offered(&one), now).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Root);
    assert!(refused.to_string().contains("publish the next root"));
}

#[test]
fn a_clock_that_is_behind_is_told_from_expiry() {
    let signed = offered(&manifest(7, &BTreeMap::new()));
    assert!(taken(None, &[], &signed, today() - TimeDelta::days(1)).is_ok());
    let refused = taken(None, &[], &signed, today() - TimeDelta::hours(25)).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Clock);
}

#[test]
fn a_bundle_older_than_the_newest_is_refused_and_the_same_is_taken_again() {
    let newest = after(7);
    let offer = |serial| {
        let signed = offered(&manifest(serial, &BTreeMap::new()));
        taken(Some(&newest), &[], &signed, today()).map_err(|refused| refused.why())
    };
    assert_eq!(offer(6), Err(ContentRefusal::Older));
    assert_eq!(offer(7).unwrap().newest, newest);
    assert_eq!(offer(8).unwrap().newest.serial, 8);
}

#[test]
fn two_bundles_of_one_serial_are_never_both_taken() {
    let mut other = manifest(7, &BTreeMap::new());
    other.note = "another".into();
    let refused = taken(Some(&after(7)), &[], &offered(&other), today()).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Equivocation);
}

#[test]
fn the_serial_of_a_thief_is_forgotten_when_his_key_is_revoked_and_no_other() {
    let newest = after(i64::MAX as u64);
    let next = |stolen: u8, publishers: &[u8]| {
        let mut next = root(2, part(1, &[1]), part(2, publishers));
        next.revoked = vec![revoked(stolen)];
        [signed(document(&next), Sort::Root, &[1])]
    };
    let honest = manifest(8, &BTreeMap::new()).write().unwrap();
    let honest = signed(honest, Sort::Bundle, &[5, 6]);
    let verified = taken(Some(&newest), &next(4, &[5, 6]), &honest, today()).unwrap();
    assert_eq!((verified.newest.serial, verified.root.version), (8, 2));
    let others = taken(Some(&newest), &next(7, &[5, 6]), &honest, today()).unwrap_err();
    assert_eq!(others.why(), ContentRefusal::Older);
}

#[test]
fn a_bundle_that_the_new_root_does_not_allow_is_refused_though_the_old_one_would() {
    let next = root(2, part(1, &[1]), part(1, &[8]));
    let next = signed(document(&next), Sort::Root, &[1]);
    let bundle = offered(&manifest(7, &BTreeMap::new()));
    let refused = taken(None, &[next], &bundle, today()).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Signatures);
}

#[test]
fn a_root_that_does_not_follow_refuses_the_bundle_that_came_with_it() {
    let next = root(2, part(1, &[9]), part(1, &[4]));
    let next = signed(document(&next), Sort::Root, &[9]);
    let bundle = offered(&manifest(7, &BTreeMap::new()));
    let refused = taken(None, &[next], &bundle, today()).unwrap_err();
    assert_eq!(refused.why(), ContentRefusal::Root);
}

#[test]
fn an_agent_that_is_too_old_or_lacks_a_check_says_what_it_lacks() {
    let (why, told) = refused(|one| one.minimum_agent = Version([0, 2, 0]));
    assert_eq!(why, ContentRefusal::Agent);
    assert!(told.contains("0.2.0") && told.contains("0.1.0"), "{told}");
    let (why, told) = refused(|one| one.features = vec!["sysctl".into(), "telepathy".into()]);
    assert_eq!(why, ContentRefusal::Agent);
    assert!(told.contains("(telepathy)"), "{told}");
}

#[test]
fn a_manifest_of_a_later_format_needs_a_newer_agent_and_nonsense_is_malformed() {
    let as_signed = |text: &str| {
        let signed = signed(text.into(), Sort::Bundle, &[4, 5]);
        taken(None, &[], &signed, today()).unwrap_err().why()
    };
    let good = String::from_utf8(manifest(7, &BTreeMap::new()).write().unwrap()).unwrap();
    let later = good.replace("\"format\": 1", "\"format\": 2");
    assert_eq!(as_signed(&later), ContentRefusal::Agent);
    assert_eq!(as_signed("{}"), ContentRefusal::Malformed);
    assert_eq!(
        as_signed(&" ".repeat(MAX_MANIFEST + 1)),
        ContentRefusal::TooLarge
    );
}

#[test]
fn a_manifest_has_its_bounds_and_no_path_of_it_escapes() {
    let with = |path: &str, size: u64| {
        let mut one = manifest(1, &BTreeMap::new());
        let sha256 = Hash::of(b"");
        one.files.insert(path.to_owned(), File { sha256, size });
        one.files.insert("rules/a".into(), File { sha256, size: 0 });
        one.write()
    };
    assert!(with(&format!("rules/{}", "x".repeat(100)), MAX_FILE).is_ok());
    for path in [
        "",
        "/etc/passwd",
        "../x",
        "rules/../../x",
        "rules/./x",
        "rules//x",
        "rules/",
        ".hidden",
        "rules/\u{e9}",
        "a b",
        "a\\b",
        "a\0b",
        "a\nb",
        "rules/a/below",
        &"x".repeat(101),
        &["x"; 71].join("/"),
    ] {
        assert!(
            matches!(with(path, 0), Err(ManifestError::Path { .. })),
            "{path:?}"
        );
    }
    let large = with("rules/b", MAX_FILE + 1);
    assert!(matches!(large, Err(ManifestError::File { .. })));
    let mut many = manifest(1, &BTreeMap::new());
    let sha256 = Hash::of(b"");
    let file = |n: u64| {
        (
            n.to_string(),
            File {
                sha256,
                size: MAX_FILE,
            },
        )
    };
    many.files = (0..=MAX_BYTES / MAX_FILE).map(file).collect();
    assert!(matches!(many.write(), Err(ManifestError::Together(_))));
    many.files = (0..=MAX_FILES as u64).map(file).collect();
    assert!(matches!(many.write(), Err(ManifestError::Files(5001))));
}

#[test]
fn the_features_are_every_check_that_there_is() {
    let schema = schemars::schema_for!(Check).to_value();
    let checks = schema["oneOf"].as_array().unwrap();
    let checks: BTreeSet<_> = checks
        .iter()
        .map(|check| check["required"][0].as_str().unwrap())
        .collect();
    assert_eq!(checks, FEATURES.iter().copied().collect());
}

#[test]
fn the_features_of_content_are_the_checks_in_it_at_any_depth() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules/kernel");
    std::fs::create_dir_all(&rules).unwrap();
    let text = "id: one\ntitle: One\nseverity: low\ncategory: kernel\nwhy: Because.\n\
                check:\n  any:\n    - not: {file: {paths: [/a], exists: true}}\n    - manual: Ask.\n";
    std::fs::write(rules.join("one.yaml"), text).unwrap();
    let content = load::Content::load(folder.path(), load::Tests::Without).unwrap();
    assert_eq!(
        features_of(&content),
        BTreeSet::from(["any", "file", "manual", "not"])
    );
}

#[test]
fn versions_are_ordered_by_number() {
    let version = |text: &str| text.parse::<Version>();
    assert!(version("0.10.0").unwrap() > version("0.9.7").unwrap());
    assert_eq!(version("1.2.3-rc1"), Ok(Version([1, 2, 3])));
    for text in [
        "", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.+3", "1.2.",
    ] {
        assert!(version(text).is_err(), "{text}");
    }
    assert!(Engine::here().is_ok());
}
