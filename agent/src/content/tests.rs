use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use shared::rule::result::Verdict;

use super::*;

fn rule(check: &str) -> Rule {
    let text = format!(
        "id: a-rule\ntitle: A rule\nseverity: high\ncategory: access\nwhy: Because.\ncheck: {check}\n"
    );
    shared::yaml::from_str(&text).unwrap()
}

fn fixtures(text: &str) -> Fixtures {
    shared::yaml::from_str(text).unwrap()
}

const MODE: &str = "{file: {paths: [/etc/shadow], mode_at_most: \"0640\"}}";

#[test]
fn a_verdict_that_is_another_comes_with_its_evidence() {
    let fixtures = fixtures(
        "base: {/etc/shadow: {text: x, mode: \"0640\"}}\n\
         cases:\n\
         - {name: as all, verdict: pass}\n\
         - {name: its own, verdict: fail, files: {/etc/shadow: {mode: \"0644\"}}}\n\
         - {name: wrongly, verdict: pass, files: {/etc/shadow: text}}\n",
    );
    let scratch = Scratch::new().unwrap();
    let came = test(&rule(MODE), &fixtures, &scratch).unwrap();
    assert_eq!(came[0].1, Came::AsSaid);
    assert_eq!(came[1].1, Came::AsSaid);
    let Came::Otherwise(outcome) = &came[2].1 else {
        panic!("{came:?}");
    };
    assert_eq!(outcome.verdict, Verdict::Fail);
    assert_eq!(outcome.evidence[0].actual, "/etc/shadow: mode 0644");
}

#[test]
fn a_tree_has_what_is_said_and_nothing_stays() {
    let fixtures = fixtures(
        "cases:\n\
         - name: all sorts\n  verdict: pass\n  files:\n    \
             /etc/closed: {folder: true, mode: \"0500\"}\n    \
             /etc/closed/key: {text: secret, mode: \"04711\"}\n    \
             /etc/localtime: {link: ../usr/UTC}\n    \
             /etc/empty: {mode: \"0600\"}\n    \
             /usr/deep/er: text\n",
    );
    let scratch = Scratch::new().unwrap();
    let tree = scratch.tree(&fixtures.entries(&fixtures.cases[0])).unwrap();
    let root = tree.root().to_owned();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("etc"), 0o755);
    assert_eq!(mode("etc/closed"), 0o500);
    assert_eq!(mode("etc/closed/key"), 0o4711);
    assert_eq!(mode("etc/empty"), 0o600);
    assert_eq!(mode("usr/deep/er"), 0o644);
    assert_eq!(
        fs::read_to_string(root.join("etc/closed/key")).unwrap(),
        "secret"
    );
    let link = fs::read_link(root.join("etc/localtime")).unwrap();
    assert_eq!(link.to_str(), Some("../usr/UTC"));
    drop(tree);
    assert!(!root.exists());
    let folder = root.parent().unwrap().to_owned();
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    drop(scratch);
    assert!(!folder.exists());
}

#[test]
fn owners_are_given_where_root_asks_and_such_cases_are_left_out_elsewhere() {
    let fixtures = fixtures(
        "cases:\n- {name: another's, verdict: fail, files: {/etc/shadow: {uid: 77, gid: 78}}}\n",
    );
    let owned = rule("{file: {paths: [/etc/shadow], owner: [0]}}");
    let scratch = Scratch::new().unwrap();
    let came = test(&owned, &fixtures, &scratch).unwrap();
    if geteuid().is_root() {
        assert_eq!(came[0].1, Came::AsSaid, "{came:?}");
        let tree = scratch.tree(&fixtures.entries(&fixtures.cases[0])).unwrap();
        let shadow = fs::metadata(tree.root().join("etc/shadow")).unwrap();
        assert_eq!((shadow.uid(), shadow.gid()), (77, 78));
    } else {
        assert_eq!(came[0].1, Came::NeedsRoot);
    }
}

/// Fixtures that are loaded are refused before; this is what stands behind that.
#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let text = format!(
        "cases:\n- {{name: x, verdict: pass, files: {{/etc: {{link: {0}}}, /etc/passwd: x}}}}\n",
        outside.path().display()
    );
    let fixtures = fixtures(&text);
    assert!(fixtures.validate().is_err());
    let scratch = Scratch::new().unwrap();
    let error = scratch
        .tree(&fixtures.entries(&fixtures.cases[0]))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/etc of a test cannot be made"),
        "{error}"
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}
