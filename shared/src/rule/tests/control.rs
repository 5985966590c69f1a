//! Tables of controls in a folder of content, what names their controls, and what we keep of them.

use std::{fs, path::Path};

use super::{AT, RULE, TESTS, TESTS_AT, folder};
use crate::rule::load::{Content, Tests};

/// The rule with these tables and more lines.
fn content(more: &str, tables: &[(&str, &str)]) -> tempfile::TempDir {
    let root = folder(&[(AT, &format!("{RULE}{more}")), (TESTS_AT, TESTS)]);
    fs::create_dir(root.path().join("frameworks")).unwrap();
    for (key, text) in tables {
        let path = root.path().join(format!("frameworks/{key}.yaml"));
        fs::write(path, format!("key: {key}\n{text}")).unwrap();
    }
    root
}

fn told(root: &Path) -> Vec<String> {
    let problems = Content::load(root, Tests::With).unwrap_err();
    let prefix = format!("{}/", root.display());
    let told = problems.iter();
    told.map(|one| one.to_string().replace(&prefix, ""))
        .collect()
}

const NIST: &str = "controls:\n  \
    - {id: AC-7, automated: false, subjects: [sshd_disable_root_login]}\n  \
    - {id: AC-7(1), automated: false}\n";

#[test]
fn a_reference_to_a_control_that_is_not_there_is_told_with_its_line() {
    let line = RULE.lines().count() + 2;
    let refer = |ids: &str| format!("references:\n  nist: [{ids}]\n");
    let root = content(&refer("AC-7, AC-7(1)"), &[("nist", NIST)]);
    assert!(Content::load(root.path(), Tests::With).is_ok());

    let root = content(&refer("AC-7, AC-70"), &[("nist", NIST)]);
    let expected = format!("rules/{AT}:{line}: `references.nist`: `nist` has no control `AC-70`");
    assert_eq!(told(root.path()), [expected]);
    let (good, _) = Content::load_what_is_good(root.path(), Tests::With).unwrap();
    assert!(good.rules.is_empty(), "the rule is left out");
    // An agent decides rules and knows no tables.
    let agents = Content::load(root.path(), Tests::Without).unwrap();
    assert_eq!(agents.rules.len(), 1);

    let root = content(&refer("AC-7"), &[]);
    let expected = format!("rules/{AT}:{line}: `references.nist`: there is no framework `nist`");
    assert_eq!(told(root.path()), [expected]);
}

#[test]
fn a_crosswalk_to_what_is_not_there_or_back_is_told_with_its_line() {
    let draws = |from: &str| {
        format!(
            "controls:\n  - {{id: \"1\", automated: false}}\n  - {{id: \"2\", automated: false, from: {{{from}}}}}\n"
        )
    };
    let (lost, round) = (draws("nist: [AC-7, AC-9]"), draws("there: [\"2\"]"));
    let back = draws("round: [\"2\"]");
    let tables = [
        ("lost", &*lost),
        ("nist", NIST),
        ("round", &round),
        ("there", &back),
    ];
    let root = content("", &tables);
    assert_eq!(
        told(root.path()),
        [
            "frameworks/lost.yaml:4: `controls`: 2: `from.nist`: `nist` has no control `AC-9`",
            "frameworks/round.yaml:4: `controls`: 2: `from.there`: `round` draws on itself",
            "frameworks/there.yaml:4: `controls`: 2: `from.round`: `there` draws on itself",
        ]
    );
    let (good, _) = Content::load_what_is_good(root.path(), Tests::With).unwrap();
    let kept: Vec<_> = good.frameworks.keys().collect();
    assert_eq!(kept, ["nist"], "the others are left out");
}

#[test]
fn a_profile_brings_its_framework_and_those_that_this_draws_on() {
    let end = "controls:\n  - {id: e, automated: false, from: {middle: [m]}}\n";
    let middle = "controls:\n  - {id: m, automated: false, from: {nist: [AC-7]}}\n";
    let subjects = "subjects: [sshd_disable_root_login]\n";
    let tables = [
        ("end", end),
        ("middle", middle),
        ("nist", NIST),
        ("other", NIST),
    ];
    let root = content(subjects, &tables);
    fs::create_dir(root.path().join("profiles")).unwrap();
    let profile = "key: p\ntitle: P\nframework: end\n";
    fs::write(root.path().join("profiles/p.yaml"), profile).unwrap();
    let mut content = Content::load(root.path(), Tests::Without).unwrap();
    let profile = content.add_profile(root.path(), "p").unwrap().clone();
    let keys: Vec<_> = content.frameworks.keys().collect();
    assert_eq!(keys, ["end", "middle", "nist"]);
    assert_eq!(content.rules_of(&profile), ["ssh-root-login-off"].into());

    fs::write(
        root.path().join("frameworks/middle.yaml"),
        end.replace("end", "middle"),
    )
    .unwrap();
    let mut content = Content::load(root.path(), Tests::Without).unwrap();
    let problem = content.add_profile(root.path(), "p").unwrap_err();
    assert!(problem.to_string().contains("middle.yaml"), "{problem}");
}

/// How many controls of each level the publishers themselves count.
#[test]
fn our_catalogues_are_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let content = Content::load(&folder, Tests::With).unwrap();
    let count = |key: &str, level: &str| {
        let controls = content.frameworks[key].controls.iter();
        let of_level = |levels: &[String]| levels.iter().any(|has| has == level);
        controls
            .filter(|one| level.is_empty() || of_level(&one.levels))
            .count()
    };
    for (key, level, controls) in [
        ("nist_800_53_r5", "low", 149),
        ("nist_800_53_r5", "moderate", 287),
        ("nist_800_53_r5", "high", 370),
        // Of 1,196 in release 5.2.0 182 are withdrawn.
        ("nist_800_53_r5", "", 1014),
        ("fedramp", "low", 156),
        ("fedramp", "moderate", 323),
        ("fedramp", "high", 410),
        ("fedramp", "", 410),
        ("nist_800_171_r2", "", 110),
        ("nist_800_171_r3", "", 97),
        ("csf_2", "", 106),
        ("iso27001_2022", "organizational", 37),
        ("iso27001_2022", "people", 8),
        ("iso27001_2022", "physical", 14),
        ("iso27001_2022", "technological", 34),
        ("iso27001_2022", "", 93),
        ("cmmc_2", "l1", 15),
        ("cmmc_2", "l2", 110),
        ("cmmc_2", "l3", 24),
    ] {
        assert_eq!(count(key, level), controls, "{key} {level}");
    }
    let nist = content.frameworks["nist_800_53_r5"].controls.iter();
    let enhancements = nist.filter(|one| one.id.contains('(')).count();
    assert_eq!(enhancements, 1014 - 300, "300 are controls of their own");
    for key in ["iso27001_2022", "pcidss_4"] {
        let mut controls = content.frameworks[key].controls.iter();
        let titled = controls.find(|one| one.title.is_some());
        assert_eq!(titled, None, "the owner keeps the titles of {key}");
    }
}
