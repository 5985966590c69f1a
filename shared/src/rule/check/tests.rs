use super::Check;

/// What is wrong with a check, or nothing.
fn wrong(text: &str) -> Option<String> {
    match crate::yaml::from_str::<Check>(text) {
        Ok(check) => check.validate().err(),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn each_sort_of_check_can_be_said() {
    for text in [
        "audit_rule: {paths: [/etc/passwd], perms: wa, key: identity}",
        "audit_rule: {syscalls: [chmod], arches: [b64], fields: ['auid>=1000', 'uid!=euid', a2&0100]}",
        "audit_rule: {immutable: true}",
        "audit_rule: {login_uids_immutable: true}",
        "audit_rule: {failure_mode: 2}",
        "audit_rule: {continue_loading: true, missing: not_applicable}",
        "audit_rule: {paths: [$folder]}",
        "audit_rule: {privileged_commands: true, fields: ['auid!=unset']}",
        "kernel_argument: {name: audit, is: 1, when: configured}",
        "kernel_argument: {name: nousb, must: present}",
        "find: {must: have_an_owner}",
        "find: {must: not_be_set_uid, except: [/usr/bin/su, $known]}",
        "find: {within: ['/home/*'], type: folder, must: {be: {mode_at_most: \"0750\"}}}",
        "pam: {services: [sshd], facility: auth, module: pam_unix.so}",
        "pam: {services: [sshd], facility: auth, module: a.so, argument: b, at_least: 5, default: 3}",
        "pam: {services: [sshd], facility: auth, module: a.so, argument: b, must: absent}",
        "sudo: {setting: use_pty, is: \"yes\"}",
        "sudo: {must: ask_for_a_password}",
        "apparmor: {}",
        "apparmor: {profiles: [enforce]}",
        "selinux: {mode: [enforcing], policy: [targeted]}",
        "fips: {enabled: true}",
        "crypto_policy: {part: modules, with: [NO-SHA1]}",
        "secure_boot: {enabled: true}",
        "firewall: {hook: input, families: [ip6]}",
        "listener: {allowed: [tcp/22, udp/68, tcp/25 master, $more]}",
        "listener: {allowed: []}",
        "target: {default: [multi-user.target]}",
    ] {
        assert_eq!(wrong(text), None, "{text}");
    }
}

#[test]
fn each_of_these_is_refused_in_words() {
    for (text, expected) in [
        ("audit_rule: {}", "wants `paths` or `syscalls`"),
        (
            "audit_rule: {paths: [/a], immutable: true}",
            "wants `paths`",
        ),
        (
            "audit_rule: {failure_mode: 2, continue_loading: true}",
            "wants `paths`",
        ),
        ("audit_rule: {failure_mode: 0}", "`failure_mode` is 1 or 2"),
        ("audit_rule: {paths: [etc]}", "absolute path"),
        (
            "audit_rule: {paths: [/a], perms: wz}",
            "not letters of `rwxa`",
        ),
        (
            "audit_rule: {syscalls: [a], perms: w}",
            "`perms` is for `paths`",
        ),
        (
            "audit_rule: {syscalls: [a], arches: []}",
            "`arches` is empty",
        ),
        ("audit_rule: {syscalls: [a], arches: [b16]}", "b16"),
        (
            "audit_rule: {syscalls: [a], fields: [auid]}",
            "`auid` is no field",
        ),
        (
            "audit_rule: {syscalls: [a], fields: ['=1']}",
            "`=1` is no field",
        ),
        ("audit_rule: {syscalls: [a], field: [a=1]}", "field"),
        (
            "audit_rule: {immutable: true, key: x}",
            "`fields` and `key` are for events",
        ),
        (
            "kernel_argument: {name: audit}",
            "nothing is said of the value",
        ),
        (
            "kernel_argument: {name: audit=1, must: present}",
            "no word before",
        ),
        (
            "kernel_argument: {name: a, must: present, is: 1}",
            "do not go together",
        ),
        ("find: {must: be_good}", "be_good"),
        ("find: {must: {be: {owner: [root]}}}", "not the whole host"),
        ("find: {within: [/a], must: {be: {}}}", "says nothing"),
        (
            "find: {within: [], must: have_an_owner}",
            "`within` is empty",
        ),
        (
            "find: {within: [/../etc], must: have_an_owner}",
            "without `..`",
        ),
        ("find: {type: link, must: have_an_owner}", "`link`"),
        (
            "find: {must: have_an_owner, except: [su]}",
            "not an absolute path",
        ),
        (
            "pam: {services: [], facility: auth, module: a.so}",
            "`services` is empty",
        ),
        (
            "pam: {services: [/etc/pam.d/x], facility: auth, module: a.so}",
            "a path and no name",
        ),
        (
            "pam: {services: [x], facility: auth, module: a.so, is: 1}",
            "want an `argument`",
        ),
        (
            "pam: {services: [x], facility: auth, module: a.so, argument: b, default: 1}",
            "`default` wants",
        ),
        (
            "pam: {services: [x], facility: auth, module: a.so, must: absent, control: [required]}",
            "neither a value nor a place",
        ),
        (
            "pam: {services: [x], facility: login, module: a.so}",
            "login",
        ),
        ("sudo: {}", "wants either"),
        ("sudo: {setting: use_pty}", "wants either"),
        (
            "sudo: {setting: use_pty, is: \"yes\", must: ask_again}",
            "wants either",
        ),
        ("sudo: {must: ask_again, default: 5}", "wants either"),
        ("apparmor: {profiles: []}", "`profiles` is empty"),
        ("selinux: {}", "neither `mode` nor `policy`"),
        (
            "selinux: {policy: [mls], when: running}",
            "`when` is for `mode`",
        ),
        ("fips: {on: true}", "on"),
        (
            "crypto_policy: {part: policy}",
            "nothing is said of the value",
        ),
        ("firewall: {hook: prerouting}", "prerouting"),
        ("listener: {allowed: [22]}", "not like `tcp/22`"),
        ("listener: {allowed: [tcp/99999]}", "not like `tcp/22`"),
        ("listener: {at: [25], allowed: []}", "`at`: `25`"),
        ("target: {default: []}", "neither `default` nor `masked`"),
        (
            "target: {default: [a.target], masked: [b.target]}",
            "two checks",
        ),
        ("mounts: {of: remote, options: []}", "`options` is empty"),
        ("lines: {files: [/a], pattern: a}", "neither `must`"),
        (
            "lines: {files: [/a], pattern: (a), must: present, is: b}",
            "do not go together",
        ),
        (
            "lines: {files: [/a], pattern: a, is: b}",
            "captures no value",
        ),
        (
            "pam: {services: [x], facility: auth, module: a.so, last_of: [a]}",
            "`last_of` wants comparators",
        ),
        (
            "pam: {services: [x], facility: auth, module: a.so, last_of: [a], argument: b, is: a}",
            "`last_of` wants comparators, and no",
        ),
        ("apparmor: {confined: true}", "`confined` wants `profiles`"),
        (
            "accounts: {of: all, must: {have_no_home_files: [a/b]}}",
            "without a folder",
        ),
        (
            "accounts: {of: all, must: {have_home_files: {names: [a]}}}",
            "says nothing of them",
        ),
    ] {
        let told = wrong(text).unwrap_or_default();
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn variables_are_found_in_lists_and_comparators() {
    for (text, expected) in [
        (
            "find: {must: not_be_set_uid, except: [/a, $known]}",
            "known",
        ),
        ("listener: {allowed: [$open]}", "open"),
        ("kernel_argument: {name: a, at_least: $low}", "low"),
        ("sudo: {setting: a, at_most: $high}", "high"),
        (
            "pam: {services: [x], facility: auth, module: a.so, argument: b, at_least: $low}",
            "low",
        ),
        ("crypto_policy: {part: policy, one_of: [$good]}", "good"),
    ] {
        let check: Check = crate::yaml::from_str(text).unwrap();
        assert_eq!(
            check.variables().into_iter().collect::<Vec<_>>(),
            [expected]
        );
    }
}
