use super::super::testing::{
    Verdict::{Error, Fail, NotApplicable, Pass},
    is,
};

const SUDOERS: &str = "/etc/sudoers";
const PTY: &str = "{sudo: {setting: use_pty, is: \"yes\"}}";

#[test]
fn of_settings_the_last_line_counts_and_one_for_some_is_an_offender() {
    let file = |text: &'static str| (SUDOERS, text);
    is(Pass, PTY, &[file("Defaults use_pty\n")]);
    is(Pass, PTY, &[file("Defaults\tenv_reset, use_pty\n")]);
    is(Fail, PTY, &[file("#Defaults use_pty\n")]);
    is(Fail, PTY, &[file("Defaults use_pty\nDefaults !use_pty\n")]);
    is(Fail, PTY, &[file("Defaults use_pty_x\n")]);
    let outcome = is(
        Fail,
        PTY,
        &[file("Defaults use_pty\nDefaults:anna !use_pty\n")],
    );
    assert_eq!(
        outcome.evidence[0].offenders,
        ["/etc/sudoers: Defaults:anna !use_pty no"]
    );
    is(
        Pass,
        PTY,
        &[file("Defaults use_pty\nDefaults:anna use_pty\n")],
    );
    is(
        Pass,
        "{sudo: {setting: use_pty, is: \"yes\", default: \"yes\"}}",
        &[file("root ALL=(ALL) ALL\n")],
    );
}

#[test]
fn includes_are_in_their_place() {
    let more = |text: &'static str| ("/etc/sudoers.d/z", text);
    let with = "@includedir /etc/sudoers.d\n";
    let before = (SUDOERS, "Defaults !use_pty\n@includedir /etc/sudoers.d\n");
    is(Pass, PTY, &[before, more("Defaults use_pty\n")]);
    let after = (SUDOERS, "@includedir /etc/sudoers.d\nDefaults !use_pty\n");
    is(Fail, PTY, &[after, more("Defaults use_pty\n")]);
    is(
        Fail,
        PTY,
        &[
            (SUDOERS, with),
            ("/etc/sudoers.d/z.bak", "Defaults use_pty\n"),
        ],
    );
}

#[test]
fn numbers_are_within_both_ends() {
    let check = "{sudo: {setting: timestamp_timeout, between: [0, 5], default: 5}}";
    let file = |value: &str| format!("Defaults timestamp_timeout={value}\n");
    for good in ["0", "5", "4.5", "05"] {
        is(Pass, check, &[(SUDOERS, &file(good))]);
    }
    for bad in ["6", "5.1", "-1", "-0.5"] {
        is(Fail, check, &[(SUDOERS, &file(bad))]);
    }
    is(Pass, check, &[(SUDOERS, "Defaults !timestamp_timeout\n")]);
    is(Pass, check, &[(SUDOERS, "")]);
    let log = "{sudo: {setting: logfile, matches: '/.+'}}";
    is(
        Pass,
        log,
        &[(SUDOERS, "Defaults logfile=\"/var/log/sudo.log\"\n")],
    );
    is(Fail, log, &[(SUDOERS, "Defaults !logfile\n")]);
    is(Fail, log, &[(SUDOERS, "")]);
}

#[test]
fn a_password_is_asked_for_by_every_line() {
    let check = "{sudo: {must: ask_for_a_password}}";
    is(
        Pass,
        check,
        &[(
            SUDOERS,
            "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL) ALL\n#anna ALL=NOPASSWD: ALL\n",
        )],
    );
    let outcome = is(
        Fail,
        check,
        &[(
            SUDOERS,
            "root ALL=(ALL) ALL\nanna ALL=(root) NOPASSWD: /bin/a, /bin/b\n",
        )],
    );
    assert_eq!(outcome.evidence[0].offenders.len(), 1);
    assert!(
        outcome
            .because
            .contains("anna ALL=(root) NOPASSWD: /bin/a,/bin/b"),
        "{}",
        outcome.because
    );
    is(Fail, check, &[(SUDOERS, "Defaults !authenticate\n")]);
    is(Fail, check, &[(SUDOERS, "Defaults:anna !authenticate\n")]);
    is(Fail, check, &[(SUDOERS, "Defaults exempt_group=wheel\n")]);
    is(
        Pass,
        check,
        &[(
            SUDOERS,
            "Defaults authenticate\nCmnd_Alias NOPASSWDX = /bin/a\n",
        )],
    );
    let tag = "{sudo: {must: have_no_nopasswd}}";
    is(
        Pass,
        tag,
        &[(SUDOERS, "Defaults !authenticate\nroot ALL=(ALL) ALL\n")],
    );
    is(
        Fail,
        tag,
        &[(SUDOERS, "anna ALL=(root) NOPASSWD: /bin/a\n")],
    );
    let again = "{sudo: {must: ask_again}}";
    is(
        Pass,
        again,
        &[(
            SUDOERS,
            "anna ALL=NOPASSWD: ALL\nDefaults timestamp_timeout=5\n",
        )],
    );
    is(Fail, again, &[(SUDOERS, "Defaults timestamp_timeout=-1\n")]);
    is(Fail, again, &[(SUDOERS, "Defaults !authenticate\n")]);
}

#[test]
fn only_root_and_groups_may_run_everything() {
    let check = "{sudo: {must: let_no_user_run_everything}}";
    is(
        Pass,
        check,
        &[(
            SUDOERS,
            "root ALL=(ALL) ALL\n%wheel ALL=(ALL) ALL\nanna ALL=(ALL) /bin/a\n",
        )],
    );
    for bad in [
        "anna ALL=(ALL) ALL\n",
        "ALL ALL=(ALL) ALL\n",
        "User_Alias ADMINS = anna, otto\nADMINS ALL=ALL\n",
        "%wheel, anna ALL=(ALL) NOPASSWD: ALL\n",
        "Cmnd_Alias EVERY = ALL\nanna ALL = EVERY\n",
    ] {
        is(Fail, check, &[(SUDOERS, bad)]);
    }
}

#[test]
fn not_everybody_may_run_everything() {
    let check = "{sudo: {must: let_not_everybody_run_everything}}";
    for good in [
        "root ALL=(ALL) ALL\nanna ALL=(ALL) ALL\n",
        "ALL ALL=(ALL) /bin/a\n",
        "#ALL ALL=(ALL) ALL\n",
        "ALL ALL=(ALL) !ALL\n",
    ] {
        is(Pass, check, &[(SUDOERS, good)]);
    }
    for bad in [
        "ALL ALL=(ALL) ALL\n",
        "ALL ALL=(ALL:ALL) ALL\n",
        "ALL own=ALL\n",
        "anna, ALL ALL=(root) NOPASSWD: ALL\n",
        "User_Alias EVERY = ALL\nEVERY ALL=(ALL) ALL\n",
    ] {
        is(Fail, check, &[(SUDOERS, bad)]);
    }
}

#[test]
fn what_is_not_there_not_understood_or_elsewhere_is_said() {
    is(NotApplicable, PTY, &[("/etc/passwd", "")]);
    is(
        Fail,
        "{sudo: {setting: use_pty, is: \"yes\", missing: fail}}",
        &[("/etc/passwd", "")],
    );
    is(Error, PTY, &[("/usr/bin/sudo", "")]);
    is(Error, PTY, &[("/etc/sudoers/folder", "")]);
    let outcome = is(
        Error,
        PTY,
        &[(SUDOERS, "Defaults use_pty\nanna ALL ALL ALL\n")],
    );
    assert!(
        outcome.because.contains("not understood: /etc/sudoers:2"),
        "{}",
        outcome.because
    );
    let elsewhere = ("/etc/nsswitch.conf", "sudoers: files sss\n");
    let outcome = is(Pass, PTY, &[(SUDOERS, "Defaults use_pty\n"), elsewhere]);
    assert!(
        outcome.because.ends_with("what sss allows is not seen"),
        "{}",
        outcome.because
    );
}
