//! `scan` and `explain`, on the tree of a host.

use std::{ffi::OsStr, fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;

use crate::written::{agent, content, folder, write};

const FORMATS: [&str; 5] = ["table", "json", "sarif", "junit", "html"];

/// A host on which everybody reads new files, and whose shadow is closed.
fn host() -> tempfile::TempDir {
    let host = folder(&[
        ("etc/login.defs", "UMASK 022\n"),
        ("etc/shadow", "root:*:1::::::\n"),
    ]);
    let shadow = host.path().join("etc/shadow");
    fs::set_permissions(shadow, fs::Permissions::from_mode(0o600)).unwrap();
    host
}

fn scan(content: &Path, root: &Path, more: &[&str]) -> (i32, String, String) {
    let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"scan", &"--root", &root, &"--content", &content];
    args.extend(more.iter().map(|arg| arg as &dyn AsRef<OsStr>));
    agent(&args)
}

/// What the scan says of the rule about masks, in the words of each format: its verdict, and what
/// was found.
fn told(format: &str, text: &str) -> (String, String) {
    let json = || -> Value { serde_json::from_str(text).unwrap() };
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    match format {
        "json" => {
            let document = json();
            let row = &document["results"][0];
            assert_eq!(row["rule"], "login-umask");
            let evidence = &row["evidence"][0];
            (string(&row["verdict"]), string(&evidence["actual"]))
        }
        "sarif" => {
            let document = json();
            let result = &document["runs"][0]["results"][0];
            assert_eq!(result["ruleId"], "login-umask");
            (string(&result["kind"]), string(&result["message"]["text"]))
        }
        "junit" => {
            let document = roxmltree::Document::parse(text).unwrap();
            let mut cases = document.descendants();
            let case = cases.find(|node| node.attribute("name") == Some("login-umask"));
            let Some(failure) = case.unwrap().first_element_child() else {
                return ("pass".into(), String::new());
            };
            assert_eq!(failure.tag_name().name(), "failure");
            ("fail".into(), failure.text().unwrap().into())
        }
        "html" => {
            let row = text.split("<tr>").find(|row| row.contains("login-umask"));
            let row = row.unwrap();
            let verdict = row.split_once("<td class=\"v ").unwrap().1;
            (verdict.split_once('"').unwrap().0.into(), row.into())
        }
        _ => match text.lines().position(|line| line.contains("login-umask")) {
            None => ("pass".into(), String::new()),
            Some(at) => {
                let lines: Vec<_> = text.lines().collect();
                let verdict = lines[at].split_whitespace().next().unwrap();
                (verdict.into(), lines[at + 1].into())
            }
        },
    }
}

#[test]
fn every_format_tells_what_fails_and_the_status_says_that_something_does() {
    let (content, host) = (content(), host());
    for format in FORMATS {
        let scanned = || scan(content.path(), host.path(), &["--format", format]);
        write(host.path(), "etc/login.defs", "UMASK 022\n");
        let (status, text, said) = scanned();
        assert_eq!((status, said.as_str()), (1, ""), "{format}: {text}");
        let (verdict, found) = told(format, &text);
        assert_eq!(verdict, "fail", "{format}: {text}");
        assert!(
            found.contains("022 in /etc/login.defs"),
            "{format}: {found}"
        );

        write(host.path(), "etc/login.defs", "UMASK 027\n");
        let (status, text, said) = scanned();
        assert_eq!((status, said.as_str()), (0, ""), "{format}: {text}");
        assert_eq!(told(format, &text).0, "pass", "{format}: {text}");
    }
}

#[test]
fn a_pipeline_names_the_severity_and_the_rules_that_it_minds() {
    let (content, host) = (content(), host());
    let status = |more: &[&str]| scan(content.path(), host.path(), more).0;
    assert_eq!(status(&["--fail-on", "low"]), 1);
    assert_eq!(status(&["--fail-on", "medium"]), 0);
    assert_eq!(status(&["--rule", "shadow-closed"]), 0);
    assert_eq!(
        status(&["--rule", "shadow-closed", "--rule", "login-umask"]),
        1
    );
    assert_eq!(status(&["--set", "umask=022"]), 0);
    assert_eq!(status(&["--set", "login-umask.umask=022"]), 0);
}

#[test]
fn what_could_not_run_ends_with_2_and_says_why() {
    let (content, host) = (content(), host());
    let nowhere = Path::new("/nonexistent");
    for (content, root, more, expected) in [
        (
            nowhere,
            host.path(),
            &[][..],
            "/nonexistent/rules: cannot be read",
        ),
        (
            content.path(),
            nowhere,
            &[][..],
            "/nonexistent is no folder",
        ),
        (
            content.path(),
            host.path(),
            &["--rule", "no-such"][..],
            "there is no rule `no-such`",
        ),
        (
            content.path(),
            host.path(),
            &["--set", "mask=1"][..],
            "no rule has this variable",
        ),
        (
            content.path(),
            host.path(),
            &["--set", "login-umask.mask=027"][..],
            "no rule has this variable",
        ),
        (
            content.path(),
            host.path(),
            &["--set", "umask=027,077"][..],
            "`login-umask`: one value is wanted, not a list",
        ),
        (
            content.path(),
            host.path(),
            &["--fail-on", "grave"][..],
            "there are: info, low",
        ),
    ] {
        let (status, text, said) = scan(content, root, more);
        assert_eq!((status, text.as_str()), (2, ""), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let broken = crate::written::UMASK.replace("key: UMASK", "kye: UMASK");
    write(content.path(), "rules/access/login-umask.yaml", &broken);
    let (status, _, said) = scan(content.path(), host.path(), &[]);
    assert_eq!(status, 2);
    assert!(
        said.contains("login-umask.yaml:9") && said.contains("kye"),
        "{said}"
    );
}

#[test]
fn explain_says_what_a_rule_reads_wants_and_finds_and_what_a_site_may_set() {
    let (content, host) = (content(), host());
    let explain = |rule: &'static str| {
        agent(&[
            &"explain",
            &rule,
            &"--root",
            &host.path(),
            &"--content",
            &content.path(),
        ])
    };
    let (status, text, _) = explain("login-umask");
    assert_eq!(status, 0);
    for part in [
        "login-umask: New files are closed to others",
        "What nobody closes stays open.",
        "--set umask=…   the mask of new files; 027 by default",
        "Here: fail",
        "reads   /etc/login.defs",
        "wants   UMASK 027",
        "finds   022 in /etc/login.defs",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let (status, _, said) = explain("no-such");
    assert_eq!(status, 2);
    assert!(said.contains("there is no rule `no-such`"), "{said}");
}
