//! Small trees for the tests of checks, and what comes of a check on them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use shared::{
    clock::SystemClock,
    rule::{Rule, result::Outcome, variable::Values},
};

pub(in crate::rule) use shared::rule::result::Verdict;

use crate::{
    host::Host,
    rule::{evaluate, source::Sources},
};

/// What comes of a check on a tree with these files, whose verdict must be this one.
#[track_caller]
pub(in crate::rule) fn is(verdict: Verdict, check: &str, files: &[(&str, &str)]) -> Outcome {
    let root = tree(files);
    let outcome = on(root.path(), check);
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    outcome
}

/// A tree with these files.
pub(in crate::rule) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    root
}

/// What comes of a check on a tree. Evidence always says what is expected and what is.
#[track_caller]
pub(in crate::rule) fn on(root: &Path, check: &str) -> Outcome {
    let host = Host::at(root, SystemClock::shared());
    let outcome = evaluate(&rule(check), &Values::new(), &Sources::of(&host));
    for evidence in &outcome.evidence {
        assert!(
            !evidence.actual.is_empty() && !evidence.expected.is_empty(),
            "{evidence:?}"
        );
    }
    outcome
}

/// A rule with this check.
pub(in crate::rule) fn rule(check: &str) -> Rule {
    let text = format!(
        "id: a-rule\ntitle: A rule\nseverity: high\ncategory: access\nwhy: Because.\ncheck: {check}\n"
    );
    let rule: Rule = shared::yaml::from_str(&text).unwrap();
    rule.validate().unwrap();
    rule
}
