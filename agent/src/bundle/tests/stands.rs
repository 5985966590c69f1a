use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn with_two() -> (Site, Bundles) {
    let site = Site::pinned();
    let bundles = site.open();
    for serial in [1, 2] {
        assert_eq!(
            take(&site, &bundles, &site.bundle(serial)),
            Ok(OfferStage::InForce)
        );
        bundles.prove();
    }
    (site, bundles)
}

fn file(site: &Site, path: &str) -> PathBuf {
    site.disk().path(path)
}

#[test]
fn a_bundle_in_force_is_told_and_is_the_owners_alone() {
    let (site, bundles) = with_two();
    let made = site.bundle(2);
    let told = bundles.state();
    let now = told.in_force.unwrap();
    assert_eq!((now.serial, now.manifest), (2, made.offer.manifest));
    assert_eq!(now.created, at(0).timestamp_micros());
    assert_eq!(now.expires, at(30).timestamp_micros());
    assert_eq!(told.kept, [1, 2]);
    let root = told.root.unwrap();
    assert!(root.pinned && root.version == 1);
    let basis = Some(now.manifest);
    let next = site.bundle(3);
    assert_eq!(bundles.consider(&next.offer), Consider::Need { basis });
    let document = bundles.basis(now.manifest);
    assert_eq!(document, Some(made.manifest.document));
    for (path, mode) in [
        ("bundles/2", 0o700),
        ("bundles/2/files/rules/system", 0o700),
        ("bundles/2/files/rules/system/of-2.yaml", 0o600),
        ("in-force", 0o600),
    ] {
        let found = fs::metadata(file(&site, path)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn what_was_damaged_on_the_disk_is_not_decided_by() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("changed", |files| {
            fs::write(files.join("rules/system/of-2.yaml"), "id: of-2\n").unwrap();
        }),
        ("removed", |files| {
            fs::remove_file(files.join("rules/system/of-2.yaml")).unwrap();
        }),
        ("added", |files| {
            fs::write(files.join("rules/system/more.yaml"), "id: more\n").unwrap();
        }),
        ("a link", |files| {
            let of_2 = files.join("rules/system/of-2.yaml");
            fs::rename(&of_2, files.join("../of-2.yaml")).unwrap();
            symlink("../../../of-2.yaml", of_2).unwrap();
        }),
        ("a linked folder", |files| {
            fs::rename(files.join("rules"), files.join("../rules")).unwrap();
            symlink("../rules", files.join("rules")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let (site, bundles) = with_two();
        damage(&file(&site, "bundles/2/files"));
        // While it runs, before it decides every rule.
        bundles.check();
        assert_eq!(in_force(&site, &bundles), Some(1), "{what}");
        let (site, bundles) = with_two();
        drop(bundles);
        damage(&file(&site, "bundles/2/files"));
        assert!(super::super::in_force(&site.state()).is_err());
        let bundles = site.open();
        assert_eq!(in_force(&site, &bundles), Some(1), "{what}, at the start");
        // The collector offers it again, and the host has it again.
        let made = site.bundle(2);
        assert_eq!(
            take(&site, &bundles, &made),
            Ok(OfferStage::InForce),
            "{what}"
        );
        assert_eq!(in_force(&site, &bundles), Some(2), "{what}");
    }
}

#[test]
fn without_a_bundle_that_is_whole_what_was_installed_is_in_force() {
    let (site, bundles) = with_two();
    drop(bundles);
    // Files that two bundles share are one.
    fs::write(file(&site, "bundles/1/files/rules/system/of-all.yaml"), "").unwrap();
    let bundles = site.open();
    assert_eq!(in_force(&site, &bundles), None);
    assert_eq!(bundles.state().kept, [0; 0]);
    let made = site.bundle(1).again();
    let refused = take(&site, &bundles, &made).unwrap_err();
    assert_eq!(
        refused.why,
        ContentRefusal::Older,
        "no damage makes an old one new"
    );
}

#[test]
fn a_note_that_is_lost_does_not_lose_what_it_was_about() {
    let (site, bundles) = with_two();
    drop(bundles);
    fs::write(file(&site, "in-force"), "{").unwrap();
    let bundles = site.open();
    assert_eq!(in_force(&site, &bundles), Some(2));
    drop(bundles);
    fs::remove_file(file(&site, "highest.json")).unwrap();
    let bundles = site.open();
    let refused = take(&site, &bundles, &site.bundle(1).again()).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Older);
}

#[test]
fn somebody_on_the_host_chooses_until_a_newer_bundle_comes() {
    let (site, bundles) = with_two();
    bundles.choose(1).unwrap();
    assert_eq!(in_force(&site, &bundles), Some(1));
    let words = bundles.choose(7).unwrap_err().words;
    assert!(words.contains("there are: 1, 2"), "{words}");
    drop(bundles);
    let bundles = site.open();
    assert_eq!(in_force(&site, &bundles), Some(1));
    // What the collector offers is no newer than what was chosen against.
    let refused = take(&site, &bundles, &site.bundle(2).again()).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Switched);
    assert!(refused.words.contains("bundle use 2"), "{refused}");
    assert_eq!(
        take(&site, &bundles, &site.bundle(3)),
        Ok(OfferStage::InForce)
    );
    bundles.prove();
    let again = site.bundle(3).again();
    assert_eq!(take(&site, &bundles, &again), Ok(OfferStage::InForce));
}

#[test]
fn a_bundle_that_is_to_be_tried_only_comes_not_in_force() {
    let (site, bundles) = with_two();
    let mut made = site.bundle(3);
    made.offer.trial = true;
    assert_eq!(take(&site, &bundles, &made), Ok(OfferStage::Tried));
    assert_eq!(in_force(&site, &bundles), Some(2));
    let trial = bundles.state().offer.unwrap().trial.unwrap();
    assert_eq!((trial.results, trial.turning), (2, 1));
    drop(bundles);
    let bundles = site.open();
    assert_eq!(bundles.consider(&made.offer), Consider::Have, "once");
    // What was fetched for it is here for the offer that means it.
    let meant = site.bundle(3).again();
    let signatures = meant.manifest.signatures_file();
    bundles.consider(&meant.offer);
    let missing = bundles.manifest(&meant.offer, &meant.manifest.document, &signatures);
    assert_eq!(missing, Ok(Vec::new()));
}

#[test]
fn a_bundle_that_does_otherwise_in_force_is_taken_back() {
    let (site, bundles) = with_two();
    let made = site.bundle(3);
    assert_eq!(take(&site, &bundles, &made), Ok(OfferStage::InForce));
    assert_eq!(bundles.fledgling().map(|one| one.serial), Some(3));
    bundles.give_back(&Refused::new(ContentRefusal::Errors, "9 of 9 are an error"));
    assert_eq!(in_force(&site, &bundles), Some(2));
    let told = bundles.state().offer.unwrap();
    assert_eq!(told.stage, OfferStage::Returned);
    assert_eq!(told.detail, "9 of 9 are an error");
    assert_eq!(
        bundles.fledgling(),
        None,
        "what came back needs to show nothing"
    );
    assert_eq!(
        bundles.consider(&made.offer),
        Consider::Have,
        "not in a loop"
    );
    // The serial was in force, and what is older stays older.
    let refused = take(&site, &bundles, &site.bundle(1).again()).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Older);
}

#[test]
fn only_the_last_three_are_kept() {
    let (site, bundles) = with_two();
    for serial in 3..=6 {
        take(&site, &bundles, &site.bundle(serial)).unwrap();
        bundles.prove();
    }
    assert_eq!(bundles.state().kept, [4, 5, 6]);
    let names = site.disk().list("bundles").unwrap();
    assert_eq!(names, ["4", "5", "6"]);
    assert_eq!(site.disk().list("staging").unwrap(), [""; 0]);
}

#[test]
fn without_a_root_beside_the_agent_the_first_is_believed_and_that_is_told() {
    let site = Site::new();
    let bundles = site.open();
    assert_eq!((bundles.newest_root(), bundles.state().root), (0, None));
    let made = site.bundle(1);
    let refused = take(&site, &bundles, &made).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Root);
    let imported = bundles.import(&site.archive(&made)).unwrap();
    assert!(matches!(imported, Imported::Complete(_)));
    let root = bundles.state().root.unwrap();
    assert!(!root.pinned && root.version == 1);
    drop(bundles);
    assert_eq!(site.open().newest_root(), 1);
}

/// What no signature mends: the keys of the root are stolen, and a thief has used up all serials.
#[test]
fn another_root_beside_the_agent_is_a_new_beginning() {
    let (mut site, bundles) = with_two();
    let content = BTreeMap::from([rule("of-all", "/etc/hostname")]);
    let far = site.manifest(u64::MAX >> 1, &content);
    let far = site.bundle_of(far, content);
    assert_eq!(take(&site, &bundles, &far), Ok(OfferStage::InForce));
    drop(bundles);
    site.key = key(2);
    let document = serde_json::to_vec(&root(1, &site.key)).unwrap();
    fs::write(site.policy().root, document).unwrap();
    let bundles = site.open();
    assert_eq!(
        take(&site, &bundles, &site.bundle(3)),
        Ok(OfferStage::InForce)
    );
    // And it stays one: what the thief signs is nothing here.
    drop(bundles);
    let bundles = site.open();
    let refused = take(&site, &bundles, &far.again()).unwrap_err();
    assert_eq!(refused.why, ContentRefusal::Signatures);
    assert!(bundles.state().root.unwrap().pinned);
}

#[test]
fn an_import_of_what_is_in_force_changes_nothing_and_one_is_asked_for_by_a_file() {
    let (site, bundles) = with_two();
    let archive = site.folder.path().join("3.owb");
    let write = |serial| {
        let file = fs::File::create(&archive).unwrap();
        site.archive(&site.bundle(serial)).write(file).unwrap();
    };
    let ask = |what| ask::answer(&bundles, what, &archive, &site.ground());
    write(2);
    let trial = None;
    assert_eq!(
        ask(ask::Ask::Import),
        ask::Answer::InForce { serial: 2, trial }
    );
    write(3);
    let ask::Answer::InForce { serial: 3, trial } = ask(ask::Ask::Import) else {
        panic!("it is taken");
    };
    assert_eq!(trial.map(|trial| trial.results), Some(2));
    assert_eq!(in_force(&site, &bundles), Some(3));
    assert_eq!(
        bundles.state().offer.map(|offer| offer.serial),
        Some(2),
        "nobody else hears"
    );
    fs::write(&archive, "no bundle").unwrap();
    let ask::Answer::Refused(why) = ask(ask::Ask::Import) else {
        panic!("it is refused");
    };
    assert!(why.starts_with("this is no bundle: "), "{why}");
}
