use super::*;

/// Something that changes what is in force, and what is then.
#[derive(Debug, Clone, Copy)]
enum Step {
    Take(u64),
    Prove,
    Begin,
    GiveBack,
    Choose(u64),
}

use Step::{Begin, Choose, GiveBack, Prove, Take};

/// Whether the process is to die over it; what it does; what is in force then.
const LIFE: [(bool, Step, Option<u64>); 9] = [
    (true, Take(1), Some(1)),
    (true, Begin, Some(1)),
    (true, Prove, Some(1)),
    (false, Take(2), Some(2)),
    (true, GiveBack, Some(1)),
    (false, Take(3), Some(3)),
    (false, Take(4), Some(4)),
    // The first is one too many from here on.
    (true, Take(5), Some(5)),
    (true, Choose(4), Some(4)),
];

fn live(site: &Site, bundles: &Bundles, step: Step) {
    // What fails because the process is dead, fails.
    match step {
        Take(serial) => drop(take(site, bundles, &site.bundle(serial))),
        Begin => bundles.check(),
        Prove => bundles.prove(),
        GiveBack => bundles.give_back(&Refused::new(ContentRefusal::Errors, "it was of no use")),
        Choose(serial) => drop(bundles.choose(serial)),
    }
}

fn dies_at(bundles: &Bundles, left: u32) {
    let state = bundles.lock();
    let disk = &state.opened.as_ref().unwrap().store.disk;
    disk.left.set(Some(left));
}

fn is_dead(bundles: &Bundles) -> bool {
    let state = bundles.lock();
    let disk = &state.opened.as_ref().unwrap().store.disk;
    disk.left.get() == Some(0)
}

/// Whenever the process dies, one of the contents before and after is in force, and whole; and the
/// next process does what this one did not.
#[test]
fn whenever_the_process_dies_exactly_one_valid_content_is_in_force() {
    let (mut before, mut deaths) = (None, 0);
    let begin = Site::pinned();
    for (dies, step, after) in LIFE {
        for left in (0..).take_while(|_| dies) {
            let site = begin.copy();
            let bundles = site.open();
            dies_at(&bundles, left);
            live(&site, &bundles, step);
            let died = is_dead(&bundles);
            drop(bundles);
            let bundles = site.open();
            let found = in_force(&site, &bundles);
            assert!(
                found == before || found == after,
                "{step:?} died at {left}: {found:?}"
            );
            if let Take(serial) = step {
                let taken = take(&site, &bundles, &site.bundle(serial).again());
                assert_eq!(taken, Ok(OfferStage::InForce), "{step:?} died at {left}");
            } else if found == before {
                live(&site, &bundles, step);
            }
            assert_eq!(in_force(&site, &bundles), after, "{step:?} died at {left}");
            assert!(bundles.state().kept.len() <= 3);
            if !died {
                break;
            }
            deaths += 1;
        }
        let bundles = begin.open();
        live(&begin, &bundles, step);
        assert_eq!(in_force(&begin, &bundles), after, "{step:?}");
        before = after;
    }
    assert!(deaths > 50, "{deaths} places to die");
}

/// A file that was cut short by a crash is fetched once more, and nothing else is.
#[test]
fn what_was_fetched_before_a_crash_is_not_fetched_again() {
    let site = Site::pinned();
    let made = site.bundle(1);
    let bundles = site.open();
    let signatures = made.manifest.signatures_file();
    let ask = |bundles: &Bundles| {
        let missing = bundles.manifest(&made.offer, &made.manifest.document, &signatures);
        let missing = missing.unwrap().into_iter().map(|(hash, _)| Hash(hash));
        missing.collect::<Vec<_>>()
    };
    let all = ask(&bundles);
    assert_eq!(all.len(), 2);
    for file in made.content.values() {
        bundles.file(Hash::of(file).0, file).unwrap();
    }
    drop(bundles);
    let cut = site.disk().path(format!("staging/{}", all[0]));
    fs::write(cut, "id: of-").unwrap();
    let bundles = site.open();
    assert_eq!(ask(&bundles), [all[0]]);
    // Of the next bundle, what it shares with this one is here too.
    assert_eq!(take(&site, &bundles, &made), Ok(OfferStage::InForce));
    let next = site.bundle(2);
    let signatures = next.manifest.signatures_file();
    let missing = bundles.manifest(&next.offer, &next.manifest.document, &signatures);
    assert_eq!(missing.unwrap().len(), 1);
}

/// A bundle that ends the agent each time is not tried for ever.
#[test]
fn a_trial_that_twice_ended_with_the_agent_is_the_last_of_its_order() {
    let site = Site::pinned();
    let made = site.bundle(1);
    for n in 0..2 {
        let bundles = site.open();
        assert!(
            matches!(bundles.consider(&made.offer), Consider::Need { .. }),
            "{n}"
        );
        fetch(&bundles, &made).unwrap();
        // The trial begins, and the process is gone.
        bundles.lock().tell_of(&made.offer, Last::begin);
    }
    let bundles = site.open();
    assert_eq!(bundles.consider(&made.offer), Consider::Have);
    let told = bundles.state().offer.unwrap();
    assert_eq!(told.stage, OfferStage::Refused(ContentRefusal::Budget));
    assert!(told.detail.contains("ended 2 times"), "{}", told.detail);
    assert_eq!(
        take(&site, &bundles, &made.again()),
        Ok(OfferStage::InForce)
    );
}

/// The same when it is in force, and the trial went well.
#[test]
fn a_bundle_in_force_with_which_the_agent_ended_twice_is_given_up() {
    let site = Site::pinned();
    let bundles = site.open();
    take(&site, &bundles, &site.bundle(1)).unwrap();
    bundles.prove();
    let made = site.bundle(2);
    take(&site, &bundles, &made).unwrap();
    bundles.check();
    bundles.check();
    assert_eq!(
        in_force(&site, &site.open()),
        Some(2),
        "to look is not to decide"
    );
    let second = site.open();
    second.check();
    assert_eq!(in_force(&site, &second), Some(2));
    let third = site.open();
    third.check();
    assert_eq!(in_force(&site, &third), Some(1));
    let told = third.state().offer.unwrap();
    assert_eq!(told.stage, OfferStage::Returned);
    assert_eq!(third.consider(&made.offer), Consider::Have, "not in a loop");
    assert_eq!(third.state().kept, [1]);
    assert_eq!(take(&site, &third, &made.again()), Ok(OfferStage::InForce));
}

/// One that is stopped as services are is no witness against a bundle.
#[test]
fn an_agent_that_is_asked_to_stop_counts_against_no_bundle() {
    let site = Site::pinned();
    let (made, next) = (site.bundle(1), site.bundle(2));
    for _ in 0..5 {
        let bundles = site.open();
        bundles.consider(&made.offer);
        fetch(&bundles, &made).unwrap();
        bundles.lock().tell_of(&made.offer, Last::begin);
        bundles.leave();
    }
    assert_eq!(take(&site, &site.open(), &made), Ok(OfferStage::InForce));
    for _ in 0..5 {
        let bundles = site.open();
        bundles.check();
        assert_eq!(in_force(&site, &bundles), Some(1));
        bundles.leave();
    }
    assert_eq!(take(&site, &site.open(), &next), Ok(OfferStage::InForce));
}
