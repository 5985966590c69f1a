//! Sets on small trees.

use std::{fs, os::unix::fs::PermissionsExt as _};

use Verdict::{Error, Fail, NotApplicable, NotAssessable, Pass};
use shared::{
    clock::SystemClock,
    rule::{
        Rule,
        expect::Scalar,
        result::{Outcome, Verdict},
        variable::{Value, Values},
    },
};

use super::*;
use crate::{
    host::Host,
    rule::{check::testing::tree, evaluate},
};

fn rule(asked: &str) -> Rule {
    let text = format!(
        "id: a-rule\ntitle: A rule\nseverity: high\ncategory: access\nwhy: Because.\n\
         variables: {{known: {{type: list, about: what may be there}}}}\n\
         check: {{set: {{declared: $known, {asked}}}}}\n"
    );
    let rule: Rule = shared::yaml::from_str(&text).unwrap();
    rule.validate().unwrap();
    rule
}

fn on(root: &std::path::Path, asked: &str, known: Option<&[&str]>) -> Outcome {
    let host = Host::at(root, SystemClock::shared());
    let known = known.map(|names| names.iter().map(|name| Scalar((*name).into())).collect());
    let values = known.map(|names| ("known".to_owned(), Value::Many(names)));
    let values: Values = values.into_iter().collect();
    evaluate(&rule(asked), &values, &Sources::of(&host))
}

#[track_caller]
fn is(verdict: Verdict, asked: &str, known: &[&str], files: &[(&str, &str)]) -> Vec<String> {
    let tree = tree(files);
    let outcome = on(tree.path(), asked, Some(known));
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    assert!(outcome.evidence.iter().all(|seen| !seen.actual.is_empty()));
    outcome
        .evidence
        .into_iter()
        .flat_map(|seen| seen.offenders)
        .collect()
}

const PASSWD: (&str, &str) = (
    "/etc/passwd",
    "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\nanna:x:1000:27::/:/bin/sh\n\
     ben:x:1001:1001::/:/bin/bash\n",
);

#[test]
fn what_nobody_declared_is_not_assessed_and_the_variable_is_named() {
    let tree = tree(&[PASSWD]);
    let outcome = on(tree.path(), "of: accounts", None);
    assert_eq!(outcome.verdict, NotAssessable);
    let why = outcome.because;
    assert!(
        why.starts_with("variable `known` is not set: what may be there"),
        "{why}"
    );
    assert!(why.ends_with("`scan --set known=…`"), "{why}");
    // An empty list is a declaration too.
    assert_eq!(on(tree.path(), "of: accounts", Some(&[])).verdict, Fail);
}

#[test]
fn each_that_is_not_declared_is_named() {
    let all = &["root", "daemon", "anna", "ben"];
    assert!(is(Pass, "of: accounts", all, &[PASSWD]).is_empty());
    assert_eq!(
        is(Fail, "of: accounts", &["root", "d*"], &[PASSWD]),
        ["anna", "ben"]
    );
    assert_eq!(
        is(Fail, "of: login_accounts", &["root", "anna"], &[PASSWD]),
        ["ben"]
    );
    assert_eq!(
        is(
            Fail,
            "of: accounts, where: one.uid >= 1000",
            &["anna"],
            &[PASSWD]
        ),
        ["ben"]
    );
    is(
        Error,
        "of: accounts, where: one.id >= 1000",
        &["anna"],
        &[PASSWD],
    );
    is(Error, "of: accounts", &["*"], &[PASSWD]);
    is(Error, "of: accounts", &["root"], &[("/etc/group", "")]);
}

#[test]
fn what_is_declared_and_not_there_fails_only_where_the_rule_says_so() {
    let known = &["root", "daemon", "anna", "ben", "carl", "x*"];
    is(Pass, "of: accounts", known, &[PASSWD]);
    is(Pass, "of: accounts, missing: pass", known, &[PASSWD]);
    assert_eq!(
        is(Fail, "of: accounts, missing: fail", known, &[PASSWD]),
        [
            "carl is declared and not there",
            "x* is declared and not there"
        ]
    );
}

#[test]
fn members_are_told_with_their_group_however_they_are_members() {
    let group = (
        "/etc/group",
        "root:x:0:\nsudo:x:27:ben,root\nwheel:x:10:ben\nsudoers:x:5:eve\n",
    );
    let asked = "of: {members_of: [sudo, wheel]}";
    assert_eq!(
        is(Fail, asked, &["root"], &[PASSWD, group]),
        ["anna (sudo)", "ben (sudo)"]
    );
    is(Pass, asked, &["root", "anna", "ben"], &[PASSWD, group]);
    is(
        NotApplicable,
        asked,
        &["root"],
        &[PASSWD, ("/etc/group", "root:x:0:\n")],
    );
    is(Error, asked, &["root"], &[PASSWD]);
}

#[test]
fn services_are_those_that_start_by_themselves() {
    let unit = "[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n";
    let folder = "/usr/lib/systemd/system";
    let [on, off, part] = ["on", "off", "part"].map(|name| format!("{folder}/{name}.service"));
    let wants = "/etc/systemd/system/multi-user.target.wants";
    let (wants_on, wants_tty) = (
        format!("{wants}/on.service"),
        format!("{wants}/tty@1.service"),
    );
    let (template, wanted) = (
        format!("{folder}/tty@.service"),
        format!("{folder}/x.target.wants/part.service"),
    );
    let files = [
        (&*on, unit),
        (&*off, unit),
        (&*part, unit),
        (&*template, unit),
        (&*wants_on, ""),
        (&*wants_tty, ""),
        (&*wanted, ""),
    ];
    assert_eq!(
        is(Fail, "of: services", &["off.service"], &files),
        ["on.service", "part.service", "tty@1.service"]
    );
    is(
        Pass,
        "of: services",
        &["on.service", "part*", "tty@1.service"],
        &files,
    );
    is(NotApplicable, "of: services", &[], &[PASSWD]);
}

#[test]
fn ports_are_those_that_others_can_reach() {
    let line = |address: &str| {
        format!(
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: {address} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
        )
    };
    let (open, own) = (line("00000000:0016"), line("0100007F:0019"));
    let none = open.lines().next().unwrap().to_owned() + "\n";
    let files = |tcp| [("/proc/net/tcp", tcp), ("/proc/net/udp", none.as_str())];
    assert_eq!(
        is(Fail, "of: ports", &["25/tcp"], &files(&open)),
        ["22/tcp"]
    );
    is(Pass, "of: ports", &["22/tcp"], &files(&open));
    is(Pass, "of: ports", &[], &files(&own));
    is(Error, "of: ports", &["tcp/22"], &files(&open));
    is(NotAssessable, "of: ports", &["22/tcp"], &[PASSWD]);
}

#[test]
fn packages_and_modules_are_those_that_are_there() {
    let status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n\
                  Package: b\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n";
    let files = [("/var/lib/dpkg/status", status)];
    assert_eq!(is(Fail, "of: packages", &[], &files), ["a"]);
    is(Pass, "of: packages", &["a"], &files);
    let loaded = ("/proc/modules", "loop 40960 0 - Live 0x0\n");
    assert_eq!(is(Fail, "of: kernel_modules", &[], &[loaded]), ["loop"]);
    is(Pass, "of: kernel_modules", &["loop"], &[loaded]);
    is(
        NotAssessable,
        "of: kernel_modules",
        &[],
        &[("/etc/modprobe.d/a.conf", "")],
    );
}

#[test]
fn programs_that_run_as_their_owner_are_told_by_their_paths() {
    let tree = tree(&[("/usr/bin/su", ""), ("/usr/bin/ls", "")]);
    let su = tree.path().join("usr/bin/su");
    fs::set_permissions(su, fs::Permissions::from_mode(0o4755)).unwrap();
    let asked = "of: set_uid_programs";
    let outcome = on(tree.path(), asked, Some(&[]));
    assert_eq!(outcome.verdict, Fail, "{outcome:#?}");
    assert_eq!(outcome.evidence[0].offenders, ["/usr/bin/su"]);
    assert_eq!(on(tree.path(), asked, Some(&["/usr/bin/su"])).verdict, Pass);
}
