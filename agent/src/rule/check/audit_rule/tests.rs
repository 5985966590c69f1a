use std::fs;

use nix::sys::stat::Mode;

use super::super::testing::{
    Verdict::{Error, Fail, NotApplicable, Pass},
    is, on, tree,
};

const CHMOD: &str =
    "{audit_rule: {syscalls: [chmod, fchmod, fchmodat], fields: ['auid>=1000', 'auid!=unset']}}";
const WATCH: &str = "{audit_rule: {paths: [/etc/passwd]}}";
const RULES: &str = "/etc/audit/rules.d/50-own.rules";

#[test]
fn a_list_of_calls_is_met_by_several_rules_and_a_call_that_none_has_is_named() {
    let three = "\
-a always,exit -F arch=b64 -S chmod -F auid>=1000 -F auid!=-1 -k perm
-a always,exit -F arch=b64 -S fchmodat,fchmod -F auid>=1000 -F auid!=4294967295
-a always,exit -F arch=b32 -S chmod,fchmod,fchmodat -F auid>=1000 -F auid!=unset
";
    let outcome = is(Pass, CHMOD, &[(RULES, three)]);
    let because = &outcome.because;
    assert!(
        because.contains("50-own.rules:1") && because.contains("50-own.rules:3"),
        "{because}"
    );
    assert!(
        because.contains("the kernel was not asked: a tree has no kernel"),
        "{because}"
    );
    let lacking = three.replace("fchmodat,fchmod", "fchmodat,fchmodx");
    let outcome = is(Fail, CHMOD, &[(RULES, &lacking)]);
    assert_eq!(
        outcome.evidence[0].offenders,
        ["fchmod (b64): on disk not recorded"]
    );
    let one_arch = three.replace("arch=b32", "arch=b64");
    assert_eq!(
        is(Fail, CHMOD, &[(RULES, &one_arch)]).evidence[0]
            .offenders
            .len(),
        3
    );
}

#[test]
fn a_watch_is_a_watch_however_it_is_written() {
    for text in [
        "-w /etc/passwd -p wa -k identity\n",
        "-a always,exit -F path=/etc/passwd -F perm=wa\n",
        "-a exit,always -F dir=/etc -F perm=rwa -k x\n",
        "-w /etc/passwd -p w\n-w /etc/passwd -p a\n",
    ] {
        is(Pass, WATCH, &[(RULES, text)]);
    }
    for text in [
        "#-w /etc/passwd -p wa\n",
        "-w /etc/passwd- -p wa\n",
        "-w /etc/passwd.bak -p wa\n",
        "-w /etc/passwd -p wa\n-W /etc/passwd -p wa\n",
        "-a always,exit -F path=/etc/passwd -F perm=wa -F uid=0\n",
        "",
    ] {
        is(Fail, WATCH, &[(RULES, text)]);
    }
    let outcome = is(Fail, WATCH, &[(RULES, "-w /etc/passwd -p w\n")]);
    assert_eq!(
        outcome.evidence[0].offenders,
        [
            "a of /etc/passwd (b32): on disk not recorded",
            "a of /etc/passwd (b64): on disk not recorded"
        ]
    );
}

#[test]
fn a_linked_folder_is_the_folder_that_it_leads_to() {
    let root = tree(&[(RULES, "-w /var/run/utmp -p wa\n"), ("/run/x", "")]);
    fs::create_dir_all(root.path().join("var")).unwrap();
    std::os::unix::fs::symlink("/run", root.path().join("var/run")).unwrap();
    let outcome = on(root.path(), "{audit_rule: {paths: [/run/utmp]}}");
    assert_eq!(outcome.verdict, Pass, "{outcome:?}");
}

#[test]
fn what_stands_before_can_take_it_away() {
    let no_audit = ("/etc/audit/rules.d/10-no-audit.rules", "-a task,never\n");
    let watch = (RULES, "-w /etc/passwd -p wa -k identity\n");
    let outcome = is(Fail, WATCH, &[no_audit, watch]);
    assert!(
        outcome
            .because
            .contains("taken away by /etc/audit/rules.d/10-no-audit.rules:1")
    );
    let before = (
        "/etc/audit/rules.d/9-never.rules",
        "-a never,exit -F path=/etc/passwd\n",
    );
    is(Fail, WATCH, &[before, watch]);
    let after = (
        "/etc/audit/rules.d/100-never.rules",
        "-a never,exit -F path=/etc/passwd\n",
    );
    is(Pass, WATCH, &[after, watch]);
    let some = (
        "/etc/audit/rules.d/9-some.rules",
        "-a never,exit -F path=/etc/passwd -F auid=77\n",
    );
    let outcome = is(Pass, WATCH, &[some, watch]);
    assert!(
        outcome
            .because
            .contains("but not what /etc/audit/rules.d/9-some.rules:1 takes away")
    );
}

#[test]
fn of_unsuccessful_access_the_first_rule_gives_the_key() {
    let check = "{audit_rule: {syscalls: [openat], arches: [b64], fields: [exit=-EACCES, a2&0100], key: create}}";
    let create = "-a always,exit -F arch=b64 -S openat -F a2&0100 -F exit=-EACCES -k create\n";
    let access = "-a always,exit -F arch=b64 -S openat -F exit=-13 -k access\n";
    is(Pass, check, &[(RULES, &format!("{create}{access}"))]);
    let outcome = is(Fail, check, &[(RULES, &format!("{access}{create}"))]);
    assert!(
        outcome.because.contains("under another key by"),
        "{}",
        outcome.because
    );
    let any_key = check.replace(", key: create", "");
    is(Pass, &any_key, &[(RULES, &format!("{access}{create}"))]);
    is(Fail, &any_key, &[(RULES, &access.replace("-13", "-EPERM"))]);
    is(
        Pass,
        &any_key,
        &[(RULES, &access.replace("exit=-13", "success=0"))],
    );
}

#[test]
fn the_folder_decides_where_it_has_rules_and_else_the_file() {
    let file = |text: &'static str| ("/etc/audit/audit.rules", text);
    let watch = file("-D\n-b 8192\n-w /etc/passwd -p wa\n");
    is(Pass, WATCH, &[watch]);
    is(Fail, WATCH, &[watch, (RULES, "-w /etc/group -p wa\n")]);
    // The file is made anew of the folder, which has no rules.
    is(Fail, WATCH, &[watch, ("/etc/audit/rules.d/README", "")]);
    let unit = "/usr/lib/systemd/system/auditd.service";
    let merges = (
        unit,
        "[Service]\nExecStartPost=-/sbin/augenrules --load\n#ExecStartPost=-/sbin/auditctl -R x\n",
    );
    is(
        Fail,
        WATCH,
        &[watch, ("/etc/audit/rules.d/README", ""), merges],
    );
    let loads = (
        unit,
        "[Service]\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n",
    );
    is(
        Pass,
        WATCH,
        &[watch, (RULES, "-w /etc/group -p wa\n"), loads],
    );
    is(
        Fail,
        WATCH,
        &[file("-D\n"), (RULES, "-w /etc/passwd -p wa\n"), loads],
    );
    is(Fail, WATCH, &[file("-w /etc/passwd -p wa\n-D\n")]);
    is(Fail, WATCH, &[file("-e 2\n-w /etc/passwd -p wa\n")]);
    is(Pass, WATCH, &[(RULES, "-e 2\n-w /etc/passwd -p wa\n-D\n")]);
    let keyed = "-w /etc/passwd -p wa -k own\n-D -k own\n";
    is(Fail, WATCH, &[file(keyed)]);
    is(Fail, WATCH, &[(RULES, keyed)]);
}

#[test]
fn what_is_switched_off_or_left_out_of_the_trail_is_not_recorded() {
    let watch = "-w /etc/passwd -p wa\n";
    for text in [
        "-e 0\n",
        "-a always,exclude -F msgtype=SYSCALL\n",
        "-a always,exclude -F msgtype=PATH\n",
    ] {
        is(Fail, WATCH, &[(RULES, &format!("{watch}{text}"))]);
    }
    for text in ["-e 1\n", "-a always,exclude -F msgtype=CWD\n"] {
        is(Pass, WATCH, &[(RULES, &format!("{watch}{text}"))]);
    }
}

#[test]
fn what_stands_after_a_line_that_is_refused_may_never_be_loaded() {
    let watch = "-w /etc/passwd -p wa\n";
    let refused = "-a always,exit -F arch=b64 -S\n";
    let outcome = is(Error, WATCH, &[(RULES, &format!("{refused}{watch}"))]);
    assert!(
        outcome.because.starts_with(
            "whether /etc/audit/rules.d/50-own.rules:2 comes into force is not known: \
             /etc/audit/rules.d/50-own.rules:1 is not understood"
        ),
        "{}",
        outcome.because
    );
    is(Pass, WATCH, &[(RULES, &format!("{watch}{refused}"))]);
    is(Fail, WATCH, &[(RULES, refused)]);
}

#[test]
fn a_path_can_be_a_variable() {
    let check = "{audit_rule: {paths: [$folder]}}\nvariables: {folder: {type: text, about: a folder, default: /var/x/}}";
    let outcome = is(Pass, check, &[(RULES, "-w /var/x -p wa\n")]);
    assert_eq!(outcome.evidence[0].expected, "recorded: wa of /var/x/");
    is(Fail, check, &[(RULES, "-w /var/y -p wa\n")]);
}

#[test]
fn rules_are_final_by_the_last_word_on_it() {
    let check = "{audit_rule: {immutable: true}}";
    let last = |text: &'static str| ("/etc/audit/rules.d/99-final.rules", text);
    is(Pass, check, &[last("-e 2\n")]);
    is(Fail, check, &[last("#-e 2\n")]);
    is(Fail, check, &[last("-e 1\n")]);
    is(
        Fail,
        check,
        &[("/etc/audit/rules.d/10.rules", "-e 2\n"), last("-e 1\n")],
    );
    is(Fail, check, &[(RULES, "-w /etc/passwd -p wa\n")]);
}

#[test]
fn audit_itself_can_be_asked_about() {
    let first = |text: &'static str| ("/etc/audit/rules.d/10-own.rules", text);
    let last = |text: &'static str| ("/etc/audit/rules.d/99-own.rules", text);
    let rule = "-w /etc/passwd -p wa\n";
    let check = "{audit_rule: {login_uids_immutable: true}}";
    is(Pass, check, &[last("--loginuid-immutable\n")]);
    is(Fail, check, &[last("# --loginuid-immutable\n")]);
    let check = "{audit_rule: {failure_mode: 2}}";
    is(Pass, check, &[first("-f 1\n"), last("-f 2\n")]);
    is(Fail, check, &[first("-f 2\n"), last("-f 1\n")]);
    is(Fail, check, &[first(rule)]);
    is(Pass, "{audit_rule: {failure_mode: 1}}", &[first(rule)]);
    is(Fail, "{audit_rule: {failure_mode: 1}}", &[first("-f 0\n")]);
    let check = "{audit_rule: {continue_loading: true}}";
    is(Pass, check, &[first("-c\n"), last(rule)]);
    is(Fail, check, &[first(rule), last("-c\n")]);
    is(Fail, check, &[first("-i\n"), last(rule)]);
}

#[test]
fn nothing_at_all_is_what_the_rule_says_and_what_cannot_be_read_is_an_error() {
    is(Fail, WATCH, &[("/etc/passwd", "")]);
    is(
        NotApplicable,
        "{audit_rule: {paths: [/etc/passwd], missing: not_applicable}}",
        &[("/etc/passwd", "")],
    );
    is(Error, WATCH, &[("/etc/audit/rules.d/x.rules/folder", "")]);
    let root = tree(&[("/etc/audit/README", "")]);
    let pipe = root.path().join("etc/audit/audit.rules");
    nix::unistd::mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    assert_eq!(on(root.path(), WATCH).verdict, Error);
    let outcome = is(Fail, WATCH, &[(RULES, "-w /etc/passwd --p wa\n-q\n-z\n")]);
    assert!(
        outcome
            .because
            .contains("50-own.rules:1, /etc/audit/rules.d/50-own.rules:3"),
        "{}",
        outcome.because
    );
}

#[test]
fn every_program_that_runs_as_somebody_else_is_recorded() {
    use std::os::unix::fs::PermissionsExt as _;
    let check = "{audit_rule: {privileged_commands: true, fields: ['auid>=1000', 'auid!=unset']}}";
    let passwd = "-a always,exit -F path=/usr/bin/passwd -F perm=x -F auid>=1000 -F auid!=unset -k privileged\n";
    let root = tree(&[
        (RULES, passwd),
        ("/usr/bin/passwd", ""),
        ("/usr/bin/wall", ""),
    ]);
    let mode = |name: &str, mode: u32| {
        let path = root.path().join("usr/bin").join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("passwd", 0o4755);
    assert_eq!(on(root.path(), check).verdict, Pass);
    mode("wall", 0o2755);
    let outcome = on(root.path(), check);
    assert_eq!(outcome.verdict, Fail);
    assert_eq!(
        outcome.evidence[0].offenders,
        [
            "x of /usr/bin/wall (b32): on disk not recorded",
            "x of /usr/bin/wall (b64): on disk not recorded"
        ]
    );
}
