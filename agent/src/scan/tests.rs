use std::{fs, path::Path};

use shared::{
    clock::SystemClock,
    rule::load::{Content, Loaded},
};

use super::*;

const LOGIN: &str = "\
id: login-umask
title: New files are closed to others
severity: low
category: access
why: What nobody closes stays open.
check:
  setting: {file: /etc/login.defs, form: words, key: UMASK, is: \"027\"}
";

fn scanned(umask: &str) -> (tempfile::TempDir, Content) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(
        root.path().join("etc/login.defs"),
        format!("UMASK {umask}\n"),
    )
    .unwrap();
    let rule: Rule = shared::yaml::from_str(LOGIN).unwrap();
    let loaded = Loaded {
        rule,
        fixtures: None,
        path: "x".into(),
        hash: String::new(),
    };
    let rules = [("login-umask".to_owned(), loaded)].into();
    let content = Content {
        rules,
        ..Content::default()
    };
    (root, content)
}

fn rendered(umask: &str, format: Format) -> String {
    let (root, content) = scanned(umask);
    let host = Host::at(root.path(), SystemClock::shared());
    scan(&content, &[], &[], &host).render(format)
}

#[test]
fn only_what_needs_somebody_is_in_the_table() {
    assert_eq!(rendered("027", Format::Table), "1 rules: 1 pass\n");
    let table = rendered("022", Format::Table);
    assert!(
        table.contains("fail           low      login-umask"),
        "{table}"
    );
    assert!(
        table.contains("wanted UMASK 027; found 022 in /etc/login.defs"),
        "{table}"
    );
}

#[test]
fn json_and_sarif_are_json_and_name_rule_and_verdict() {
    let json: serde_json::Value = serde_json::from_str(&rendered("022", Format::Json)).unwrap();
    assert_eq!(json["results"][0]["verdict"], "fail");
    assert_eq!(json["counts"]["fail"], 1);
    let sarif: serde_json::Value = serde_json::from_str(&rendered("022", Format::Sarif)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "login-umask");
    assert_eq!(result["level"], "note");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "etc/login.defs"
    );
}

#[test]
fn what_a_host_says_cannot_leave_its_place_in_xml_and_html() {
    for format in [Format::Junit, Format::Html] {
        let text = rendered("x\"><script>\u{1}&", format);
        assert!(
            text.contains("&quot;&gt;&lt;script&gt;\u{fffd}&amp;"),
            "{text}"
        );
        assert!(!text.contains("<script>"), "{text}");
    }
    let junit = rendered("022", Format::Junit);
    let document = roxmltree::Document::parse(&junit).unwrap();
    assert_eq!(document.root_element().attribute("failures"), Some("1"));
}

#[test]
fn what_could_not_be_decided_fails_a_pipeline_too() {
    let (_root, content) = scanned("027");
    let empty = tempfile::tempdir().unwrap();
    fs::create_dir_all(empty.path().join("etc/login.defs")).unwrap();
    let host = Host::at(empty.path() as &Path, SystemClock::shared());
    let scan = scan(&content, &[], &[], &host);
    assert_eq!(scan.results[0].1.verdict, Verdict::Error);
    assert!(scan.fails(Severity::Low) && !scan.fails(Severity::Medium));
}
