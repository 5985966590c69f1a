//! The rules that are shipped: each gives on each of its small hosts the verdict that lies beside it,
//! and none passes on a host that has nothing unless it says so.

use std::{fs, path::Path};

use shared::{
    clock::SystemClock,
    rule::{
        load::{Content, Loaded, Tests},
        result::{Outcome, Verdict},
        variable::Values,
    },
};

use super::{Came, Scratch, test};
use crate::{
    host::Host,
    rule::{evaluate, source::Sources},
};

/// What a host is called on which there is nothing else.
const RELEASES: [&str; 6] = [
    "",
    "ID=debian\nVERSION_ID=\"12\"\n",
    "ID=ubuntu\nVERSION_ID=\"24.04\"\n",
    "ID=rhel\nVERSION_ID=\"9.4\"\n",
    "ID=sles\nVERSION_ID=\"15.6\"\n",
    "ID=amzn\nVERSION_ID=\"2023\"\n",
];

pub(super) fn content() -> Content {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/content");
    Content::load(&folder, Tests::With).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    })
}

fn on(root: &Path, loaded: &Loaded, values: &Values) -> Outcome {
    let host = Host::at(root, SystemClock::shared());
    evaluate(&loaded.rule, values, &Sources::of(&host))
}

#[test]
fn every_rule_gives_the_verdicts_that_lie_beside_it() {
    let scratch = Scratch::new().unwrap();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (id, loaded) in &content().rules {
        let fixtures = loaded.fixtures.as_ref().unwrap();
        for (case, came) in test(&loaded.rule, fixtures, &scratch).unwrap() {
            cases += 1;
            if let Came::Otherwise(outcome) = came {
                let (name, said) = (&case.name, case.verdict);
                let (verdict, because) = (outcome.verdict, outcome.because);
                wrong.push(format!("{id}, {name}: {verdict} and not {said}: {because}"));
            }
        }
    }
    let told = wrong.join("\n");
    assert!(wrong.is_empty(), "{} of {cases}:\n{told}", wrong.len());
}

#[test]
fn no_rule_passes_on_a_host_that_has_nothing_unless_it_says_so() {
    let content = content();
    let mut wrong = Vec::new();
    for release in RELEASES {
        let root = tempfile::tempdir().unwrap();
        if !release.is_empty() {
            fs::create_dir(root.path().join("etc")).unwrap();
            fs::write(root.path().join("etc/os-release"), release).unwrap();
        }
        for (id, loaded) in &content.rules {
            let absent = loaded.fixtures.as_ref().unwrap().cases.iter();
            let says_so = absent
                .filter(|case| case.absent)
                .any(|case| case.verdict == Verdict::Pass);
            let outcome = on(root.path(), loaded, &Values::new());
            if outcome.verdict == Verdict::Pass && !says_so {
                wrong.push(format!("{id} on {release:?}: {}", outcome.because));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_public_name_is_decided_by_two_rules_for_one_platform() {
    let content = content();
    let mut seen = std::collections::BTreeMap::<&str, Vec<&Loaded>>::new();
    for loaded in content.rules.values() {
        for subject in &loaded.rule.subjects {
            seen.entry(subject).or_default().push(loaded);
        }
    }
    for (subject, rules) in seen {
        for (n, one) in rules.iter().enumerate() {
            for other in &rules[n + 1..] {
                let (ours, others) = (&one.rule.platforms, &other.rule.platforms);
                let shared = ours.is_empty()
                    || others.is_empty()
                    || ours
                        .iter()
                        .any(|p| others.iter().any(|o| o.family == p.family));
                assert!(!shared, "{subject}: {} and {}", one.rule.id, other.rule.id);
            }
        }
    }
}
