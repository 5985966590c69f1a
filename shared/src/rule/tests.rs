/// Tables of controls.
mod control;

use std::{fs, path::Path};

use super::{
    load::{Content, Tests},
    *,
};

const RULE: &str = "\
id: ssh-root-login-off
title: SSH refuses to log root in
severity: high
category: access
why: Whoever guesses the password of root has the machine.
variables:
  tries: {type: integer, about: how often, default: 4, min: 1, max: 10}
check:
  all:
    - sshd: {keyword: PermitRootLogin, is: \"no\"}
    - sshd: {keyword: MaxAuthTries, between: [1, $tries]}
";

const TESTS: &str = "\
cases:
  - name: it is off
    files: {/etc/ssh/sshd_config: 'PermitRootLogin no'}
    verdict: pass
  - name: it is on
    files: {/etc/ssh/sshd_config: {text: 'PermitRootLogin yes', mode: \"0600\"}}
    verdict: fail
  - name: there is no server
    verdict: not_applicable
    absent: true
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join("rules").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// What is wrong, without the folder.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let root = folder(files);
    let problems = Content::load(root.path(), Tests::With).unwrap_err();
    let prefix = format!("{}/rules/", root.path().display());
    problems
        .iter()
        .map(|problem| problem.to_string().replace(&prefix, ""))
        .collect()
}

const AT: &str = "access/ssh-root-login-off.yaml";
const TESTS_AT: &str = "access/ssh-root-login-off.tests.yaml";

#[test]
fn a_rule_with_its_tests_is_loaded() {
    let root = folder(&[(AT, RULE), (TESTS_AT, TESTS)]);
    let content = Content::load(root.path(), Tests::With).unwrap();
    let loaded = &content.rules["ssh-root-login-off"];
    assert_eq!(loaded.rule.severity, Severity::High);
    assert_eq!(loaded.fixtures.as_ref().unwrap().cases.len(), 3);
}

#[test]
fn what_is_wrong_is_named_with_its_file_line_and_key() {
    let unknown = RULE.replace("keyword: MaxAuthTries", "keywrod: MaxAuthTries");
    let told = problems(&[(AT, &unknown), (TESTS_AT, TESTS)]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("access/ssh-root-login-off.yaml:11"),
        "{told:?}"
    );
    assert!(told[0].contains("keywrod"), "{told:?}");
}

#[test]
fn each_of_these_is_refused() {
    for (from, to, expected) in [
        (
            "id: ssh-root-login-off",
            "id: another",
            "not the name of the file",
        ),
        (
            "category: access",
            "category: kernel",
            "not the name of the folder",
        ),
        ("severity: high", "severity: grave", "grave"),
        ("is: \"no\"", "is: no", "without quotes"),
        ("is: \"no\"", "at_most: many", "`many` is no whole number"),
        (", is: \"no\"", "", "nothing is said of the value"),
        ("$tries", "$other", "`$other` is no variable"),
        ("$tries", "3", "does not name `$tries`"),
        ("default: 4", "default: 40", "not within 1 to 10"),
        ("why: Who", "whyy: Who", "whyy"),
        (
            "severity: high\n",
            "severity: high\nseverity: low\n",
            "severity",
        ),
        (
            "    - sshd: {keyword: PermitRootLogin, is: \"no\"}\n",
            "    - file: {paths: [../etc/shadow]}\n",
            "absolute path",
        ),
        (
            "    - sshd: {keyword: PermitRootLogin, is: \"no\"}\n",
            "    - file: {paths: [/etc/shadow], mode_at_most: 640}\n",
            "is no mode",
        ),
        (
            "    - sshd: {keyword: PermitRootLogin, is: \"no\"}\n",
            "    - lines: {files: [/a], must: absent, pattern: '(a{1000}){1000}'}\n",
            "size limit",
        ),
    ] {
        assert!(RULE.contains(from), "{from}");
        let told = problems(&[(AT, &RULE.replacen(from, to, 1)), (TESTS_AT, TESTS)]);
        assert!(
            told.iter().any(|one| one.contains(expected)),
            "{to}: {told:?}"
        );
    }
}

#[test]
fn bombs_of_yaml_are_refused_and_harm_no_other_rule() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (one, next) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        bomb += &format!(
            "{next}: &{next} [*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one}]\n"
        );
    }
    let deep = format!("check: {}", "{not: ".repeat(5000));
    let huge = format!("{RULE}# {}", "x".repeat(300 << 10));
    for bad in [bomb.as_str(), &deep, &huge, "", "\u{0}", "- a\n- b\n"] {
        let told = problems(&[
            (AT, RULE),
            (TESTS_AT, TESTS),
            ("access/bad.yaml", bad),
            ("access/bad.tests.yaml", TESTS),
        ]);
        assert!(
            told.iter().all(|one| one.starts_with("access/bad.yaml")),
            "{told:?}"
        );
    }
}

#[test]
fn a_rule_without_tests_and_tests_without_a_rule_are_refused() {
    assert!(problems(&[(AT, RULE)])[0].contains("tests.yaml: cannot be read"));
    let told = problems(&[
        (AT, RULE),
        (TESTS_AT, TESTS),
        ("access/lost.tests.yaml", TESTS),
    ]);
    assert_eq!(
        told,
        ["access/lost.tests.yaml: there is no rule of this name beside it"]
    );
    let only_passes = TESTS.replace("verdict: fail", "verdict: pass");
    assert!(problems(&[(AT, RULE), (TESTS_AT, &only_passes)])[0].contains("none fails"));
    let never_absent = TESTS.replace("    absent: true\n", "");
    assert!(problems(&[(AT, RULE), (TESTS_AT, &never_absent)])[0].contains("absent: true"));
    let root = folder(&[(AT, RULE)]);
    assert!(
        Content::load(root.path(), Tests::Without).is_ok(),
        "an agent needs none"
    );
    assert!(Content::load(Path::new("/nonexistent"), Tests::Without).is_err());
}

/// What is wrong where the tests of the rule are these.
fn problems_of(tests: &str) -> Vec<String> {
    problems(&[(AT, RULE), (TESTS_AT, tests)])
}

#[test]
fn a_tree_that_would_leave_its_folder_or_cannot_be_made_is_refused() {
    let file = "{/etc/ssh/sshd_config: 'PermitRootLogin no'}";
    assert!(TESTS.contains(file));
    for (files, expected) in [
        (
            "{../etc/passwd: x}",
            "`../etc/passwd` is not an absolute path",
        ),
        ("{/etc/../../passwd: x}", "is not an absolute path"),
        ("{/etc//passwd: x}", "is not an absolute path"),
        ("{/: {folder: true}}", "is not an absolute path"),
        ("{etc/passwd: x}", "`etc/passwd` is not an absolute path"),
        (
            "{/a: {link: /etc}, /a/passwd: x}",
            "`/a/passwd` lies in `/a`, which is no folder",
        ),
        (
            "{/a: x, /a/b/c: x}",
            "`/a/b/c` lies in `/a`, which is no folder",
        ),
        (
            "{/a: {link: /b, text: c}}",
            "one of `text`, `link` and `folder`",
        ),
        ("{/a: {link: /b, mode: \"0777\"}}", "a link has no mode"),
    ] {
        let told = problems_of(&TESTS.replace(file, files));
        assert_eq!(told.len(), 1, "{files}: {told:?}");
        assert!(told[0].contains(expected), "{files}: {told:?}");
        assert!(told[0].contains("it is off"), "the case is named: {told:?}");
    }
    let base = format!(
        "base: {{/a: {{link: /etc}}}}\n{}",
        TESTS.replace(file, "{/a/b: x}")
    );
    assert!(problems_of(&base)[0].contains("lies in `/a`"));
}

#[test]
fn a_case_sets_variables_that_the_rule_has() {
    let set = |name: &str| {
        let variables = format!("    variables: {{{name}: 3}}\n    verdict: fail\n");
        TESTS.replace("    verdict: fail\n", &variables)
    };
    let told = problems_of(&set("trise"));
    assert!(
        told[0].contains("`trise` is no variable of the rule"),
        "{told:?}"
    );
    let root = folder(&[(AT, RULE), (TESTS_AT, &set("tries"))]);
    assert!(Content::load(root.path(), Tests::With).is_ok());
}

#[test]
fn tables_of_controls_are_loaded_with_the_tests_and_wrong_ones_are_named() {
    let root = folder(&[(AT, RULE), (TESTS_AT, TESTS)]);
    let tables = root.path().join("frameworks");
    fs::create_dir(&tables).unwrap();
    let table = |key: &str| format!("key: {key}\ncontrols:\n  - {{id: \"1\", automated: true}}\n");
    fs::write(tables.join("cis_x.yaml"), table("cis_x")).unwrap();
    let content = Content::load(root.path(), Tests::With).unwrap();
    assert_eq!(content.frameworks["cis_x"].controls.len(), 1);
    let content = Content::load(root.path(), Tests::Without).unwrap();
    assert!(content.frameworks.is_empty(), "an agent needs none");

    fs::write(tables.join("cis_y.yaml"), table("cis_x")).unwrap();
    let twice = table("cis_z") + "  - {id: \"1\", automated: true}\n";
    fs::write(tables.join("cis_z.yaml"), twice).unwrap();
    let told = Content::load(root.path(), Tests::With).unwrap_err();
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with("cis_y.yaml: `key`: `cis_x` is not the name of the file"));
    assert!(told[1].ends_with("cis_z.yaml: `controls`: 1 is there twice"));
}
