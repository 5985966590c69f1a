//! Expressions on small trees.

use shared::{clock::SystemClock, rule::variable::Values};

use super::*;
use crate::{
    host::Host,
    probe,
    rule::check::testing::{self, is},
};

const PASSWD: &str =
    "root:x:0:0::/root:/bin/sh\nanna:x:1000:50::/:/bin/zsh\nben:x:1001:50::/:/bin/sh\n";
const RELEASE: &str = "ID=debian\nVERSION_ID=12\n";

fn on(verdict: Verdict, cel: &str) -> Seen {
    let files = [("/etc/passwd", PASSWD), ("/etc/os-release", RELEASE)];
    let check = format!("{{expr: {{cel: {cel:?}}}}}");
    let outcome = is(verdict, &check, &files);
    let seen = outcome.evidence.into_iter().next().unwrap();
    Seen {
        verdict: seen.verdict,
        read: seen.read,
        expected: seen.expected,
        actual: seen.actual,
        offenders: seen.offenders,
    }
}

#[test]
fn every_kind_of_the_probes_may_be_named_and_no_other() {
    let kinds: Vec<_> = probe::all().iter().map(|probe| probe.kind()).collect();
    assert_eq!(kinds, KINDS);
    assert!(SINGLE.iter().all(|kind| KINDS.contains(kind)));
}

#[test]
fn one_row_is_an_object_and_many_are_a_list_with_their_keys() {
    let seen = on(Verdict::Pass, "os.id == 'debian' && os.version == '12'");
    assert_eq!(seen.actual, "os.id = \"debian\"; os.version = \"12\"");
    assert_eq!(seen.read, ["os"]);
    let seen = on(Verdict::Fail, "os.id == 'debian' && os.version == '13'");
    assert_eq!(seen.actual, "os.version = \"12\"");
    on(
        Verdict::Pass,
        "user.exists(u, u.key == 'anna' && u.uid == 1000)",
    );
    on(Verdict::Pass, "hardware.key == 'hardware'");
}

#[test]
fn of_many_the_offenders_are_named_by_their_keys() {
    let seen = on(Verdict::Fail, "user.all(u, u.uid == 0)");
    assert_eq!(seen.offenders, ["anna", "ben"]);
    assert_eq!(seen.actual, "otherwise are 2 of 3");
    let seen = on(
        Verdict::Fail,
        "size(user) < 9 && !user.exists(u, u.shell.endsWith('/zsh'))",
    );
    assert_eq!(seen.offenders, ["anna"]);
    assert_eq!(seen.actual, "otherwise is 1 of 3: anna");
    let seen = on(Verdict::Pass, "user.all(u, u.uid < 2000)");
    assert_eq!(seen.actual, "so it is with all 3");
    let seen = on(
        Verdict::Fail,
        "!user.exists(u, u.uid == 0) && os.id == 'rhel'",
    );
    assert_eq!(seen.actual, "otherwise is 1 of 3: root; os.id = \"debian\"");
}

#[test]
fn what_was_not_read_is_never_a_pass_and_is_named() {
    for cel in [
        "package.all(p, true)",
        "!package.exists(p, false)",
        "size(package) == 0 || true == false",
        "!(size(package) == 0)",
    ] {
        let seen = on(Verdict::Error, cel);
        assert!(
            seen.actual.starts_with("`package` could not be read: "),
            "{}",
            seen.actual
        );
        assert_eq!(seen.read, ["package"]);
    }
    // Whatever the packages are.
    on(Verdict::Pass, "size(package) == 0 || os.id == 'debian'");
    on(Verdict::Fail, "size(package) == 0 && os.id == 'rhel'");
}

#[test]
fn what_cannot_be_asked_is_an_error_that_says_where_and_what_is_there() {
    let seen = on(Verdict::Error, "user.all(u, u.id == 0)");
    assert!(
        seen.actual
            .contains("there is no field `id`; there are: key, gecos, gid"),
        "{}",
        seen.actual
    );
    assert!(
        seen.actual.ends_with("(line 1, column 13)"),
        "{}",
        seen.actual
    );
    let seen = on(Verdict::Error, "os.id");
    assert_eq!(seen.actual, "it gives a string, and neither true nor false");
    let seen = on(Verdict::Error, "9223372036854775807 + user[0].uid + 1 > 0");
    assert!(seen.actual.contains("too large"), "{}", seen.actual);
}

#[test]
fn what_takes_too_long_is_an_error() {
    let lines: String = (1..200)
        .map(|n| format!("u{n}:x:{n}:{n}::/:/bin/sh\n"))
        .collect();
    let cel = "user.all(a, user.all(b, user.all(c, a.uid + b.uid + c.uid > 0)))";
    let check = format!("{{expr: {{cel: {cel:?}}}}}");
    let outcome = is(Verdict::Error, &check, &[("/etc/passwd", &lines)]);
    assert!(
        outcome.because.contains("more steps"),
        "{}",
        outcome.because
    );
}

#[test]
fn what_looks_like_a_secret_is_not_told() {
    let passwd = "root:x:0:0:$6$salt$hash:/root:/bin/sh\n";
    let check = "{expr: {cel: \"user[0].gecos == ''\"}}";
    let outcome = is(Verdict::Fail, check, &[("/etc/passwd", passwd)]);
    assert_eq!(outcome.because, "user[0].gecos = \"…");
}

#[test]
fn the_kinds_that_it_asks_are_followed() {
    let tree = testing::tree(&[("/etc/passwd", PASSWD), ("/etc/os-release", RELEASE)]);
    let host = Host::at(tree.path(), SystemClock::shared());
    let sources = Sources::of(&host);
    let rule = testing::rule("{expr: {cel: \"user.all(u, size(group) == 0 || u.uid > 0)\"}}");
    crate::rule::evaluate(&rule, &Values::new(), &sources);
    let kinds = sources.take_reads().kinds;
    // Of the system every rule asks.
    assert_eq!(kinds, ["group", "os", "user"].into());
}
