use std::iter::once;

use super::*;

/// Refuses an offer, for this reason; nothing in force changes.
fn refuses(site: &Site, bundles: &Bundles, made: &Made, why: ContentRefusal) -> String {
    let before = (bundles.state().in_force, bundles.content().borrow().clone());
    let refused = take(site, bundles, made).expect_err("a refusal");
    assert_eq!(refused.why, why, "{refused}");
    let told = bundles.state();
    assert_eq!((told.in_force, bundles.content().borrow().clone()), before);
    let offer = told.offer.unwrap();
    assert_eq!(offer.stage, OfferStage::Refused(why));
    assert_eq!(
        (offer.order, &offer.detail),
        (made.offer.order, &refused.words)
    );
    refused.words
}

/// A host with bundle 5 in force.
fn site() -> (Site, Bundles) {
    let site = Site::pinned();
    let bundles = site.open();
    assert_eq!(
        take(&site, &bundles, &site.bundle(5)),
        Ok(OfferStage::InForce)
    );
    bundles.prove();
    (site, bundles)
}

fn with(site: &Site, serial: u64, change: impl FnOnce(&mut Manifest)) -> Made {
    let made = site.bundle(serial);
    let mut manifest = Manifest::read(&made.manifest.document).unwrap();
    change(&mut manifest);
    site.bundle_of(manifest, made.content)
}

#[test]
fn a_bundle_that_no_publisher_signed_is_refused() {
    let (site, bundles) = site();
    let mut made = site.bundle(6);
    let document = made.manifest.document.clone();
    made.manifest = signed(Sort::Bundle, document.clone(), &[&key(9)]);
    refuses(&site, &bundles, &made, ContentRefusal::Signatures);
    // One that was signed as something else is not signed as a bundle.
    let mut made = made.again();
    made.manifest = signed(Sort::Root, document, &[&key(1)]);
    refuses(&site, &bundles, &made, ContentRefusal::Signatures);
}

#[test]
fn a_root_that_does_not_follow_is_refused_and_the_next_is_taken() {
    let (_site, bundles) = site();
    let add = |root: &Root, keys: &[&SigningKey]| {
        let document = serde_json::to_vec(root).unwrap();
        let root = signed(Sort::Root, document, keys);
        bundles.add_root(&root.document, &root.signatures_file())
    };
    let (old, new) = (key(1), key(2));
    for (root, keys) in [
        (root(2, &new), vec![&new]),
        (root(2, &new), vec![&old]),
        (root(3, &new), vec![&old, &new]),
    ] {
        let refused = add(&root, &keys).unwrap_err();
        assert_eq!(refused.why, ContentRefusal::Root, "{refused}");
        assert_eq!(bundles.newest_root(), 1);
    }
    add(&root(2, &new), &[&old, &new]).unwrap();
    assert_eq!(bundles.newest_root(), 2);
}

#[test]
fn a_bundle_that_is_older_or_another_of_the_same_serial_is_refused() {
    let (site, bundles) = site();
    let words = refuses(&site, &bundles, &site.bundle(4), ContentRefusal::Older);
    assert!(words.contains("older than 5"), "{words}");
    let other = with(&site, 5, |manifest| manifest.note = "another".into());
    refuses(
        &site,
        &bundles,
        &other.again(),
        ContentRefusal::Equivocation,
    );
    // Also by an agent that has started anew, and has the older one no longer.
    drop(bundles);
    let bundles = site.open();
    refuses(
        &site,
        &bundles,
        &site.bundle(4).again(),
        ContentRefusal::Older,
    );
}

#[test]
fn what_expired_stays_expired_when_the_clock_is_set_back() {
    let (site, bundles) = site();
    site.clock.advance(TimeDelta::days(31));
    let words = refuses(&site, &bundles, &site.bundle(6), ContentRefusal::Expired);
    assert!(
        words.contains("this host's clock says 2024-11-04"),
        "{words}"
    );
    // Both clocks agreed; the host's is set back.
    bundles.agree(at(32));
    site.clock.advance(TimeDelta::days(-20));
    drop(bundles);
    let bundles = site.open();
    let words = refuses(
        &site,
        &bundles,
        &site.bundle(6).again(),
        ContentRefusal::Expired,
    );
    assert!(words.contains("and it has been 2024-11-04"), "{words}");
    assert_eq!(in_force(&site, &bundles), Some(5), "what is in force stays");
}

/// Neither a collector's clock nor the host's alone makes bundles look expired for ever.
#[test]
fn one_clock_that_was_far_ahead_does_no_lasting_harm() {
    let (site, bundles) = site();
    bundles.agree(at(9000));
    site.clock.advance(TimeDelta::days(9000));
    let words = refuses(&site, &bundles, &site.bundle(6), ContentRefusal::Root);
    assert!(words.contains("expired"), "{words}");
    bundles.agree(at(1));
    site.clock.advance(TimeDelta::days(-8999));
    assert_eq!(
        take(&site, &bundles, &site.bundle(6).again()),
        Ok(OfferStage::InForce)
    );
}

#[test]
fn a_bundle_from_the_future_says_that_the_clock_is_behind() {
    let (site, bundles) = site();
    let made = with(&site, 6, |manifest| manifest.created = at(2));
    let words = refuses(&site, &bundles, &made, ContentRefusal::Clock);
    assert!(words.contains("set the clock"), "{words}");
}

#[test]
fn a_bundle_that_this_agent_cannot_use_is_refused() {
    let (site, bundles) = site();
    let newer = with(&site, 6, |m| m.minimum_agent = "99.0.0".parse().unwrap());
    refuses(&site, &bundles, &newer, ContentRefusal::Agent);
    let able = with(&site, 6, |m| {
        m.features = vec!["file".into(), "flying".into()]
    });
    let words = refuses(&site, &bundles, &able.again(), ContentRefusal::Agent);
    assert!(words.contains("flying"), "{words}");
}

#[test]
fn a_manifest_or_a_file_that_is_another_than_was_named_is_refused() {
    let (site, bundles) = site();
    let (made, other) = (site.bundle(6), site.bundle(7));
    let signatures = other.manifest.signatures_file();
    bundles.consider(&made.offer);
    let came = bundles.manifest(&made.offer, &other.manifest.document, &signatures);
    assert_eq!(came.unwrap_err().why, ContentRefusal::Malformed);
    let hash = Hash::of(b"this").0;
    assert_eq!(
        bundles.file(hash, b"that").unwrap_err().why,
        ContentRefusal::Malformed
    );
    let large = vec![b'#'; 300 << 10];
    let refused = bundles.file(Hash::of(&large).0, &large).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::TooLarge);
    assert_eq!(in_force(&site, &bundles), Some(5));
}

#[test]
fn a_bundle_of_which_a_file_is_missing_is_refused() {
    let (site, bundles) = site();
    let made = site.bundle(6);
    bundles.consider(&made.offer);
    let signatures = made.manifest.signatures_file();
    let missing = bundles.manifest(&made.offer, &made.manifest.document, &signatures);
    assert_eq!(missing.unwrap().len(), 1);
    bundles.complete(&made.offer);
    let refused = bundles.take(&made.offer, &site.ground()).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Incomplete, "{refused}");
    assert!(refused.words.contains("of-6.yaml is missing"), "{refused}");
    assert_eq!(in_force(&site, &bundles), Some(5));
    // What is lacking is had the next time.
    assert_eq!(
        take(&site, &bundles, &made.again()),
        Ok(OfferStage::InForce)
    );
}

#[test]
fn a_bundle_that_costs_too_much_is_refused_and_not_tried_again_for_the_same_order() {
    let (site, bundles) = site();
    let content: BTreeMap<_, _> = (0..100)
        .map(|n| rule(&format!("of-{n}"), "/etc/hostname"))
        .collect();
    let made = site.bundle_of(site.manifest(6, &content), content);
    bundles.consider(&made.offer);
    fetch(&bundles, &made).unwrap();
    let mut ground = site.ground();
    ground.limits.cpu = Duration::ZERO;
    let refused = bundles.take(&made.offer, &ground).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Budget, "{refused}");
    let told = bundles.state().offer.unwrap();
    let results = told.trial.unwrap().results;
    assert!(
        results < 100,
        "it ends when it has cost what it may: {results}"
    );
    drop(bundles);
    let bundles = site.open();
    assert_eq!(bundles.consider(&made.offer), Consider::Have);
    assert_eq!(
        take(&site, &bundles, &made.again()),
        Ok(OfferStage::InForce)
    );
}

#[test]
fn a_bundle_whose_rules_cannot_be_decided_is_refused_and_what_turns_is_told() {
    let (site, bundles) = site();
    let broken = (
        "rules/system/broken.yaml".to_owned(),
        b"id: other\n".to_vec(),
    );
    let content: BTreeMap<_, _> = once(broken)
        .chain([rule("of-all", "/etc/nothing")])
        .collect();
    let made = site.bundle_of(site.manifest(6, &content), content);
    let words = refuses(&site, &bundles, &made, ContentRefusal::Errors);
    assert!(
        words.contains("1 of 2 results are an error, and 0 were before"),
        "{words}"
    );
    let trial = bundles.state().offer.unwrap().trial.unwrap();
    let turns: Vec<_> = trial
        .turns
        .iter()
        .map(|turn| (&*turn.rule, turn.from.as_deref(), turn.to.as_deref()))
        .collect();
    let expected = [
        ("of-5", Some("pass"), None),
        ("of-all", Some("pass"), Some("fail")),
        ("broken", None, Some("error")),
    ];
    assert_eq!(turns, expected);
    assert_eq!(
        (trial.turning, trial.errors),
        (2, 1),
        "what is new turns nothing"
    );
}

#[test]
fn a_host_whose_own_settings_forbid_it_takes_no_offer_but_a_file() {
    let mut site = Site::pinned();
    site.offers = false;
    let bundles = site.open();
    let made = site.bundle(5);
    let words = refuses(&site, &bundles, &made, ContentRefusal::Switched);
    assert!(words.contains("content.offers"), "{words}");
    let Imported::Complete(offer) = bundles.import(&site.archive(&made)).unwrap() else {
        panic!("it is not in force");
    };
    bundles.take(&offer, &site.ground()).unwrap();
    assert_eq!(in_force(&site, &bundles), Some(5));
}

#[test]
fn a_folder_that_cannot_be_used_refuses_offers_and_leaves_what_was_installed() {
    let site = Site::pinned();
    fs::create_dir(site.folder.path().join("state")).unwrap();
    fs::write(site.folder.path().join("state/content"), "a file").unwrap();
    let bundles = site.open();
    refuses(&site, &bundles, &site.bundle(1), ContentRefusal::Storage);
    assert_eq!(in_force(&site, &bundles), None);
}

#[test]
fn a_root_beside_the_agent_that_makes_no_sense_lets_nobody_be_believed() {
    let site = Site::new();
    fs::write(site.folder.path().join("root.json"), "{}").unwrap();
    let bundles = site.open();
    let document = serde_json::to_vec(&root(1, &key(1))).unwrap();
    let first = signed(Sort::Root, document, &[&key(1)]);
    let added = bundles.add_root(&first.document, &first.signatures_file());
    let refused = added.unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Root);
    assert!(
        refused.words.contains("root.json cannot be used"),
        "{refused}"
    );
    refuses(&site, &bundles, &site.bundle(1), ContentRefusal::Root);
}
