//! `owadm content`: what those who write rules do, without any collector.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use support::process::binary;
use tempfile::TempDir;

const RULE: &str = "rules/access/ssh-root-login-off.yaml";
const TESTS: &str = "rules/access/ssh-root-login-off.tests.yaml";

/// The worked example of docs/rules.md: the rule, and its tests.
fn example() -> (String, String) {
    let page = fs::read_to_string(repository("docs/rules.md")).unwrap();
    let mut blocks = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned());
    (blocks.next().unwrap(), blocks.next().unwrap())
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Content of one rule, that of the page.
fn content() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (rule, tests) = example();
    write(folder.path(), RULE, &rule);
    write(folder.path(), TESTS, &tests);
    folder
}

/// Runs `owadm content`, with no collector anywhere: exit status, standard output, standard error.
fn owadm(args: &[&dyn AsRef<OsStr>]) -> (i32, String, String) {
    let output = Command::new(binary("owadm"))
        .env_remove("OWADM_URL")
        .env("OWADM_SOCKET", "/nonexistent.sock")
        .arg("content")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}

#[test]
fn the_example_of_the_page_is_content_and_its_tests_pass() {
    let content = content();
    let (status, text, said) = owadm(&[&"check", &content.path()]);
    let count = "1 rules with 4 cases, 0 tables of controls\n";
    assert_eq!((status, text.as_str()), (0, count), "{said}");
    let (status, text, said) = owadm(&[&"test", &content.path()]);
    assert_eq!(
        (status, text.as_str()),
        (0, "4 passed, 0 failed\n"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_content_is_told_with_file_line_and_key() {
    let content = content();
    let (rule, tests) = example();
    let line = 1 + rule
        .lines()
        .position(|line| line.contains("keyword:"))
        .unwrap();
    write(content.path(), RULE, &rule.replace("keyword:", "keywrod:"));
    write(content.path(), "rules/access/lost.tests.yaml", &tests);
    write(
        content.path(),
        "frameworks/cis_x.yaml",
        "key: cis_y\ncontrols: []\n",
    );
    let (status, text, said) = owadm(&[&"check", &content.path()]);
    assert_eq!((status, text.as_str()), (1, ""));
    let at = |path: &str| content.path().join(path).display().to_string();
    let broken = format!("{}:{line}: ", at(RULE));
    assert!(
        said.lines()
            .any(|one| one.starts_with(&broken) && one.contains("keywrod")),
        "{said}"
    );
    let lost = format!(
        "{}: there is no rule of this name beside it",
        at("rules/access/lost.tests.yaml")
    );
    assert!(said.lines().any(|one| one == lost), "{said}");
    let table = format!("{}: `key`: `cis_y`", at("frameworks/cis_x.yaml"));
    assert!(said.lines().any(|one| one.starts_with(&table)), "{said}");
    assert!(said.contains("owadm: 3 wrong in "), "{said}");
}

#[test]
fn a_rule_that_lies_where_nobody_looks_is_wrong() {
    let (rule, _) = example();
    for path in ["rules/ssh-stray.yaml", "rules/access/more/ssh-stray.yaml"] {
        let content = content();
        write(content.path(), path, &rule);
        let (status, _, said) = owadm(&[&"check", &content.path()]);
        let stray = format!(
            "{}: is not in `rules/CATEGORY/`",
            content.path().join(path).display()
        );
        assert_eq!(status, 1, "{said}");
        assert!(said.lines().any(|one| one == stray), "{said}");
    }
}

#[test]
fn a_failing_case_is_what_the_agent_says_and_ends_as_it_does() {
    let content = content();
    let (_, tests) = example();
    let wrong = tests.replacen("verdict: pass", "verdict: manual", 1);
    write(
        content.path(),
        TESTS,
        &(wrong + "  - {name: passes, verdict: pass}\n"),
    );
    let (status, text, _) = owadm(&[&"test", &content.path(), &"--rule", &"ssh-root-login-off"]);
    assert_eq!(status, 1);
    assert!(
        text.contains("wanted manual, came pass\n  sshd (pass)\n"),
        "{text}"
    );
    assert!(text.ends_with("3 passed, 2 failed\n"), "{text}");
    let (status, text, said) = owadm(&[&"test", &content.path(), &"--rule", &"no-such"]);
    assert_eq!((status, text.as_str()), (2, ""));
    assert!(said.contains("there is no rule `no-such`"), "{said}");
}

#[test]
fn the_agent_may_be_named_and_without_one_it_is_said_what_to_install() {
    let content = content();
    let agent = content.path().join("agent");
    fs::write(&agent, "#!/bin/sh\necho \"asked: $*\"\nexit 7\n").unwrap();
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
    let (status, text, _) = owadm(&[&"test", &content.path(), &"--agent", &agent]);
    assert_eq!(status, 7);
    assert_eq!(
        text,
        format!("asked: content test {}\n", content.path().display())
    );

    // A copy without the agent beside it, and with none on PATH.
    let alone = content.path().join("owadm");
    fs::copy(binary("owadm"), &alone).unwrap();
    let output = Command::new(alone)
        .args(["content", "test"])
        .arg(content.path())
        .env("PATH", content.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("install openwatch-agent on this machine"),
        "{said}"
    );
}

#[test]
fn schemas_are_current() {
    for of in ["rule", "fixtures", "framework", "profile"] {
        let (status, text, said) = owadm(&[&"schema", &of]);
        assert_eq!(status, 0, "{said}");
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{of}");
        let path = format!("docs/schema/{of}.json");
        let kept = fs::read_to_string(repository(&path)).unwrap_or_default();
        assert!(
            kept == text,
            "{path} is not current: `owadm content schema {of} > {path}`"
        );
    }
}

const TABLE: &str = "\
control\tlevels\tstatus\tautomated\tsubject (public rule names)\tvalues
reload\tl1_server\tautomated\t\tnot_a_control\t
5.1\tl1_server|l2_server\tautomated\t\tsshd_disable_root_login\tvar_a=10:30
5.2\tl1_server\tautomated\t\tsshd_disable_root_login sshd_set_idle_timeout\t
5.3\tl1_server\tmanual\t\t\t
5.4\tl2_server\tautomated\t\t\t
";

#[test]
fn controls_are_imported_once_and_coverage_counts_them_from_then_on() {
    let content = content();
    let tables = tempfile::tempdir().unwrap();
    let tsv = tables.path().join("cis_debian12.tsv");
    fs::write(&tsv, TABLE).unwrap();
    for key in ["cis_debian12", "cis_rhel8", "hipaa"] {
        let (status, table, said) = owadm(&[&"import-controls", &tsv, &key]);
        assert_eq!(status, 0, "{said}");
        write(content.path(), &format!("frameworks/{key}.yaml"), &table);
    }
    let (status, _, said) = owadm(&[&"import-controls", &tsv, &"cis_beos5"]);
    assert_eq!(status, 1);
    assert!(said.contains("no platform `beos` is known"), "{said}");

    // The rule of the page is about RHEL from 9 on.
    let (status, text, said) = owadm(&[&"coverage", &content.path()]);
    assert_eq!(status, 0, "{said}");
    let rows: Vec<Vec<_>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "TABLE",
            "CONTROLS",
            "EVIDENCE",
            "AUTOMATED",
            "COVERED",
            "PERCENT"
        ]
    );
    assert_eq!(rows[1], ["cis_debian12", "4", "2", "3", "1", "33.3"]);
    assert_eq!(rows[2], ["cis_rhel8", "4", "0", "3", "0", "0.0"]);
    assert_eq!(rows[3], ["hipaa", "4", "2", "3", "1", "33.3"]);

    let (_, text, _) = owadm(&[
        &"coverage",
        &content.path(),
        &"--missing",
        &"--framework",
        &"cis_debian12",
    ]);
    let lines: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].ends_with("5.2      sshd_set_idle_timeout"),
        "{text}"
    );
    assert!(
        lines[1].ends_with("5.4      (it names no subject)"),
        "{text}"
    );

    let (_, text, _) = owadm(&[
        &"coverage",
        &content.path(),
        &"--benchmarks",
        &tables.path(),
    ]);
    assert!(
        text.contains("cis_debian12") && !text.contains("hipaa"),
        "{text}"
    );
}

#[test]
fn the_page_of_coverage_is_current() {
    let content = repository("shared/content");
    let (status, text, said) = owadm(&[&"coverage", &content, &"--markdown"]);
    assert_eq!(status, 0, "{said}");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    // A row for each table, and each that is for no platform once more by platforms.
    assert_eq!(rows.count(), 23 + 9, "{text}");
    let kept = fs::read_to_string(repository("docs/coverage.md")).unwrap_or_default();
    assert!(
        kept == text,
        "docs/coverage.md is not current: \
         `owadm content coverage shared/content --markdown > docs/coverage.md`"
    );
}

const CATALOGUE: &str = "\
control\tlevels\tstatus\tautomated\tsubjects\tvalues\ttitle\tfrom
AC-6(2)\tlow|high\tmanual\t\tsshd_disable_root_login\t\tLeast: \"privilege\"\t
AC-7\thigh\tmanual\t\tpassword_locks\t\t\t
";

const CROSSWALK: &str = "\
control\tlevels\tstatus\tautomated\tsubjects\tvalues\ttitle\tfrom
A.8.2\t\tmanual\t\t\t\t\tnist_800:AC-6(2)
A.8.5\t\tmanual\t\t\t\t\tnist_800:AC-7 nist_800:AC-70
";

#[test]
fn a_crosswalk_is_imported_and_what_it_leads_to_must_be_there() {
    let content = content();
    let tables = tempfile::tempdir().unwrap();
    let import = |key: &str, text: &str| {
        let tsv = tables.path().join(format!("{key}.tsv"));
        fs::write(&tsv, text).unwrap();
        let asked: [&dyn AsRef<OsStr>; 5] =
            [&"import-controls", &tsv, &key, &"--source", &"From NIST."];
        let (status, table, said) = owadm(&asked);
        assert_eq!(status, 0, "{said}");
        assert!(table.contains("\n# From NIST.\nkey: "), "{table}");
        write(content.path(), &format!("frameworks/{key}.yaml"), &table);
        table
    };
    import("nist_800", CATALOGUE);
    let table = import("iso", CROSSWALK);
    let line = table
        .lines()
        .position(|line| line.contains("AC-70"))
        .unwrap()
        + 1;
    let (status, _, said) = owadm(&[&"check", &content.path()]);
    assert_eq!(status, 1);
    let expected = format!(
        "{}:{line}: `controls`: A.8.5: `from.nist_800`: `nist_800` has no control `AC-70`",
        content.path().join("frameworks/iso.yaml").display()
    );
    assert_eq!(said.lines().next(), Some(&*expected), "{said}");

    import("iso", &CROSSWALK.replace(" nist_800:AC-70", ""));
    let (status, text, said) = owadm(&[&"coverage", &content.path()]);
    assert_eq!(status, 0, "{said}");
    let rows: Vec<Vec<_>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[1], ["iso", "2", "1", "0", "0", "-"]);
    assert_eq!(rows[2], ["nist_800", "2", "1", "0", "0", "-"]);
    let (_, page, _) = owadm(&[&"coverage", &content.path(), &"--markdown"]);
    let row = "| `nist_800` | 2 | 1 | 50.0 % | 0 | 0 | low 1/1, high 1/2 |";
    assert!(page.lines().any(|line| line == row), "{page}");

    // A rule that refers to a control must name one that is there.
    let (rule, _) = example();
    write(
        content.path(),
        RULE,
        &format!("{rule}references: {{iso: [A.8.2, A.8.3]}}\n"),
    );
    let (status, _, said) = owadm(&[&"check", &content.path()]);
    assert_eq!(status, 1);
    let expected = format!(
        "{}:{}: `references.iso`: `iso` has no control `A.8.3`",
        content.path().join(RULE).display(),
        rule.lines().count() + 1
    );
    assert_eq!(said.lines().next(), Some(&*expected), "{said}");
}

const POLICY: &str = r#"policy: {id: own_policy, name: Our own}
checks:
  - id: 7
    title: Root is not let in
    condition: all
    rules: ['f:/etc/ssh/sshd_config -> r:^PermitRootLogin\s+no$']
    compliance: [{fedramp: [AC-6 of ours]}]
  - id: 8
    title: The kernel is one
    condition: all
    rules: ['c:uname -> Linux']
"#;

/// What is imported is content like any other, but that none of its commands is run.
#[test]
fn a_policy_of_others_becomes_rules_that_load_and_are_decided() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own.yml", POLICY);
    write(
        folder.path(),
        "host/etc/ssh/sshd_config",
        "PermitRootLogin no\n",
    );
    let at = |path: &str| folder.path().join(path);
    let content = at("content");
    let (status, text, said) = owadm(&[&"import", &"sca", &at("own.yml"), &"--into", &content]);
    assert_eq!(
        (status, text.as_str()),
        (0, "2 rules written, 0 removed\n"),
        "{said}"
    );
    let (status, text, said) = owadm(&[&"check", &content]);
    let count = "2 rules with 0 cases, 0 tables of controls\n";
    assert_eq!((status, text.as_str()), (0, count), "{said}");
    let scan = |root: &Path| -> Value {
        let output = Command::new(binary("openwatch-agent"))
            .args(["scan", "--format", "json", "--content"])
            .arg(&content)
            .arg("--root")
            .arg(root)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let on_tree = scan(&at("host"));
    assert_eq!(on_tree["results"][0]["rule"], "sca-own-policy-7");
    assert_eq!(on_tree["results"][0]["verdict"], "pass");
    let here = scan(Path::new("/"));
    assert_eq!(here["results"][1]["verdict"], "not_assessable");
    let because = here["results"][1]["because"].as_str().unwrap();
    assert!(
        because.starts_with("commands of imported rules are not run"),
        "{because}"
    );
}

/// `openwatch-agent scan` of a tree: exit status, and the results.
fn scan(content: &Path, root: &Path, args: &[&str]) -> (i32, Value) {
    let output = Command::new(binary("openwatch-agent"))
        .args(["scan", "--format", "json", "--content"])
        .arg(content)
        .arg("--root")
        .arg(root)
        .args(args)
        .output()
        .unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), told)
}

#[test]
fn what_a_site_has_declared_is_compared_with_what_a_tree_has() {
    let tree = tempfile::tempdir().unwrap();
    let passwd = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n";
    write(tree.path(), "etc/passwd", passwd);
    let content = repository("shared/content");
    let of = |set: &[&str]| {
        let rule = ["--rule", "login-accounts-declared"];
        let args: Vec<&str> = rule.into_iter().chain(set.iter().copied()).collect();
        let (status, told) = scan(&content, tree.path(), &args);
        (status, told["results"][0].clone())
    };
    let (_, undeclared) = of(&[]);
    assert_eq!(undeclared["verdict"], "not_assessable", "{undeclared}");
    let because = undeclared["because"].as_str().unwrap();
    assert!(because.contains("--set login_accounts=…"), "{because}");
    let (status, told) = of(&["--set", "login_accounts=root"]);
    assert_eq!((status, &told["verdict"]), (1, &"fail".into()), "{told}");
    assert_eq!(
        told["evidence"][0]["offenders"],
        serde_json::json!(["anna"])
    );
    let (status, told) = of(&["--set", "login_accounts=root,an*"]);
    assert_eq!((status, &told["verdict"]), (0, &"pass".into()), "{told}");
}

#[test]
fn a_rule_of_the_sites_own_is_scanned_tested_and_explained() {
    let content = tempfile::tempdir().unwrap();
    let rule = "id: own-release\ntitle: It is the release of the site\nseverity: low\ncategory: own\n\
        why: Others are not looked after.\ncheck:\n  expr: {cel: 'os.id == \"debian\" && int(os.version) >= 12'}\n";
    let tests = "base: {}\ncases:\n\
        \x20 - {name: it is, files: {/etc/os-release: \"ID=debian\\nVERSION_ID=12\\n\"}, verdict: pass}\n\
        \x20 - {name: it is older, files: {/etc/os-release: \"ID=debian\\nVERSION_ID=11\\n\"}, verdict: fail}\n\
        \x20 - {name: nothing tells, files: {/etc/hostname: own}, verdict: fail, absent: true}\n";
    write(content.path(), "rules/own/own-release.yaml", rule);
    write(content.path(), "rules/own/own-release.tests.yaml", tests);
    let (status, text, said) = owadm(&[&"test", &content.path()]);
    assert_eq!(
        (status, text.as_str()),
        (0, "3 passed, 0 failed\n"),
        "{said}"
    );
    let tree = tempfile::tempdir().unwrap();
    write(tree.path(), "etc/os-release", "ID=debian\nVERSION_ID=11\n");
    let (status, told) = scan(content.path(), tree.path(), &[]);
    assert_eq!(status, 1, "{told}");
    assert_eq!(
        told["results"][0]["because"], "int(os.version) = 11",
        "{told}"
    );
    let output = Command::new(binary("openwatch-agent"))
        .args(["explain", "own-release", "--content"])
        .arg(content.path())
        .arg("--root")
        .arg(tree.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "os.id == \"debian\" && int(os.version) >= 12",
        "int(os.version) = 11",
    ] {
        assert!(text.contains(part), "{text}");
    }
    write(
        content.path(),
        "rules/own/own-release.yaml",
        &rule.replace("os.id", "os.id.x.size()"),
    );
    let (status, _, said) = owadm(&[&"check", &content.path()]);
    assert_eq!(status, 0, "fields are the host's to tell: {said}");
    write(
        content.path(),
        "rules/own/own-release.yaml",
        &rule.replace("int(", "integer("),
    );
    let (status, _, said) = owadm(&[&"check", &content.path()]);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("own-release.yaml:7: ") && said.contains("there is no function `integer`"),
        "{said}"
    );
    assert!(said.contains("(line 1, column 22)"), "{said}");
}
