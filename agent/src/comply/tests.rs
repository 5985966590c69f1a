use std::fs;

use shared::clock::SystemClock;
use tempfile::TempDir;

use shared::rule::result::{Record, Verdict};

use super::*;

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
    let first = compliance.whole().unwrap().facts;
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
    compliance.whole().unwrap();
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
    compliance.whole().unwrap();
    site.write("etc/ssh/sshd_config", "PermitRootLogin no\nBanner none\n");
    assert!(again(&mut compliance).is_empty());
}

#[test]
fn what_was_not_there_is_watched_for() {
    let site = site();
    fs::remove_file(site.tree.path().join("etc/hostname")).unwrap();
    let mut compliance = site.compliance();
    compliance.whole().unwrap();
    assert!(compliance.paths().contains(&PathBuf::from("/etc/hostname")));
    site.write("etc/hostname", "one\n");
    assert_eq!(told(&again(&mut compliance)), [("named", Verdict::Pass)]);
}

#[test]
fn a_rule_that_is_refused_is_an_error_and_the_others_are_decided() {
    let site = site();
    let mut compliance = site.compliance();
    compliance.whole().unwrap();
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
        let facts = compliance.whole().unwrap().facts;
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
    let facts = site.compliance().whole().unwrap().facts;
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
    let facts = site.compliance().whole().unwrap().facts;
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
    let facts = site.compliance().whole().unwrap().facts;
    assert_eq!(
        told(&facts),
        [("named", Verdict::Error), ("root-login-off", Verdict::Pass)]
    );
}

#[test]
fn content_that_is_gone_is_said_and_what_only_it_asked_is_forgotten() {
    let site = site();
    let mut compliance = site.compliance();
    compliance.whole().unwrap();
    fs::remove_file(site.content.path().join("rules/access/named.yaml")).unwrap();
    assert_eq!(
        told(&compliance.whole().unwrap().facts),
        [("root-login-off", Verdict::Pass)]
    );
    assert!(!compliance.paths().contains(&PathBuf::from("/etc/hostname")));
    fs::remove_dir_all(site.content.path()).unwrap();
    let stale = compliance.whole().unwrap_err();
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
    let whole = compliance.whole().unwrap();
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
    compliance.whole().unwrap();
    let walk = compliance.walk().expect("everything is decided again");
    assert!(compliance.walked(walk.run()).is_empty(), "it was told");
    let first = site.compliance().first().unwrap();
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
    compliance.whole().unwrap();
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
    compliance.whole().unwrap();
    let walk = compliance.walk().unwrap();
    let round = walk.run();
    fs::remove_file(site.content.path().join("rules/access/srv-is-tidy.yaml")).unwrap();
    assert!(compliance.whole().unwrap().kept.is_empty());
    assert!(compliance.walked(round).is_empty());
}
