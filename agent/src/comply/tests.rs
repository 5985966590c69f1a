use std::fs;

use shared::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

use shared::rule::result::{Record, Verdict};

use super::*;
use crate::defect::{Defects, Work};

/// A host with a hostname and an SSH server, and content with a rule about each.
struct Site {
    tree: TempDir,
    content: TempDir,
}

fn site() -> Site {
    let site = Site {
        tree: tempfile::tempdir().unwrap(),
        content: tempfile::tempdir().unwrap(),
    };
    site.write("etc/hostname", "one\n");
    site.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    site.rule(
        "named",
        "lines: {files: [/etc/hostname], pattern: '^one$', must: present}",
    );
    site.rule(
        "root-login-off",
        "sshd: {keyword: PermitRootLogin, is: 'no'}",
    );
    site
}

impl Site {
    fn write(&self, path: &str, text: &str) {
        let path = self.tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn rule(&self, id: &str, check: &str) {
        let folder = self.content.path().join("rules/access");
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "id: {id}\ntitle: So it is\nseverity: low\ncategory: access\nwhy: Because.\ncheck:\n  {check}\n"
        );
        fs::write(folder.join(format!("{id}.yaml")), text).unwrap();
    }

    fn compliance(&self) -> Compliance {
        let host = Host::at(self.tree.path(), SystemClock::shared());
        Compliance::new(host, self.content.path().to_owned())
    }
}

#[test]
fn a_rule_that_met_a_defect_is_an_error_and_the_others_are_decided() {
    let site = site();
    let mut compliance = site.compliance();
    let defect = Defects::at(Work::Rule("named".into()), SystemClock.now());
    compliance.host = compliance.host.without(defect);
    let whole = compliance.whole(&Wanted::default()).unwrap();
    let verdicts = [("named", Verdict::Error), ("root-login-off", Verdict::Pass)];
    assert_eq!(told(&whole.facts), verdicts);
    assert!(whole.facts[0].value.contains("a defect at a test"));
    // Whatever changes there.
    site.write("etc/hostname", "two\n");
    let changed = Changed {
        paths: true,
        ..Changed::default()
    };
    assert_eq!(compliance.again(&changed).unwrap(), []);
}

fn told(facts: &[Fact]) -> Vec<(&str, Verdict)> {
    let verdict = |fact: &Fact| serde_json::from_str::<Record>(&fact.value).unwrap().verdict;
    facts
        .iter()
        .map(|fact| (fact.key.as_str(), verdict(fact)))
        .collect()
}

fn again(compliance: &mut Compliance) -> Vec<Fact> {
    let paths = Changed {
        paths: true,
        ..Changed::default()
    };
    compliance.again(&paths).unwrap()
}

#[test]
fn of_a_change_only_the_rules_concerned_are_told_anew() {
    let site = site();
    let mut compliance = site.compliance();
    let first = compliance.whole(&Wanted::default()).unwrap().facts;
    assert_eq!(
        told(&first),
        [("named", Verdict::Pass), ("root-login-off", Verdict::Pass)]
    );
    assert!(again(&mut compliance).is_empty(), "nothing has changed");
    site.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    assert_eq!(
        told(&again(&mut compliance)),
        [("root-login-off", Verdict::Fail)]
    );
    assert!(again(&mut compliance).is_empty(), "it was told");
}

#[test]
fn another_value_under_the_same_verdict_is_told_too() {
    let site = site();
    site.write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    site.write("etc/ssh/sshd_config", "PermitRootLogin prohibit-password\n");
    assert_eq!(
        told(&again(&mut compliance)),
        [("root-login-off", Verdict::Fail)]
    );
}

#[test]
fn a_write_that_changes_nothing_that_a_rule_asks_is_not_told() {
    let site = site();
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    site.write("etc/ssh/sshd_config", "PermitRootLogin no\nBanner none\n");
    assert!(again(&mut compliance).is_empty());
}

#[test]
fn what_was_not_there_is_watched_for() {
    let site = site();
    fs::remove_file(site.tree.path().join("etc/hostname")).unwrap();
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    assert!(compliance.paths().contains(&PathBuf::from("/etc/hostname")));
    site.write("etc/hostname", "one\n");
    assert_eq!(told(&again(&mut compliance)), [("named", Verdict::Pass)]);
}

#[test]
fn a_rule_that_is_refused_is_an_error_and_the_others_are_decided() {
    let site = site();
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    let bomb = format!(
        "lines: {{files: [/etc/hostname], pattern: '{}', must: present}}",
        "(a{99}){99}".repeat(9)
    );
    for check in [
        "lines: {files: [/etc/hostname], pattern: '^one$', must: present, moreover: 1}",
        bomb.as_str(),
        "&a [*a, *a]",
    ] {
        site.rule("named", check);
        let facts = compliance.whole(&Wanted::default()).unwrap().facts;
        assert_eq!(
            told(&facts),
            [("named", Verdict::Error), ("root-login-off", Verdict::Pass)]
        );
        assert!(facts[0].value.contains("named.yaml"), "{}", facts[0].value);
    }
}

#[test]
fn of_two_files_of_one_rule_neither_is_taken() {
    let site = site();
    let other = site.content.path().join("rules/other");
    fs::create_dir(&other).unwrap();
    let text = fs::read_to_string(site.content.path().join("rules/access/named.yaml")).unwrap();
    let text = text.replace("category: access", "category: other");
    fs::write(other.join("named.yaml"), text).unwrap();
    let facts = site.compliance().whole(&Wanted::default()).unwrap().facts;
    assert_eq!(
        told(&facts),
        [("named", Verdict::Error), ("root-login-off", Verdict::Pass)]
    );
}

#[test]
fn a_rule_that_would_read_for_ever_is_an_error_and_the_others_are_decided() {
    let site = site();
    let pipe = site.tree.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    site.rule(
        "named",
        "lines: {files: [/pipe], pattern: 'x', must: present}",
    );
    let facts = site.compliance().whole(&Wanted::default()).unwrap().facts;
    assert_eq!(
        told(&facts),
        [("named", Verdict::Error), ("root-login-off", Verdict::Pass)]
    );
    // More files than a pattern may stand for.
    for n in 0..1100 {
        site.write(&format!("many/{n}"), "x");
    }
    site.rule(
        "named",
        "lines: {files: [/many/*], pattern: 'y', must: absent}",
    );
    let facts = site.compliance().whole(&Wanted::default()).unwrap().facts;
    assert_eq!(
        told(&facts),
        [("named", Verdict::Error), ("root-login-off", Verdict::Pass)]
    );
}

#[test]
fn content_that_is_gone_is_said_and_what_only_it_asked_is_forgotten() {
    let site = site();
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    fs::remove_file(site.content.path().join("rules/access/named.yaml")).unwrap();
    assert_eq!(
        told(&compliance.whole(&Wanted::default()).unwrap().facts),
        [("root-login-off", Verdict::Pass)]
    );
    assert!(!compliance.paths().contains(&PathBuf::from("/etc/hostname")));
    fs::remove_dir_all(site.content.path()).unwrap();
    let stale = compliance.whole(&Wanted::default()).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Unavailable);
    assert!(stale.detail.contains("rules.content"), "{}", stale.detail);
}

const WALKS: &str = "find: {within: [/srv], must: not_be_world_writable, missing: pass}";

#[test]
fn a_rule_that_walks_waits_for_its_walk_and_holds_up_no_other() {
    let site = site();
    site.write("srv/a", "");
    site.rule("srv-is-tidy", WALKS);
    let mut compliance = site.compliance();
    let whole = compliance.whole(&Wanted::default()).unwrap();
    assert_eq!(
        told(&whole.facts),
        [("named", Verdict::Pass), ("root-login-off", Verdict::Pass)]
    );
    assert_eq!(whole.kept, ["srv-is-tidy"]);
    let walk = compliance.walk().expect("something to walk for");
    assert!(compliance.walk().is_none(), "it is under way");
    // Meanwhile.
    site.write("etc/hostname", "two\n");
    assert_eq!(told(&again(&mut compliance)), [("named", Verdict::Fail)]);
    let facts = compliance.walked(walk.run());
    assert_eq!(told(&facts), [("srv-is-tidy", Verdict::Pass)]);
    compliance.whole(&Wanted::default()).unwrap();
    let walk = compliance.walk().expect("everything is decided again");
    assert!(compliance.walked(walk.run()).is_empty(), "it was told");
    let first = site.compliance().first(&Wanted::default()).unwrap();
    assert_eq!((first.facts.len(), first.kept.len()), (3, 0));
}

#[test]
fn a_change_that_concerns_a_rule_that_walks_has_it_walk_again() {
    let site = site();
    site.write("srv/a", "");
    site.rule(
        "srv-is-tidy",
        &format!("all: [{{{WALKS}}}, {{file: {{paths: [/etc/tidy]}}}}]"),
    );
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    let walk = compliance.walk().unwrap();
    assert_eq!(
        told(&compliance.walked(walk.run())),
        [("srv-is-tidy", Verdict::Fail)]
    );
    site.write("etc/tidy", "");
    assert!(
        again(&mut compliance).is_empty(),
        "it is not decided at once"
    );
    let walk = compliance.walk().expect("it is concerned");
    assert_eq!(
        told(&compliance.walked(walk.run())),
        [("srv-is-tidy", Verdict::Pass)]
    );
}

#[test]
fn a_rule_that_is_gone_when_its_walk_ends_is_not_told() {
    let site = site();
    site.rule("srv-is-tidy", WALKS);
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    let walk = compliance.walk().unwrap();
    let walked = walk.run();
    fs::remove_file(site.content.path().join("rules/access/srv-is-tidy.yaml")).unwrap();
    assert!(
        compliance
            .whole(&Wanted::default())
            .unwrap()
            .kept
            .is_empty()
    );
    assert!(compliance.walked(walked).is_empty());
    assert!(!compliance.is_to_walk());
}

/// Content in which one of two rules has a variable, and two profiles that select both.
fn held() -> Site {
    let site = site();
    site.write("etc/limits.conf", "tries=4\n");
    site.write_content(
        "rules/access/few-tries.yaml",
        "id: few-tries\ntitle: So it is\nseverity: low\ncategory: access\nwhy: Because.\n\
         variables: {tries: {type: integer, about: tries, default: 4, min: 1, max: 6}}\n\
         check: {setting: {file: /etc/limits.conf, form: equals, key: tries, at_most: $tries}}\n",
    );
    site.write_content("frameworks/site.yaml", "key: site\ncontrols: []\n");
    for (key, tries) in [("strict", 2), ("stricter", 1)] {
        let text = format!(
            "key: {key}\ntitle: T\nframework: site\nrules: [few-tries, named]\n\
             variables: {{tries: {tries}}}\n"
        );
        site.write_content(&format!("profiles/{key}.yaml"), &text);
    }
    site
}

impl Site {
    fn write_content(&self, path: &str, text: &str) {
        let path = self.content.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn wanted(profiles: &[&str], tries: Option<&str>) -> Wanted {
    let value = |text: &str| serde_json::from_str(text).unwrap();
    Wanted {
        profiles: profiles.iter().map(|key| (*key).to_owned()).collect(),
        variables: tries
            .map(|text| ("tries".to_owned(), value(text)))
            .into_iter()
            .collect(),
    }
}

#[test]
fn of_other_values_only_the_rules_concerned_are_decided_and_told() {
    let site = held();
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    let mut turn = |wanted: &Wanted| compliance.turn(wanted).unwrap();
    let strict = turn(&wanted(&["strict"], None));
    assert_eq!(told(&strict.facts), [("few-tries", Verdict::Fail)]);
    assert!(strict.facts[0].value.contains(r#""values":{"tries":2}"#));
    let both = turn(&wanted(&["strict", "stricter"], None));
    assert_eq!(told(&both.facts), [("few-tries@stricter", Verdict::Fail)]);
    assert_eq!(both.gone, [""; 0]);
    let turned = turn(&wanted(&["stricter", "strict"], None));
    assert_eq!(
        told(&turned.facts),
        [
            ("few-tries", Verdict::Fail),
            ("few-tries@strict", Verdict::Fail)
        ]
    );
    assert_eq!(turned.gone, ["few-tries@stricter"]);
    let own = turn(&wanted(&["stricter", "strict"], Some("5")));
    assert_eq!(told(&own.facts), [("few-tries", Verdict::Pass)]);
    assert_eq!(own.gone, ["few-tries@strict"]);
    let same = turn(&wanted(&["strict"], Some("5")));
    assert_eq!(
        same,
        Amended::default(),
        "other profiles, and no other value"
    );
    let back = turn(&Wanted::default());
    assert_eq!(told(&back.facts), [("few-tries", Verdict::Pass)]);
    assert!(back.facts[0].value.contains(r#""values":{"tries":4}"#));
}

#[test]
fn what_was_turned_is_what_a_whole_look_finds_and_a_change_concerns_every_set() {
    let site = held();
    let both = wanted(&["strict", "stricter"], None);
    let (mut turned, mut whole) = (site.compliance(), site.compliance());
    turned.whole(&Wanted::default()).unwrap();
    turned.turn(&both).unwrap();
    let facts = whole.whole(&both).unwrap().facts;
    assert_eq!(
        told(&facts),
        [
            ("few-tries", Verdict::Fail),
            ("few-tries@stricter", Verdict::Fail),
            ("named", Verdict::Pass),
            ("root-login-off", Verdict::Pass),
        ]
    );
    assert_eq!(
        (turned.told, turned.rules),
        (whole.told.clone(), whole.rules.clone())
    );
    turned = whole;
    site.write("etc/limits.conf", "tries=2\n");
    assert_eq!(
        told(&again(&mut turned)),
        [
            ("few-tries", Verdict::Pass),
            ("few-tries@stricter", Verdict::Fail)
        ]
    );
}

#[test]
fn a_value_that_the_rule_refuses_is_an_error_and_never_the_default() {
    let site = held();
    let facts = site
        .compliance()
        .whole(&wanted(&[], Some("7")))
        .unwrap()
        .facts;
    assert_eq!(told(&facts)[0], ("few-tries", Verdict::Error));
    let value = &facts[0].value;
    assert!(
        value.contains("variable `tries`: 7 is not within 1 to 6"),
        "{value}"
    );
    let unknown = wanted(&["gone"], Some("[1]"));
    let mut compliance = site.compliance();
    let facts = compliance.whole(&unknown).unwrap().facts;
    assert_eq!(told(&facts)[0], ("few-tries", Verdict::Error));
    assert_eq!(compliance.unknown().profiles, ["gone"]);
}

#[test]
fn what_was_walked_for_with_other_values_is_walked_for_again() {
    let site = held();
    site.write("srv/a", "");
    site.rule("srv-is-tidy", WALKS);
    let mut compliance = site.compliance();
    compliance.whole(&Wanted::default()).unwrap();
    let walk = compliance.walk().unwrap();
    compliance.turn(&wanted(&["strict"], None)).unwrap();
    assert!(compliance.walked(walk.run()).is_empty());
    let walk = compliance.walk().expect("it is to be walked for again");
    assert_eq!(
        told(&compliance.walked(walk.run())),
        [("srv-is-tidy", Verdict::Pass)]
    );
}
