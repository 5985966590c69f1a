use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use shared::{
    clock::SystemClock,
    rule::{
        expect::Scalar,
        result::{Outcome, Verdict},
        variable::{Value, Values},
    },
};

use super::super::testing::{self, tree};
use crate::{
    host::Host,
    rule::{evaluate, source::Sources},
};

const PASSWD: (&str, &str) = (
    "/etc/passwd",
    "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n",
);
const GROUP: (&str, &str) = ("/etc/group", "root:x:0:\nanna:x:1000:\n");

fn mode(root: &Path, path: &str, mode: u32) {
    fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn offenders(root: &Path, check: &str) -> Vec<String> {
    let outcome = testing::on(root, check);
    let evidence = &outcome.evidence[0];
    let expected = if evidence.offenders.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    assert_eq!(outcome.verdict, expected, "{outcome:#?}");
    evidence.offenders.clone()
}

#[test]
fn what_everybody_may_write_to_is_found_and_a_sticky_folder_is_not() {
    let root = tree(&[
        PASSWD,
        GROUP,
        ("/tmp/a", ""),
        ("/srv/open/b", ""),
        ("/proc/1/c", ""),
    ]);
    mode(root.path(), "tmp", 0o1777);
    mode(root.path(), "tmp/a", 0o666);
    mode(root.path(), "srv/open", 0o777);
    mode(root.path(), "proc/1/c", 0o666);
    symlink("/etc/passwd", root.path().join("srv/link")).unwrap();
    let check = "{find: {must: not_be_world_writable}}";
    assert_eq!(
        offenders(root.path(), check),
        ["/srv/open 0777", "/tmp/a 0666"]
    );
    let files = "{find: {type: file, must: not_be_world_writable}}";
    assert_eq!(offenders(root.path(), files), ["/tmp/a 0666"]);
    let folders = "{find: {type: folder, must: not_be_world_writable}}";
    assert_eq!(offenders(root.path(), folders), ["/srv/open 0777"]);
    let below = "{find: {within: [/srv, /none], must: not_be_world_writable}}";
    assert_eq!(offenders(root.path(), below), ["/srv/open 0777"]);
}

#[test]
fn set_uid_programs_are_those_that_are_declared() {
    let root = tree(&[
        PASSWD,
        GROUP,
        ("/usr/bin/su", ""),
        ("/usr/bin/sudo", ""),
        ("/srv/x/y", ""),
    ]);
    for path in ["usr/bin/su", "usr/bin/sudo", "srv/x/y"] {
        mode(root.path(), path, 0o4755);
    }
    mode(root.path(), "srv/x", 0o2755);
    let check = "{find: {must: not_be_set_uid, except: [/usr/bin/su, /srv/*]}}";
    assert_eq!(
        offenders(root.path(), check),
        ["/usr/bin/sudo 4755"],
        "a longer name is another"
    );
    assert!(
        offenders(root.path(), "{find: {must: not_be_set_gid}}").is_empty(),
        "a folder"
    );
}

#[test]
fn a_declared_set_is_the_site_s_and_without_it_nothing_is_said() {
    let root = tree(&[PASSWD, GROUP, ("/usr/bin/su", "")]);
    mode(root.path(), "usr/bin/su", 0o4755);
    let host = Host::at(root.path(), SystemClock::shared());
    let check = "{find: {must: not_be_set_uid, except: [$known]}}\n\
                 variables: {known: {type: list, about: programs}}";
    let outcome = |values: &Values| -> Outcome {
        evaluate(&testing::rule(check), values, &Sources::of(&host))
    };
    assert_eq!(outcome(&Values::new()).verdict, Verdict::NotAssessable);
    let known =
        |path: &str| Values::from([("known".to_owned(), Value::Many(vec![Scalar(path.into())]))]);
    assert_eq!(outcome(&known("/usr/bin/su")).verdict, Verdict::Pass);
    assert_eq!(outcome(&known("/usr/bin/s")).verdict, Verdict::Fail);
}

#[test]
fn numbers_that_nobody_has_are_found_unless_somebody_else_may_know_them() {
    let root = tree(&[PASSWD, GROUP, ("/srv/a", ""), ("/srv/b", "")]);
    chown(root.path().join("srv/a"), Some(4242), Some(1000)).unwrap();
    chown(root.path().join("srv/b"), Some(1000), Some(4343)).unwrap();
    let (owner, group) = (
        "{find: {must: have_an_owner}}",
        "{find: {must: have_a_group}}",
    );
    assert_eq!(offenders(root.path(), owner), ["/srv/a of user 4242"]);
    assert_eq!(offenders(root.path(), group), ["/srv/b of group 4343"]);
    fs::write(
        root.path().join("etc/nsswitch.conf"),
        "passwd: files sss # ldap\n",
    )
    .unwrap();
    let outcome = testing::on(root.path(), owner);
    assert_eq!(outcome.verdict, Verdict::NotAssessable);
    assert!(
        outcome
            .because
            .ends_with("whether sss knows them is not seen"),
        "{}",
        outcome.because
    );
    assert_eq!(
        offenders(root.path(), group).len(),
        1,
        "groups are of files"
    );
    fs::remove_file(root.path().join("etc/passwd")).unwrap();
    assert_eq!(testing::on(root.path(), owner).verdict, Verdict::Error);
}

#[test]
fn owners_and_modes_below_folders_are_those_of_the_rule() {
    let root = tree(&[
        PASSWD,
        GROUP,
        ("/var/log/a.log", ""),
        ("/var/log/sub/b.log", ""),
        ("/var/log/c.txt", ""),
    ]);
    mode(root.path(), "var/log/a.log", 0o640);
    mode(root.path(), "var/log/sub/b.log", 0o600);
    mode(root.path(), "var/log/c.txt", 0o666);
    symlink("/etc", root.path().join("var/log/etc")).unwrap();
    let modes = "{find: {within: [/var/log], type: file, names: ['*.log'], must: {be: {mode_at_most: \"0640\"}}}}";
    assert!(offenders(root.path(), modes).is_empty());
    mode(root.path(), "var/log/sub/b.log", 0o660);
    chown(root.path().join("var/log/a.log"), Some(1000), None).unwrap();
    let both = "{find: {within: ['/var/l*'], type: file, except: [/var/log/c.txt], must: {be: {mode_at_most: \"0640\", owner: [root, 7]}}}}";
    assert_eq!(
        offenders(root.path(), both),
        [
            "/var/log/a.log: owner anna",
            "/var/log/sub/b.log: mode 0660"
        ]
    );
    symlink("/var/log", root.path().join("log")).unwrap();
    let twice = both.replace("['/var/l*']", "[/var/log, /log]");
    assert_eq!(
        offenders(root.path(), &twice).len(),
        2,
        "two names of one folder"
    );
    let gone = "{find: {within: [/opt], must: {be: {owner: [root]}}, missing: not_applicable}}";
    assert_eq!(
        testing::on(root.path(), gone).verdict,
        Verdict::NotApplicable
    );
    let passes = gone.replace(", missing: not_applicable", "");
    assert_eq!(testing::on(root.path(), &passes).verdict, Verdict::Pass);
}

#[test]
fn a_walk_that_did_not_see_everything_is_no_pass_and_what_it_met_is_an_offender() {
    use super::{finish, whole::unseen};
    use crate::host::walk::Walked;
    let ended = Walked {
        ended: Some("more than 5 entries".into()),
        ..Walked::default()
    };
    let denied = Walked {
        denied: Some("/root".into()),
        denied_total: 1,
        ..Walked::default()
    };
    let verdict = |offenders: &[&str], walked: &Walked| {
        let offenders = offenders.iter().map(|one| (*one).to_owned()).collect();
        finish(offenders, 5, unseen(walked), "x".into()).verdict
    };
    assert_eq!(verdict(&[], &ended), Verdict::Error);
    assert_eq!(verdict(&[], &denied), Verdict::NotAssessable);
    assert_eq!(verdict(&["/a"], &ended), Verdict::Fail);
    assert_eq!(verdict(&["/a"], &denied), Verdict::Fail);
    assert_eq!(verdict(&[], &Walked::default()), Verdict::Pass);
}

#[test]
fn a_set_gid_file_may_be_of_any_group_where_the_rule_says_so() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let root = tree(&[PASSWD, GROUP, ("/usr/bin/a", ""), ("/usr/bin/b", "")]);
    for name in ["usr/bin/a", "usr/bin/b"] {
        chown(root.path().join(name), None, Some(1000)).unwrap();
    }
    mode(root.path(), "usr/bin/a", 0o2755);
    let check = "{find: {within: [/usr/bin], type: file, must: {be: {group: [root]}}}}";
    assert_eq!(
        offenders(root.path(), check),
        ["/usr/bin/a: group anna", "/usr/bin/b: group anna"]
    );
    let check = check.replace("[root]", "[root], any_group_if_set_gid: true");
    assert_eq!(offenders(root.path(), &check), ["/usr/bin/b: group anna"]);
}

#[test]
fn rules_about_a_folder_share_a_walk_of_it() {
    let root = tree(&[PASSWD, GROUP, ("/usr/bin/a", ""), ("/usr/bin/b", "")]);
    let host = Host::at(root.path(), SystemClock::shared());
    let sources = Sources::of(&host);
    let outcome = |must: &str| {
        let check = format!("{{find: {{within: [/usr/bin], type: file, must: {must}}}}}");
        evaluate(&testing::rule(&check), &Values::new(), &sources).verdict
    };
    assert_eq!(outcome("{be: {owner: [root]}}"), Verdict::Pass);
    mode(root.path(), "usr/bin/a", 0o666);
    assert_eq!(outcome("{be: {mode_at_most: \"0755\"}}"), Verdict::Pass);
    let another = Sources::of(&host);
    let check = "{find: {within: [/usr/bin], must: {be: {mode_at_most: \"0755\"}}}}";
    let outcome = evaluate(&testing::rule(check), &Values::new(), &another);
    assert_eq!(outcome.verdict, Verdict::Fail);
}

#[test]
fn of_many_alike_each_is_found_that_is_not_as_it_must_be() {
    let root = tree(&[PASSWD, GROUP, ("/var/log/one.journal", "")]);
    for n in 0..700 {
        let name = format!("var/log/{n}.log");
        fs::write(root.path().join(&name), "").unwrap();
        mode(root.path(), &name, 0o666);
    }
    mode(root.path(), "var/log/one.journal", 0o666);
    let host = Host::at(root.path(), SystemClock::shared());
    let sources = Sources::of(&host);
    let outcome = |names: &str| {
        let check = format!(
            "{{find: {{within: [/var/log], type: file, names: ['{names}'], must: {{be: {{mode_at_most: \"0640\"}}}}}}}}"
        );
        evaluate(&testing::rule(&check), &Values::new(), &sources)
    };
    let all = outcome("*.log");
    assert_eq!(
        all.because.split_once(" of ").unwrap().0,
        "700",
        "{}",
        all.because
    );
    for (names, expected) in [("*.txt", Verdict::Pass), ("*.journal", Verdict::Fail)] {
        assert_eq!(outcome(names).verdict, expected, "{names}");
    }
}

/// What a rule about the whole host finds, alone and after rules that have had folders walked.
fn everywhere(root: &Path, folders: &str, must: &str) -> [Outcome; 2] {
    let host = Host::at(root, SystemClock::shared());
    let check = format!("{{find: {{must: {must}}}}}");
    let judge = |sources: &Sources<'_>, check: &str| {
        evaluate(&testing::rule(check), &Values::new(), sources)
    };
    let alone = judge(&Sources::of(&host), &check);
    let sources = Sources::of(&host);
    let named = format!("{{find: {{within: [{folders}], must: {{be: {{owner: [root]}}}}}}}}");
    judge(&sources, &named);
    [alone, judge(&sources, &check)]
}

#[test]
fn what_was_walked_for_rules_that_name_folders_is_told_of_the_whole_host_too() {
    let root = tree(&[
        PASSWD,
        GROUP,
        ("/usr/lib/a/set-uid", ""),
        ("/usr/lib/plain", ""),
        ("/usr/libexec/b", ""),
        ("/proc/1/c", ""),
        ("/srv/d", ""),
    ]);
    symlink("usr/lib", root.path().join("lib")).unwrap();
    for set_uid in ["usr/lib/a/set-uid", "usr/libexec/b", "proc/1/c", "srv/d"] {
        mode(root.path(), set_uid, 0o4755);
    }
    for folders in [
        "/usr/lib",
        "/lib",
        "/lib, /usr/lib/a, /usr",
        "/proc",
        "/gone",
    ] {
        let [alone, after] = everywhere(root.path(), folders, "not_be_set_uid");
        assert_eq!(alone, after, "{folders}");
        assert_eq!(alone.evidence[0].offenders.len(), 3, "{alone:#?}");
        let [alone, after] = everywhere(root.path(), folders, "have_an_owner");
        assert_eq!(alone, after, "{folders}");
        assert_eq!(alone.verdict, Verdict::Pass);
    }
    // Of many alike not every path is kept: they are walked again.
    for n in 0..700 {
        let name = format!("usr/lib/{n}");
        fs::write(root.path().join(&name), "").unwrap();
        mode(root.path(), &name, 0o4755);
    }
    let [alone, after] = everywhere(root.path(), "/usr/lib", "not_be_set_uid");
    assert_eq!(alone, after);
    assert!(alone.because.starts_with("703 of "), "{}", alone.because);
}

#[test]
fn what_was_walked_for_rules_that_name_folders_is_not_walked_again() {
    let root = tree(&[PASSWD, GROUP, ("/usr/lib/a", ""), ("/srv/b", "")]);
    let host = Host::at(root.path(), SystemClock::shared());
    let sources = Sources::of(&host);
    let outcome = |check: &str| evaluate(&testing::rule(check), &Values::new(), &sources);
    outcome("{find: {within: [/usr/lib], must: {be: {owner: [root]}}}}");
    mode(root.path(), "usr/lib/a", 0o4755);
    mode(root.path(), "srv/b", 0o4755);
    let found = outcome("{find: {must: not_be_set_uid}}");
    assert_eq!(found.evidence[0].offenders, ["/srv/b 4755"]);
}
