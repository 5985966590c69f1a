use nix::sys::stat::Mode;

use super::super::testing::{
    Verdict::{Error, Fail, NotApplicable, Pass},
    is, on, tree,
};

const AUTH: &str = "/etc/pam.d/common-auth";

fn faillock(rest: &str) -> String {
    format!("{{pam: {{services: [common-auth], facility: auth, module: pam_faillock.so{rest}}}}}")
}

const GOOD: &str = "\
auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_unix.so nullok
auth [default=die] pam_faillock.so authfail
auth sufficient pam_faillock.so authsucc
";

#[test]
fn a_module_is_there_by_its_own_name_in_its_own_facility() {
    is(Pass, &faillock(""), &[(AUTH, GOOD)]);
    for bad in [
        "#auth required pam_faillock.so\n",
        "auth required pam_unix.so # pam_faillock.so\n",
        "auth required pam_faillock.sox\n",
        "auth required xpam_faillock.so\n",
        "account required pam_faillock.so\n",
        "auth required pam_unix.so pam_faillock.so\n",
        "",
    ] {
        is(Fail, &faillock(""), &[(AUTH, bad)]);
    }
    is(
        Pass,
        &faillock(""),
        &[(AUTH, "-AUTH Required /lib/security/pam_faillock.so\n")],
    );
    is(
        Pass,
        &faillock(""),
        &[(AUTH, "auth required \\\n pam_faillock.so\n")],
    );
    is(Fail, &faillock(", must: absent"), &[(AUTH, GOOD)]);
    is(
        Pass,
        &faillock(", must: absent"),
        &[(AUTH, "#auth required pam_faillock.so\n")],
    );
}

#[test]
fn control_position_and_arguments_are_of_one_line() {
    let preauth =
        faillock(", having: [preauth], control: [required, requisite], before: pam_unix.so");
    is(Pass, &preauth, &[(AUTH, GOOD)]);
    let bracketed = GOOD.replace(
        "required",
        "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]",
    );
    is(Pass, &preauth, &[(AUTH, &bracketed)]);
    is(
        Fail,
        &preauth,
        &[(AUTH, &GOOD.replace("required", "optional"))],
    );
    is(
        Fail,
        &preauth,
        &[(AUTH, &GOOD.replace("preauth", "preauthx"))],
    );
    let late = "auth sufficient pam_unix.so\nauth required pam_faillock.so preauth\n";
    let outcome = is(Fail, &preauth, &[(AUTH, late)]);
    assert!(
        outcome.because.contains("in another place"),
        "{}",
        outcome.because
    );
    let authfail = faillock(", having: [authfail], after: pam_unix.so");
    is(Pass, &authfail, &[(AUTH, GOOD)]);
    is(
        Fail,
        &authfail,
        &[(AUTH, "auth required pam_faillock.so authfail\n")],
    );
}

#[test]
fn the_value_of_an_argument_is_compared_wherever_it_stands() {
    let remember = "{pam: {services: [common-password, system-auth], facility: password, \
                    module: pam_pwhistory.so, argument: remember, at_least: 5}}";
    let at = "/etc/pam.d/common-password";
    let line = |arguments: &str| format!("password requisite pam_pwhistory.so {arguments}\n");
    is(Pass, remember, &[(at, &line("remember=5 use_authtok"))]);
    is(Pass, remember, &[(at, &line("remember=3 remember=24"))]);
    is(Fail, remember, &[(at, &line("remember=4"))]);
    is(Fail, remember, &[(at, &line("remembered=10"))]);
    is(Fail, remember, &[(at, &line("use_authtok"))]);
    is(
        Fail,
        remember,
        &[(at, &(line("remember=5") + &line("remember=1")))],
    );
    let default = remember.replace("at_least: 5", "at_least: 5, default: 10");
    is(Pass, &default, &[(at, &line("use_authtok"))]);
    let outcome = is(
        Fail,
        remember,
        &[(at, &line("remember=5")), ("/etc/pam.d/system-auth", "")],
    );
    assert_eq!(
        outcome.evidence[0].offenders,
        ["system-auth: no pam_pwhistory.so"]
    );
    let authtok = "{pam: {services: [common-password], facility: password, \
                   module: pam_pwhistory.so, argument: use_authtok}}";
    is(Pass, authtok, &[(at, &line("use_authtok"))]);
    is(Fail, authtok, &[(at, &line("try_first_pass"))]);
}

#[test]
fn an_argument_that_must_not_be_there_is_looked_for_on_every_line() {
    let nullok = "{pam: {services: [common-auth], facility: auth, module: pam_unix.so, \
                  argument: nullok, must: absent}}";
    let outcome = is(Fail, nullok, &[(AUTH, GOOD)]);
    assert_eq!(
        outcome.because,
        "common-auth: pam_unix.so nullok (/etc/pam.d/common-auth:2)"
    );
    is(
        Pass,
        nullok,
        &[(AUTH, &GOOD.replace("nullok", "nullok_secure"))],
    );
    is(
        Pass,
        nullok,
        &[(AUTH, "#auth required pam_unix.so nullok\n")],
    );
}

#[test]
fn includes_are_followed_in_their_place_and_only_for_their_facility() {
    let check =
        "{pam: {services: [sshd], facility: auth, module: pam_faillock.so, before: pam_unix.so}}";
    let inner = (AUTH, GOOD);
    for outer in [
        "@include common-auth\n",
        "auth include common-auth\n",
        "auth substack common-auth\nauth required pam_unix.so\n",
    ] {
        let outcome = is(Pass, check, &[("/etc/pam.d/sshd", outer), inner]);
        assert_eq!(outcome.evidence[0].read, ["/etc/pam.d/sshd", AUTH]);
    }
    is(
        Fail,
        check,
        &[("/etc/pam.d/sshd", "account include common-auth\n"), inner],
    );
    is(
        Fail,
        check,
        &[
            (
                "/etc/pam.d/sshd",
                "auth required pam_unix.so\n@include common-auth\n",
            ),
            inner,
        ],
    );
    let shipped = ("/usr/lib/pam.d/common-auth", GOOD);
    is(
        Pass,
        check,
        &[("/usr/lib/pam.d/sshd", "@include common-auth\n"), shipped],
    );
    is(
        Fail,
        check,
        &[
            ("/etc/pam.d/sshd", "@include common-auth\n"),
            shipped,
            (AUTH, ""),
        ],
    );
}

#[test]
fn what_is_not_there_or_cannot_be_read_is_no_pass() {
    is(Fail, &faillock(""), &[("/etc/passwd", "")]);
    is(
        NotApplicable,
        &faillock(", missing: not_applicable"),
        &[("/etc/passwd", "")],
    );
    is(
        Error,
        &faillock(""),
        &[(AUTH, "@include none\nauth required pam_faillock.so\n")],
    );
    is(Error, &faillock(""), &[(AUTH, "@include common-auth\n")]);
    is(
        Error,
        &faillock(""),
        &[("/etc/pam.d/common-auth/folder", "")],
    );
    let root = tree(&[("/etc/pam.d/x", "")]);
    nix::unistd::mkfifo(&root.path().join("etc/pam.d/common-auth"), Mode::S_IRWXU).unwrap();
    assert_eq!(on(root.path(), &faillock("")).verdict, Error);
}

#[test]
fn of_arguments_that_exclude_each_other_the_last_counts() {
    let check = "{pam: {services: [common-password], facility: password, module: pam_unix.so, \
                 last_of: [md5, sha256, sha512, yescrypt], one_of: [sha512, yescrypt]}}";
    let file =
        |arguments: &str| format!("password [success=1 default=ignore] pam_unix.so {arguments}\n");
    for good in ["sha512", "obscure yescrypt", "md5 sha512", "[sha512]"] {
        is(Pass, check, &[("/etc/pam.d/common-password", &file(good))]);
    }
    for bad in ["", "md5", "sha512 md5", "sha512x", "sha512=1", "# sha512"] {
        is(Fail, check, &[("/etc/pam.d/common-password", &file(bad))]);
    }
    let by_default = check.replace("one_of", "default: yescrypt, one_of");
    is(
        Pass,
        &by_default,
        &[("/etc/pam.d/common-password", &file("obscure"))],
    );
    let two = file("sha512") + &file("md5");
    is(Fail, check, &[("/etc/pam.d/common-password", &two)]);
}
