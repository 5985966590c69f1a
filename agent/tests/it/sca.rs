//! `scan --sca`: policies in Wazuh's grammar, on trees and on this machine.

use std::{ffi::OsStr, fs, path::Path, time::Instant};

use serde_json::Value;

use crate::written::{agent, folder, write};

/// A policy of edition 4 in our own words.
const POLICY: &str = r#"policy:
  id: "own_linux"
  file: "own_linux.yml"
  name: "Our own checks of a Linux"
  description: "Enough to see that each sort of line is decided."
requirements:
  title: "It is a Linux with accounts"
  description: "Nothing else is asked."
  condition: all
  rules:
    - "f:/proc/sys/kernel/ostype -> Linux"
    - "f:$accounts"
variables:
  $accounts: /etc/passwd
  $sshd: /etc/ssh/sshd_config
checks:
  - id: 101
    title: "SSH refuses root"
    rationale: "Everybody knows the name."
    compliance:
      - nist_800_53: ["AC-6"]
      - house_rules: ["1"]
    condition: all
    rules:
      - 'f:$sshd -> !r:^\s*# && r:^\s*PermitRootLogin\s+no$'
  - id: 102
    title: "Nobody is without a password"
    condition: none
    rules:
      - 'f:/etc/shadow -> r:^\w+::'
  - id: 103
    title: "Few tries"
    regex_type: pcre2
    condition: any
    rules:
      - 'f:$sshd -> n:^MaxAuthTries\s+(\d+)$ compare <= 4'
      - 'd:/etc/ssh/sshd_config.d -> r:.conf$ -> n:^MaxAuthTries\s+(\d+)$ compare <= 4'
  - id: 104
    title: "The kernel is one"
    condition: all
    rules:
      - 'c:uname -s -> r:^Linux$'
  - id: 105
    title: "No telnet"
    condition: all
    rules:
      - 'not p:in.telnetd'
"#;

/// A host that is as the policy wants it.
fn host() -> tempfile::TempDir {
    folder(&[
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
        ("etc/shadow", "root:*:1::::::\n"),
        (
            "etc/ssh/sshd_config",
            "PermitRootLogin no\nMaxAuthTries 4\n",
        ),
        ("etc/ssh/sshd_config.d/a.conf", "Port 22\n"),
    ])
}

fn policy(text: &str) -> tempfile::TempDir {
    folder(&[("own.yml", text)])
}

fn scan(policy: &Path, root: Option<&Path>, more: &[&str]) -> (i32, String, String) {
    let path = policy.join("own.yml");
    let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"scan", &"--sca", &path];
    if let Some(root) = &root {
        args.extend([&"--root" as &dyn AsRef<OsStr>, root]);
    }
    args.extend(more.iter().map(|arg| arg as &dyn AsRef<OsStr>));
    agent(&args)
}

/// Each check's verdict and the reason for it, by number.
fn verdicts(text: &str) -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(text).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = document["results"].as_array().unwrap().iter();
    rows.map(|row| {
        for evidence in row["evidence"].as_array().unwrap() {
            assert_ne!(evidence["actual"], "", "{row:#}");
            assert_ne!(evidence["expected"], "", "{row:#}");
        }
        assert_ne!(row["evidence"].as_array().unwrap().len(), 0, "{row:#}");
        let id = text(&row["rule"]).rsplit('-').next().unwrap().to_owned();
        (id, text(&row["verdict"]), text(&row["because"]))
    })
    .collect()
}

fn verdict_of(policy: &Path, root: &Path, id: &str) -> (String, String) {
    let (_, text, said) = scan(policy, Some(root), &["--format", "json"]);
    assert_eq!(said, "");
    let found = verdicts(&text).into_iter().find(|(found, ..)| found == id);
    let (_, verdict, because) = found.unwrap();
    (verdict, because)
}

#[test]
fn a_tree_is_decided_by_its_files_and_what_would_run_is_not_assessable() {
    let (policy, host) = (policy(POLICY), host());
    let (status, text, said) = scan(policy.path(), Some(host.path()), &["--format", "json"]);
    assert_eq!((status, said.as_str()), (0, ""), "{text}");
    let found = verdicts(&text);
    let short: Vec<_> = found
        .iter()
        .map(|(id, verdict, _)| (id.as_str(), verdict.as_str()))
        .collect();
    let expected = [
        ("101", "pass"),
        ("102", "pass"),
        ("103", "pass"),
        ("104", "not_assessable"),
        ("105", "not_assessable"),
    ];
    assert_eq!(short, expected);
    assert_eq!(found[0].2, "/etc/ssh/sshd_config:1: PermitRootLogin no");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["results"][0]["rule"], "sca-own-linux-101");
    assert_eq!(document["results"][0]["title"], "SSH refuses root");
    assert_eq!(
        document["results"][0]["references"],
        serde_json::json!({"nist_800_53": ["AC-6"]})
    );
}

/// Each of these is taken for a pass by one that matches carelessly.
#[test]
fn what_only_looks_as_it_must_be_does_not_pass() {
    let (policy, host) = (policy(POLICY), host());
    let sshd = "etc/ssh/sshd_config";
    for (id, path, text, verdict, because) in [
        (
            "101",
            sshd,
            "#PermitRootLogin no\n",
            "fail",
            "none of the 1 lines",
        ),
        (
            "101",
            sshd,
            "PermitRootLogin nobody\n",
            "fail",
            "none of the 1 lines",
        ),
        (
            "101",
            sshd,
            "PermitRootLogin yes # no\n",
            "fail",
            "none of the 1 lines",
        ),
        (
            "102",
            "etc/shadow",
            "root:*:1\nanna::1\n",
            "fail",
            "/etc/shadow:2: a line that is kept",
        ),
        (
            "103",
            sshd,
            "MaxAuthTries 40\n",
            "fail",
            "none of the 1 lines",
        ),
        (
            "103",
            sshd,
            "MaxAuthTries four\n",
            "fail",
            "none of the 1 lines",
        ),
    ] {
        write(host.path(), path, text);
        let (is, why) = verdict_of(policy.path(), host.path(), id);
        assert_eq!(is, verdict, "{id} with {text:?}: {why}");
        assert!(why.contains(because), "{id} with {text:?}: {why}");
    }
    write(
        host.path(),
        "etc/ssh/sshd_config.d/b.conf",
        "MaxAuthTries 3\n",
    );
    assert_eq!(
        verdict_of(policy.path(), host.path(), "103").0,
        "pass",
        "the other file"
    );
    fs::remove_file(host.path().join(sshd)).unwrap();
    let (is, why) = verdict_of(policy.path(), host.path(), "101");
    assert_eq!(
        (is.as_str(), why.as_str()),
        ("not_applicable", "/etc/ssh/sshd_config is not there")
    );
    fs::create_dir(host.path().join(sshd)).unwrap();
    let (is, why) = verdict_of(policy.path(), host.path(), "101");
    assert_eq!(is, "error", "{why}");
}

#[test]
fn where_the_requirements_do_not_hold_every_check_says_so() {
    let (policy, host) = (policy(POLICY), host());
    fs::remove_file(host.path().join("etc/passwd")).unwrap();
    let (status, text, _) = scan(policy.path(), Some(host.path()), &["--format", "json"]);
    assert_eq!(status, 0);
    let found = verdicts(&text);
    assert_eq!(found.len(), 5);
    for (id, verdict, because) in found {
        assert_eq!(verdict, "not_applicable", "{id}");
        let reason = "the policy is not about this host: /etc/passwd is not there";
        assert_eq!(because, reason, "{id}");
    }
}

#[test]
fn a_line_that_is_broken_is_an_error_of_its_check_alone() {
    let text = POLICY.replace("'f:/etc/shadow -> r:^\\w+::'", "'f:/etc/shadow -> r:^\\y'");
    let (policy, host) = (policy(&text), host());
    let (status, text, said) = scan(policy.path(), Some(host.path()), &["--format", "json"]);
    assert_eq!(status, 1);
    assert!(
        said.contains("own.yml:30: check 102: ") && said.contains("`\\y` is no class"),
        "{said}"
    );
    let found = verdicts(&text);
    assert_eq!(
        (found[0].1.as_str(), found[1].1.as_str()),
        ("pass", "error")
    );
    assert!(found[1].2.contains("`\\y` is no class"), "{found:?}");
}

#[test]
fn this_machine_runs_commands_of_the_policy_that_was_named() {
    let policy = policy(POLICY);
    let more = ["--format", "json", "--rule", "sca-own-linux-104"];
    let (status, text, said) = scan(policy.path(), None, &more);
    assert_eq!((status, said.as_str()), (0, ""), "{text}");
    assert_eq!(
        verdicts(&text),
        [("104".into(), "pass".into(), "`uname -s`:1: Linux".into())]
    );
}

#[test]
fn every_format_tells_checks_as_it_tells_rules() {
    let (policy, host) = (policy(POLICY), host());
    write(host.path(), "etc/ssh/sshd_config", "PermitRootLogin yes\n");
    for format in ["table", "json", "sarif", "junit", "html"] {
        let (status, text, said) = scan(policy.path(), Some(host.path()), &["--format", format]);
        assert_eq!((status, said.as_str()), (1, ""), "{format}");
        for part in [
            "sca-own-linux-101",
            "SSH refuses root",
            "none of the 1 lines of",
        ] {
            assert!(text.contains(part), "{format}: {part} is not in:\n{text}");
        }
    }
    let (status, ..) = scan(policy.path(), Some(host.path()), &["--fail-on", "high"]);
    assert_eq!(status, 0, "checks are of medium severity");
}

#[test]
fn what_could_not_run_ends_with_2_and_says_why() {
    let host = host();
    for (from, to, expected) in [
        (
            "condition: none",
            "condition: never",
            "own.yml:28: `condition: never`: there are",
        ),
        ("checks:", "chekcs:", "own.yml:16: "),
        ("id: 102", "id: 101", "own.yml:26: check 101 is there twice"),
    ] {
        let policy = policy(&POLICY.replace(from, to));
        let (status, text, said) = scan(policy.path(), Some(host.path()), &[]);
        assert_eq!((status, text.as_str()), (2, ""), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let policy = policy(POLICY);
    let path = policy.path().join("own.yml");
    let (status, _, said) = agent(&[&"scan", &"--sca", &path, &"--sca", &path]);
    assert_eq!(status, 2);
    assert!(
        said.contains("another policy is called `own_linux` too"),
        "{said}"
    );
    let (status, _, said) = scan(
        policy.path(),
        Some(host.path()),
        &["--rule", "sca-own-linux-9"],
    );
    assert_eq!(status, 2);
    assert!(
        said.contains("there is no check `sca-own-linux-9`"),
        "{said}"
    );
    let (status, _, said) = scan(policy.path(), Some(host.path()), &["--content", "/x"]);
    assert_eq!(status, 2);
    assert!(said.contains("cannot be used with"), "{said}");
    let (status, _, said) = agent(&[&"scan", &"--sca", &"/nonexistent.yml"]);
    assert_eq!(status, 2);
    assert!(said.contains("/nonexistent.yml: cannot be read"), "{said}");
}

/// Policies of others, which are not kept here. Each check of each has a verdict with what was seen.
#[test]
fn policies_as_others_wrote_them_run_on_this_machine() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/sca");
    let Ok(listed) = fs::read_dir(&fixtures) else {
        eprintln!("left out: there is no {}", fixtures.display());
        return;
    };
    for entry in listed {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let many = text
            .lines()
            .filter(|line| line.starts_with("  - id: "))
            .count();
        let begun = Instant::now();
        let (status, told, said) = agent(&[&"scan", &"--sca", &path, &"--format", &"json"]);
        let took = begun.elapsed();
        assert!(status < 2, "{name}: {said}");
        assert_eq!(said, "", "{name}");
        let found = verdicts(&told);
        assert_eq!(found.len(), many, "{name}");
        let document: Value = serde_json::from_str(&told).unwrap();
        eprintln!("{name}: {many} checks in {took:?}: {}", document["counts"]);

        let root = host();
        let (status, told, _) = agent(&[
            &"scan",
            &"--sca",
            &path,
            &"--format",
            &"json",
            &"--root",
            &root.path(),
        ]);
        assert!(status < 2, "{name}");
        assert_eq!(verdicts(&told).len(), many, "{name}");
    }
}
