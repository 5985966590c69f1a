use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::{load::Policy, *};
use crate::probe::live;

/// What `cvtsudoers` says of sample files, in the terms of the rows.
mod agreement;

pub(super) fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    for folder in ["etc", "usr/bin"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = SudoRules.read(host).unwrap();
    let rows: BTreeMap<_, _> = facts
        .iter()
        .map(|fact| (fact.key.clone(), serde_json::from_str(&fact.value).unwrap()))
        .collect();
    assert_eq!(rows.len(), facts.len());
    rows
}

fn recorded(name: &str) -> BTreeMap<String, Json> {
    rows(&Host::at(live::recorded(name), SystemClock::shared()))
}

fn of(text: &str) -> BTreeMap<String, Json> {
    let (_root, host) = tree(&[("/etc/sudoers", text)]);
    rows(&host)
}

fn keys(rows: &BTreeMap<String, Json>) -> Vec<&str> {
    rows.keys().map(|key| short(key)).collect()
}

/// The key without the file that all rows of a test share.
fn short(key: &str) -> &str {
    key.strip_prefix("/etc/sudoers: ").unwrap_or(key)
}

#[test]
fn a_rule_says_who_may_run_what_as_whom() {
    let rows = of(
        "User_Alias OPS = alice, !bob, %wheel\nCmnd_Alias SH = /bin/sh, !/bin/dash -p\n\
        OPS, #1000 ALL, !web1 = (root, %ops : adm) NOPASSWD: SETENV: /bin/ls -l, !SH, ALL\n",
    );
    let (key, value) = rows.first_key_value().unwrap();
    assert_eq!(
        key,
        "/etc/sudoers: OPS,#1000 ALL,!web1=(root,%ops:adm) NOPASSWD: SETENV: /bin/ls -l,!SH,ALL"
    );
    let list = |names: &[&str]| json!({"names": names, "left_out": 0});
    assert_eq!(
        *value,
        json!({
            "type": "rule", "file": "/etc/sudoers",
            "users": list(&["alice", "!bob", "%wheel", "#1000"]),
            "hosts": list(&["ALL", "!web1"]),
            "runas_users": list(&["root", "%ops"]), "runas_groups": list(&["adm"]),
            "commands": list(&["/bin/ls -l", "!/bin/sh", "/bin/dash -p", "ALL"]),
            "tags": ["NOPASSWD", "SETENV"], "options": {}, "nopasswd": true, "all": true,
        })
    );
}

#[test]
fn what_is_said_of_a_command_holds_for_those_after_it() {
    let rows =
        of("a ALL = (u) CWD=/tmp NOEXEC: /bin/a, /bin/b, EXEC: /bin/c, (v) /bin/d : h = /bin/e\n");
    assert_eq!(
        keys(&rows),
        [
            "a ALL=(u) CWD=/tmp EXEC: /bin/c",
            "a ALL=(u) CWD=/tmp NOEXEC: /bin/a,/bin/b",
            "a ALL=(v) CWD=/tmp EXEC: /bin/d",
            "a h=/bin/e",
        ]
    );
}

#[test]
fn lines_that_look_like_comments_and_are_none() {
    let (_root, host) = tree(&[
        (
            "/etc/sudoers",
            "# a comment \\\n#1001 ALL = /bin/a # another\n#includes are not this\n#-1 x\n\
             #include /etc/b\n#includedir d\n  @include \"/etc/with space\"\n%#5 ALL=/bin/e\n",
        ),
        ("/etc/b", "b ALL = /bin/b"),
        ("/etc/d/c", "c ALL = /bin/c\n"),
        ("/etc/d/c.rpmsave", "never ALL = ALL\n"),
        ("/etc/d/c~", "never ALL = ALL\n"),
        ("/etc/with space", "d ALL = /bin/d\n"),
    ]);
    let rows = rows(&host);
    assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        [
            "/etc/b: b ALL=/bin/b",
            "/etc/d/c: c ALL=/bin/c",
            "/etc/sudoers: #1001 ALL=/bin/a",
            "/etc/sudoers: %#5 ALL=/bin/e",
            "/etc/sudoers: error",
            "/etc/with space: d ALL=/bin/d",
        ]
    );
    assert_eq!(rows["/etc/sudoers: error"]["line"], 4);
}

#[test]
fn settings_are_rows_whose_key_has_no_value() {
    let rows = of("Defaults !authenticate, timestamp_timeout = 15\n\
        Defaults secure_path=\"/bin:/sbin\", env_keep += \"A B\", env_keep += C\n\
        Defaults:%wheel !requiretty\nDefaults@web1,web2 use_pty\nDefaults>root logfile=/var/log/s\\,x\n\
        Defaults!/bin/su,/bin/sh env_keep-=D\n");
    let brief: Vec<_> = rows
        .iter()
        .map(|(key, row)| {
            let operator = row["operator"].as_str().unwrap();
            let value = row["value"].as_str().unwrap_or("-");
            format!("{} {operator} {value}", short(key))
        })
        .collect();
    assert_eq!(
        brief,
        [
            "Defaults authenticate off -",
            "Defaults env_keep+=A B add A B",
            "Defaults env_keep+=C add C",
            "Defaults secure_path set /bin:/sbin",
            "Defaults timestamp_timeout set 15",
            "Defaults!/bin/su,/bin/sh env_keep-=D remove D",
            "Defaults:%wheel requiretty off -",
            "Defaults>root logfile set /var/log/s,x",
            "Defaults@web1,web2 use_pty on -",
        ]
    );
    assert_eq!(
        rows["/etc/sudoers: Defaults@web1,web2 use_pty"]["members"]["names"],
        json!(["web1", "web2"])
    );
}

#[test]
fn a_line_that_makes_no_sense_is_a_row_and_the_others_stay() {
    for bad in [
        "a ALL",
        "a ALL = ls",
        "a ALL = (root /bin/ls",
        "a ALL = \"/bin/ls\"",
        "a ALL = NOPASWD: /bin/ls",
        "a ALL = sha256:00 /bin/ls",
        "a ALL = /bin/ls, ",
        "a ALL = /bin/ls :",
        "a ALL = ^/bin/ls",
        "a ALL = /bin/ls \\z",
        "/bin/a ALL = ALL",
        "% ALL = ALL",
        "! ! a ALL = ALL",
        "\"\" ALL = ALL",
        "\"a ALL = ALL",
        "User_Alias small = a",
        "User_Alias ALL = a",
        "Defaults",
        "Defaults =1",
        "Defaults a=",
        "Defaults !a=1",
        "@include",
        "=",
        "a \\\n ALL = \\\n ls",
    ] {
        let rows = of(&format!("x ALL = /bin/x\n{bad}\ny ALL = /bin/y\n"));
        assert_eq!(
            keys(&rows),
            ["error", "x ALL=/bin/x", "y ALL=/bin/y"],
            "{bad}"
        );
        assert_eq!(rows["/etc/sudoers: error"]["line"], 2, "{bad}");
    }
}

#[test]
fn equal_rules_are_counted_and_comments_move_no_key() {
    let text = "a ALL = /bin/a\na ALL=/bin/a\nb ALL = ALL\n";
    let first = of(text);
    assert_eq!(
        keys(&first),
        ["a ALL=/bin/a", "a ALL=/bin/a (2)", "b ALL=ALL"]
    );
    assert_eq!(
        first,
        of(&format!("# new\n\n{}", text.replace(" = ", "  =\\\n  ")))
    );
}

#[test]
fn includes_end_and_what_is_not_there_is_said() {
    let (_root, host) = tree(&[
        (
            "/etc/sudoers",
            "@include b\n@include /etc/nothing\n@includedir nowhere\n",
        ),
        (
            "/etc/b",
            "@include sudoers\nb ALL = /bin/b-%h\n@include host-%h\n",
        ),
        ("/etc/host-web1", "h ALL = /bin/h\n"),
        ("/etc/hostname", "web1.example.org\n"),
    ]);
    let rows = rows(&host);
    let errors: Vec<_> = rows
        .values()
        .filter_map(|row| Some((row["file"].as_str()?, row["error"].as_str()?)))
        .collect();
    assert_eq!(
        errors,
        [
            ("/etc/b", "an include of a file that is being read"),
            ("/etc/sudoers", "an include of a file that is not there"),
        ]
    );
    assert!(rows.contains_key("/etc/b: b ALL=/bin/b-%h"));
    assert!(rows.contains_key("/etc/host-web1: h ALL=/bin/h"));
    let watched = wakes(&host);
    for path in ["/etc/b", "/etc/nothing", "/etc/nowhere", "/etc/host-web1"] {
        assert!(watched.contains(&Wake::path(path)), "{path}");
    }
}

#[test]
fn includes_that_never_end_are_too_large_and_deep_ones_an_error() {
    let (_root, host) = tree(&[]);
    let write = |n: usize, text: &str| {
        let name = if n == 0 {
            "sudoers".into()
        } else {
            format!("f{n}")
        };
        fs::write(host.path(format!("/etc/{name}")), text).unwrap();
    };
    for n in 0..200 {
        write(n, &format!("@include f{}\n", n + 1));
    }
    write(200, "");
    let error = &rows(&host)["/etc/f128: error"];
    assert_eq!(error["error"], "too many levels of includes");
    for n in 0..200 {
        write(n, &format!("@include f{m}\n@include f{m}\n", m = n + 1));
    }
    assert_eq!(
        SudoRules.read(&host).unwrap_err().reason,
        StaleReason::TooLarge
    );
}

#[test]
fn an_included_file_that_cannot_be_read_makes_the_kind_stale() {
    for include in ["@include loop\n", "@includedir d\n"] {
        let (root, host) = tree(&[("/etc/sudoers", include)]);
        fs::create_dir(root.path().join("etc/d")).unwrap();
        for link in ["etc/loop", "etc/d/loop"] {
            symlink("loop", root.path().join(link)).unwrap();
        }
        let stale = SudoRules.read(&host).unwrap_err();
        assert_eq!(stale.reason, StaleReason::Failed, "{}", stale.detail);
        assert!(stale.detail.contains("loop"));
    }
}

#[test]
fn a_host_without_sudo_has_no_rules_and_one_with_it_has_some() {
    let (root, host) = tree(&[]);
    assert_eq!(SudoRules.read(&host).unwrap(), []);
    let program = root.path().join("usr/bin/sudo");
    fs::write(&program, "").unwrap();
    let stale = SudoRules.read(&host).unwrap_err();
    assert!(stale.detail.contains("/usr/bin/sudo"), "{}", stale.detail);
    fs::remove_dir_all(program.parent().unwrap()).unwrap();
    assert_eq!(
        SudoRules.read(&host).unwrap_err().reason,
        StaleReason::Unavailable
    );
}

#[test]
fn rules_from_elsewhere_are_not_known_and_said() {
    let (_root, host) = tree(&[
        ("/etc/sudoers", ""),
        (
            "/etc/nsswitch.conf",
            "passwd: files\nsudoers: files [SUCCESS=return] sss # ldap\n",
        ),
    ]);
    assert_eq!(
        rows(&host),
        BTreeMap::from([(
            "elsewhere: sss".into(),
            json!({"type": "elsewhere", "name": "sss"})
        )])
    );
}

#[test]
fn one_line_that_multiplies_is_refused() {
    let users = vec!["u"; 10_000].join(",");
    let text = format!("{users} {}\n", vec!["h = ALL"; 1000].join(" : "));
    let (_root, host) = tree(&[("/etc/sudoers", &text)]);
    assert_eq!(
        SudoRules.read(&host).unwrap_err().reason,
        StaleReason::TooLarge
    );
}

#[test]
fn distributions_have_the_rules_that_they_ship() {
    for (name, group) in [
        ("debian-11", "%sudo ALL=(ALL:ALL) ALL"),
        ("debian-13", "%sudo ALL=(ALL:ALL) ALL"),
        ("ubuntu-22.04", "%sudo ALL=(ALL:ALL) ALL"),
        ("ubuntu-24.04", "%admin ALL=(ALL) ALL"),
        ("rocky-8", "%wheel ALL=(ALL) ALL"),
        ("rocky-10", "%wheel ALL=(ALL) ALL"),
        ("fedora-42", "%wheel ALL=(ALL) ALL"),
        ("sles-15", "ALL ALL=(ALL) ALL"),
        ("amazon-2023", "%wheel ALL=(ALL) ALL"),
    ] {
        let rows = recorded(name);
        assert!(
            rows.contains_key(&format!("/etc/sudoers: {group}")),
            "{name}: {rows:#?}"
        );
        assert!(rows.values().all(|row| row["type"] != "error"), "{name}");
    }
    let amazon = recorded("amazon-2023");
    let cloud = &amazon["/etc/sudoers.d/90-cloud-init-users: ec2-user ALL=(ALL) NOPASSWD: ALL"];
    assert_eq!(
        (&cloud["nopasswd"], &cloud["all"]),
        (&json!(true), &json!(true))
    );
    let suse = recorded("sles-15");
    assert_eq!(suse["/etc/sudoers: Defaults targetpw"]["operator"], "on");
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("sudoers", |bytes| {
        parse::file(&String::from_utf8_lossy(bytes));
    });
}

fn read(text: &str) {
    let entries = parse::file(text);
    let mut policy = Policy::default();
    policy.entries = entries.into_iter().map(|entry| (0, entry)).collect();
    policy.files = vec!["/etc/sudoers".into()];
    let _ = Rows::new().policy(&policy);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(bytes: Vec<u8>) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn anything_that_looks_like_sudoers_is_read_without_panic(
        text in "(Defaults|User_Alias|ALL|[a-cA-C]|[#@]include|sha256|NOPASSWD|[ =:,!()\"\\\\\n^$/x41é-]){0,40}"
    ) {
        read(&text);
    }
}

/// A sample that `cvtsudoers` can read.
fn samples() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sudoers");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    paths
}
