//! Rules on small trees, and what other tools got wrong.

use std::{fs, os::unix::fs::PermissionsExt as _};

use shared::{clock::SystemClock, rule::variable::Values};

use super::{
    check::testing::{Verdict, is, on, rule},
    *,
};
use crate::host::Host;

use Verdict::{Error, Fail, NotApplicable, Pass};

const ROOT_LOGIN: &str = "{sshd: {keyword: PermitRootLogin, is: \"no\"}}";
const SSHD: &str = "/etc/ssh/sshd_config";

#[test]
fn a_commented_line_says_nothing() {
    is(Fail, ROOT_LOGIN, &[(SSHD, "# PermitRootLogin no\n")]);
    is(
        Pass,
        ROOT_LOGIN,
        &[(SSHD, "permitrootlogin no # as agreed\n")],
    );
    let login = "{setting: {file: /etc/login.defs, form: words, key: UMASK, is: \"027\"}}";
    is(Fail, login, &[("/etc/login.defs", "#UMASK 027\n")]);
    is(Pass, login, &[("/etc/login.defs", "UMASK\t\t027\n")]);
}

#[test]
fn the_first_line_of_sshd_counts_wherever_it_is_included() {
    let included = (
        "/etc/ssh/sshd_config.d/10-first.conf",
        "PermitRootLogin yes\n",
    );
    let main = (
        SSHD,
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n",
    );
    let outcome = is(Fail, ROOT_LOGIN, &[main, included]);
    assert!(
        outcome
            .because
            .contains("yes in /etc/ssh/sshd_config.d/10-first.conf"),
        "{}",
        outcome.because
    );
}

#[test]
fn a_match_block_that_says_otherwise_is_an_offender() {
    let outcome = is(
        Fail,
        ROOT_LOGIN,
        &[(
            SSHD,
            "PermitRootLogin no\nMatch user anna\n PermitRootLogin yes\n",
        )],
    );
    assert_eq!(
        outcome.evidence[0].offenders,
        ["Match user anna: yes in /etc/ssh/sshd_config"]
    );
    is(
        Pass,
        ROOT_LOGIN,
        &[(
            SSHD,
            "PermitRootLogin no\nMatch user anna\n X11Forwarding yes\n",
        )],
    );
}

#[test]
fn a_host_without_an_ssh_server_is_not_asked_and_defaults_are_known() {
    is(NotApplicable, ROOT_LOGIN, &[("/etc/passwd", "")]);
    is(
        Fail,
        "{sshd: {keyword: MaxAuthTries, at_most: 4}}",
        &[(SSHD, "\n")],
    );
    is(
        Pass,
        "{sshd: {keyword: LoginGraceTime, between: [1, 60]}}",
        &[(SSHD, "LoginGraceTime 1m\n")],
    );
    is(
        Fail,
        "{sshd: {keyword: LoginGraceTime, between: [1, 60]}}",
        &[(SSHD, "LoginGraceTime 0\n")],
    );
}

#[test]
fn deny_zero_is_no_lockout() {
    let deny = "{setting: {file: /etc/security/faillock.conf, form: equals, key: deny, default: 3, between: [1, 3]}}";
    let file = "/etc/security/faillock.conf";
    is(Fail, deny, &[(file, "deny = 0\n")]);
    is(Pass, deny, &[(file, "deny = 3\n")]);
    is(Pass, deny, &[(file, "# deny = 9\n")]);
    is(Fail, deny, &[(file, "deny = 3\ndeny=5\n")]);
}

#[test]
fn a_later_fragment_overrides_and_a_longer_key_is_another() {
    let storage = "{setting: {file: /etc/systemd/journald.conf, drop_ins: [/etc/systemd/journald.conf.d, \
                   /usr/lib/systemd/journald.conf.d], form: ini, section: Journal, key: Storage, default: auto, is: persistent}}";
    let main = (
        "/etc/systemd/journald.conf",
        "[Journal]\nStorage=persistent\nStorageX=volatile\n",
    );
    is(Pass, storage, &[main]);
    let later = (
        "/usr/lib/systemd/journald.conf.d/90-x.conf",
        "[Journal]\nStorage=volatile\n",
    );
    is(Fail, storage, &[main, later]);
    let hidden = ("/etc/systemd/journald.conf.d/90-x.conf", "[Journal]\n");
    is(Pass, storage, &[main, later, hidden]);
    is(
        Fail,
        storage,
        &[(
            "/etc/systemd/journald.conf",
            "[Other]\nStorage=persistent\n",
        )],
    );
}

#[test]
fn a_stricter_mode_than_asked_passes() {
    let shadow = "{file: {paths: [/etc/shadow], mode_at_most: \"0640\", owner: [root], group: [root, shadow]}}";
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("etc/shadow");
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(&path, "").unwrap();
    for (mode, verdict) in [
        (0o600, Pass),
        (0o640, Pass),
        (0o000, Pass),
        (0o644, Fail),
        (0o660, Fail),
        (0o4640, Fail),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let outcome = on(root.path(), shadow);
        assert_eq!(outcome.verdict, verdict, "{mode:o}: {outcome:#?}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(on(root.path(), shadow).verdict, Fail, "absent");
}

#[test]
fn a_module_named_with_a_dash_is_the_module() {
    let check = "{kernel_module: {name: usb-storage}}";
    is(
        Pass,
        check,
        &[("/etc/modprobe.d/x.conf", "install usb_storage /bin/false\n")],
    );
    is(
        Pass,
        check,
        &[("/etc/modprobe.d/x.conf", "install usb-storage /bin/true\n")],
    );
    is(
        Fail,
        check,
        &[("/etc/modprobe.d/x.conf", "blacklist usb-storage\n")],
    );
    is(
        Fail,
        check,
        &[(
            "/etc/modprobe.d/x.conf",
            "#install usb-storage /bin/false\ninstall usb-storage-x /bin/false\n",
        )],
    );
}

#[test]
fn an_option_that_fstab_lacks_is_gone_with_the_next_boot() {
    let check = "{mount: {point: /tmp, separate: true, options: [nodev, noexec]}}";
    is(
        Pass,
        check,
        &[("/etc/fstab", "tmpfs /tmp tmpfs nodev,noexec 0 0\n")],
    );
    let outcome = is(
        Fail,
        check,
        &[("/etc/fstab", "tmpfs /tmp tmpfs nodev,noexecx 0 0\n")],
    );
    assert_eq!(outcome.evidence[0].offenders, ["/etc/fstab without noexec"]);
    is(
        Fail,
        check,
        &[("/etc/fstab", "#tmpfs /tmp tmpfs nodev,noexec 0 0\n")],
    );
    is(
        NotApplicable,
        "{mount: {point: /tmp, options: [nodev]}}",
        &[("/etc/fstab", "")],
    );
}

#[test]
fn a_sysctl_that_no_file_sets_is_gone_with_the_next_boot() {
    let check = "{sysctl: {name: net.ipv4.ip_forward, is: 0}}";
    is(
        Pass,
        check,
        &[("/etc/sysctl.d/10-x.conf", "net.ipv4.ip_forward = 0\n")],
    );
    is(
        Fail,
        check,
        &[("/etc/sysctl.d/10-x.conf", "net.ipv4.ip_forward = 1\n")],
    );
    is(
        Fail,
        check,
        &[("/etc/sysctl.d/10-x.conf", "#net.ipv4.ip_forward = 0\n")],
    );
    is(
        Fail,
        check,
        &[
            ("/etc/sysctl.d/10-x.conf", "net.ipv4.ip_forward = 0\n"),
            ("/etc/sysctl.d/20-x.conf", "net/ipv4/ip_forward=1\n"),
        ],
    );
    is(
        Error,
        "{sysctl: {name: no.such.name, is: 0}}",
        &[("/etc/sysctl.d/x.conf", "")],
    );
}

#[test]
fn a_package_that_left_its_settings_is_not_installed() {
    let status = |status: &str| {
        format!("Package: telnetd\nStatus: {status}\nVersion: 1\nArchitecture: all\n\n")
    };
    let check = "{package: {names: [telnetd, inetutils-telnetd], must: absent}}";
    let file = "/var/lib/dpkg/status";
    is(Fail, check, &[(file, &status("install ok installed"))]);
    is(Pass, check, &[(file, &status("deinstall ok config-files"))]);
    is(
        Pass,
        check,
        &[(
            file,
            "Package: telnetd-ssl\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n",
        )],
    );
    is(Error, check, &[("/etc/passwd", "")]);
}

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\n";

#[test]
fn accounts_are_judged_one_by_one() {
    let empty = "{accounts: {of: all, must: have_no_empty_password}}";
    let shadow = |anna: &str| {
        format!("root:!:1:0:99999:7:::\nanna:{anna}:1:0:99999:7:::\ndaemon:*:1::::::\n")
    };
    let outcome = is(
        Fail,
        empty,
        &[("/etc/passwd", PASSWD), ("/etc/shadow", &shadow(""))],
    );
    assert_eq!(outcome.evidence[0].offenders, ["anna"]);
    is(
        Pass,
        empty,
        &[("/etc/passwd", PASSWD), ("/etc/shadow", &shadow("!"))],
    );
    is(
        Fail,
        "{accounts: {of: all, must: not_have_uid_zero_but_root}}",
        &[(
            "/etc/passwd",
            "root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n",
        )],
    );
    is(
        Fail,
        "{accounts: {of: all, must: be_shadowed}}",
        &[("/etc/passwd", "root:$6$a$b:0:0::/:/bin/sh\n")],
    );
    is(
        Fail,
        "{accounts: {of: all, must: have_unique_uids}}",
        &[("/etc/passwd", "a:x:5:0::/:\nb:x:5:0::/:\n")],
    );
    let age = "{accounts: {of: with_password, must: {age: {field: max_days, between: [1, 365]}}}}";
    let hash = "$6$rounds=1$abcdefgh$abcdefghijklmnopqrstuvwxyz";
    is(
        Fail,
        age,
        &[("/etc/passwd", PASSWD), ("/etc/shadow", &shadow(hash))],
    );
    is(
        Pass,
        age,
        &[
            ("/etc/passwd", PASSWD),
            ("/etc/shadow", &shadow(hash).replace("99999", "365")),
        ],
    );
}

#[test]
fn a_unit_is_what_its_files_make_it_on_a_tree() {
    let unit = (
        "/usr/lib/systemd/system/telnet.service",
        "[Install]\nWantedBy=multi-user.target\n",
    );
    let off = "{service: {names: [telnet], enabled: false}}";
    is(Pass, off, &[unit]);
    is(
        Fail,
        off,
        &[
            unit,
            (
                "/etc/systemd/system/multi-user.target.wants/telnet.service",
                "",
            ),
        ],
    );
    is(Pass, off, &[("/etc/passwd", "")]);
    is(
        Fail,
        "{service: {names: [telnet], enabled: true}}",
        &[("/etc/passwd", "")],
    );
}

#[test]
fn lines_are_looked_at_without_comments() {
    let check = "{lines: {files: [/etc/issue, /etc/issue.d/*], pattern: '(?i)\\\\[mrsv]|debian', must: absent}}";
    is(Pass, check, &[("/etc/issue", "Keep out.\n# Debian\n")]);
    let outcome = is(Fail, check, &[("/etc/issue.d/a", "Welcome to Debian\n")]);
    assert_eq!(
        outcome.evidence[0].offenders,
        ["/etc/issue.d/a:1: Welcome to Debian"]
    );
    is(Pass, check, &[("/etc/passwd", "")]);
}

#[test]
fn a_pipe_or_a_device_in_the_place_of_a_file_is_an_error_and_does_not_wait() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc/ssh")).unwrap();
    nix::unistd::mkfifo(
        &root.path().join("etc/login.defs"),
        nix::sys::stat::Mode::S_IRWXU,
    )
    .unwrap();
    let outcome = on(
        root.path(),
        "{setting: {file: /etc/login.defs, form: words, key: UMASK, is: \"027\"}}",
    );
    assert_eq!(outcome.verdict, Error);
    assert!(
        outcome.because.contains("not a regular file"),
        "{}",
        outcome.because
    );
}

#[test]
fn what_is_redacted_is_not_told() {
    let mut rule =
        rule("{setting: {file: /etc/secret, form: equals, key: password, is_not: \"\"}}");
    rule.redact = true;
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/secret"), "password = hunter2\n").unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let outcome = evaluate(&rule, &Values::new(), &Sources::of(&host));
    assert_eq!(outcome.verdict, Pass);
    assert!(!format!("{outcome:?}").contains("hunter2"));
}
