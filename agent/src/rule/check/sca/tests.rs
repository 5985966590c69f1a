use std::{fs, os::unix::fs::PermissionsExt as _};

use nix::unistd::geteuid;
use proptest::prelude::*;

use super::{
    super::testing::{is, on, tree},
    *,
};

fn check(condition: &str, rules: &[&str]) -> String {
    let rules: Vec<_> = rules.iter().map(|rule| format!("'{rule}'")).collect();
    let rules = rules.join(", ");
    format!(
        "{{sca: {{condition: {condition}, edition: v4, regex_type: osregex, rules: [{rules}]}}}}"
    )
}

const YES: &str = "f:/etc/a -> r:yes";
const NO: &str = "f:/etc/a -> r:no";
const GONE: &str = "f:/etc/gone -> r:yes";

/// The truth table of the grammar's documentation, row by row.
#[test]
fn the_conditions_are_those_of_the_grammar() {
    use Verdict::{Fail, NotApplicable, Pass};
    for (condition, rules, verdict) in [
        ("all", &[YES][..], Pass),
        ("all", &[YES, GONE], NotApplicable),
        ("all", &[YES, NO, GONE], Fail),
        ("all", &[GONE, NO], Fail),
        ("any", &[NO, GONE, YES], Pass),
        ("any", &[NO], Fail),
        ("any", &[NO, GONE], NotApplicable),
        ("none", &[GONE, YES], Fail),
        ("none", &[NO, GONE], NotApplicable),
        ("none", &[NO], Pass),
    ] {
        is(verdict, &check(condition, rules), &[("/etc/a", "yes\n")]);
    }
}

#[test]
fn each_line_has_evidence_with_what_was_looked_at_and_seen() {
    let outcome = is(
        Verdict::Fail,
        &check("none", &[NO, YES]),
        &[("/etc/a", "yes\n")],
    );
    let [no, yes] = outcome.evidence.as_slice() else {
        panic!("{outcome:#?}");
    };
    assert_eq!(
        (no.verdict, no.expected.as_str()),
        (Verdict::Pass, "not so: f:/etc/a -> r:no")
    );
    assert_eq!(no.actual, "none of the 1 lines of /etc/a fits");
    assert_eq!(
        (yes.verdict, yes.actual.as_str()),
        (Verdict::Fail, "/etc/a:1: yes")
    );
    assert_eq!(yes.read, ["/etc/a"]);
    assert_eq!(outcome.because, "/etc/a:1: yes");
}

#[test]
fn a_policy_that_is_not_about_a_host_asks_nothing_of_it() {
    let required = |rule: &str| {
        format!(
            "{{sca: {{condition: all, edition: v4, regex_type: osregex, rules: ['f:/etc/a'], \
             requirements: {{condition: all, regex_type: osregex, rules: ['{rule}']}}}}}}"
        )
    };
    let files = [("/etc/a", "x\n"), ("/etc/release", "Debian 12\n")];
    is(
        Verdict::Pass,
        &required("f:/etc/release -> r:Debian"),
        &files,
    );
    let outcome = is(
        Verdict::NotApplicable,
        &required("f:/etc/release -> r:SUSE"),
        &files,
    );
    assert!(
        outcome
            .because
            .starts_with("the policy is not about this host: none of"),
        "{outcome:?}"
    );
    let outcome = is(
        Verdict::NotApplicable,
        &required("f:/etc/no -> r:SUSE"),
        &files,
    );
    assert!(
        outcome.because.contains("/etc/no is not there"),
        "{outcome:?}"
    );
    is(Verdict::NotApplicable, &required("r:HKLM"), &files);
    let outcome = is(Verdict::Error, &required("f:/etc -> r:SUSE"), &files);
    assert!(
        outcome
            .because
            .contains("is not known: /etc is not a regular file"),
        "{outcome:?}"
    );
    is(
        Verdict::NotAssessable,
        &required("c:uname -> Linux"),
        &files,
    );
}

#[test]
fn a_file_that_may_not_be_read_is_no_pass() {
    if geteuid().is_root() {
        // Root reads everything; `a_pass_or_fail_does_not_depend_on_what_was_not_seen` covers it.
        return;
    }
    let root = tree(&[("/etc/a", "yes\n"), ("/etc/d/b", "yes\n")]);
    for path in ["etc/a", "etc/d"] {
        fs::set_permissions(root.path().join(path), fs::Permissions::from_mode(0o0)).unwrap();
    }
    for line in [
        "not f:/etc/a -> r:no",
        "not d:/etc/d -> r:b -> r:no",
        "not f:/etc/d/b",
    ] {
        let outcome = on(root.path(), &check("all", &[line]));
        assert_eq!(outcome.verdict, Verdict::NotAssessable, "{outcome:#?}");
    }
    fs::set_permissions(root.path().join("etc/d"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_line_that_cannot_be_understood_is_an_error_and_no_pass() {
    let dialect = shared::sca::Dialect {
        edition: shared::sca::Edition::Five,
        regex: shared::sca::RegexType::Pcre2,
    };
    let root = tree(&[("/etc/a", "yes\n")]);
    let host = crate::host::Host::at(root.path(), shared::clock::SystemClock::shared());
    for (condition, line) in [
        (Condition::All, "not f:/etc/a -> r:(?=x)"),
        (Condition::None, "f:/etc/a -> r:(?=x)"),
        (Condition::All, "f:/etc/a -> !r:("),
        (Condition::All, "not nonsense"),
    ] {
        let lines = Lines::parse(condition, dialect, [(None, line.to_owned())]).unwrap();
        let asked = Sca {
            lines,
            requirements: None,
        };
        let mut evidence = Vec::new();
        assert_eq!(
            judge(&asked, &Sources::of(&host), &mut evidence),
            Verdict::Error,
            "{line}"
        );
        assert!(!evidence[0].actual.is_empty());
    }
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let open = [
        Verdict::Error,
        Verdict::NotAssessable,
        Verdict::NotApplicable,
    ];
    prop_oneof![
        Just(Answer::Yes(String::new())),
        Just(Answer::No(String::new())),
        prop::sample::select(open.to_vec())
            .prop_map(|verdict| Answer::Open(verdict, String::new())),
    ]
}

proptest! {
    #[test]
    fn a_pass_or_fail_does_not_depend_on_what_was_not_seen(
        answers in prop::collection::vec(any_answer(), 1..6),
        turns_out in prop::collection::vec(prop::bool::ANY, 6),
        condition in prop::sample::select(vec![Condition::All, Condition::Any, Condition::None]),
    ) {
        let decided: Vec<_> = answers.iter().zip(turns_out).map(|(answer, yes)| match answer {
            Answer::Open(..) if yes => Answer::Yes(String::new()),
            Answer::Open(..) => Answer::No(String::new()),
            answer => answer.clone(),
        }).collect();
        let before = verdict(condition, &answers);
        if matches!(before, Verdict::Pass | Verdict::Fail) {
            prop_assert_eq!(before, verdict(condition, &decided));
        }
    }
}
