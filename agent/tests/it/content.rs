//! `content test`: rules on the small hosts that lie beside them.

use crate::written::{SHADOW_TESTS, UMASK_TESTS, agent, content, write};

const TESTS: &str = "rules/access/login-umask.tests.yaml";

#[test]
fn verdicts_that_are_as_said_are_counted_and_end_with_0() {
    let content = content();
    let (status, text, said) = agent(&[&"content", &"test", &content.path()]);
    assert_eq!(
        (status, text.as_str(), said.as_str()),
        (0, "7 passed, 0 failed\n", "")
    );
    let (status, text, _) = agent(&[
        &"content",
        &"test",
        &content.path(),
        &"--rule",
        &"shadow-closed",
    ]);
    assert_eq!((status, text.as_str()), (0, "3 passed, 0 failed\n"));
}

#[test]
fn a_verdict_that_is_another_is_told_with_its_evidence_and_ends_with_1() {
    let content = content();
    let wrong = UMASK_TESTS.replace(
        "UMASK 027\\n\"}\n    verdict: pass",
        "UMASK 002\\n\"}\n    verdict: pass",
    );
    assert_ne!(wrong, UMASK_TESTS);
    write(content.path(), TESTS, &wrong);
    let (status, text, said) = agent(&[&"content", &"test", &content.path()]);
    assert_eq!((status, said.as_str()), (1, ""));
    for part in [
        "login-umask: others are shut out: wanted pass, came fail\n",
        "reads   /etc/login.defs\n",
        "wants   UMASK 027\n",
        "finds   002 in /etc/login.defs\n",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(text.ends_with("\n6 passed, 1 failed\n"), "{text}");
}

#[test]
fn what_could_not_run_ends_with_2_and_says_why() {
    let content = content();
    let (status, _, said) = agent(&[&"content", &"test", &content.path(), &"--rule", &"no-such"]);
    assert_eq!(status, 2);
    assert!(said.contains("there is no rule `no-such`"), "{said}");

    let climbs = SHADOW_TESTS.replacen("/etc/shadow:", "/../etc/shadow:", 1);
    write(
        content.path(),
        "rules/files/shadow-closed.tests.yaml",
        &climbs,
    );
    let (status, text, said) = agent(&[&"content", &"test", &content.path()]);
    assert_eq!((status, text.as_str()), (2, ""));
    let expected =
        "shadow-closed.tests.yaml: `cases`: it is closed: `/../etc/shadow` is not an absolute path";
    assert!(said.contains(expected), "{said}");

    let (status, _, said) = agent(&[&"content", &"test", &"/nonexistent"]);
    assert_eq!(status, 2);
    assert!(
        said.contains("/nonexistent/rules: cannot be read"),
        "{said}"
    );
}
