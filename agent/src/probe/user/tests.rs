use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::live;

fn rows(tree: &str) -> BTreeMap<String, Json> {
    let host = Host::at(live::recorded(tree), SystemClock::shared());
    let facts = Users.read(&host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

#[test]
fn the_live_machine_has_what_getent_lists() {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let ours = || {
        let facts = live::facts(&Users);
        facts
            .iter()
            .map(|(fact, value)| {
                let (gecos, home) = (text(&value["gecos"]), text(&value["home"]));
                let (uid, gid, shell) = (&value["uid"], &value["gid"], text(&value["shell"]));
                let name = fact.key.split(':').next().unwrap();
                format!("{name}:{uid}:{gid}:{gecos}:{home}:{shell}")
            })
            .collect()
    };
    live::agree(ours, || {
        let listed = live::tool("getent", &["-s", "files", "passwd"])?;
        let without_password = |line: &str| {
            let (name, rest) = line.split_once(':')?;
            Some(format!("{name}:{}", rest.split_once(':')?.1))
        };
        Some(listed.lines().filter_map(without_password).collect())
    });
}

#[test]
fn a_debian_tree_has_its_accounts_and_no_hash() {
    let rows = rows("debian-12");
    let names: Vec<_> = rows.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "daemon", "gone", "legacy", "open", "root", "toor", "web", "web:2"
        ]
    );
    assert_eq!(
        rows["web"],
        json!({
            "uid": 1000, "gid": 1000, "gecos": "Web Owner,,,", "home": "/home/web",
            "shell": "/bin/bash",
            "password": {
                "locked": true, "empty": false, "algorithm": "sha512", "changed_day": 19800,
                "min_days": 1, "max_days": 90, "warn_days": 14, "inactive_days": 30,
                "expires_day": 20000,
            },
            "sudo": null,
        })
    );
    assert_eq!(rows["root"]["password"]["algorithm"], "yescrypt");
    assert_eq!(rows["daemon"]["password"]["locked"], true);
    assert_eq!(rows["toor"]["password"]["empty"], true);
    assert_eq!(rows["open"]["password"]["empty"], true);
    assert_eq!(rows["legacy"]["password"]["algorithm"], "des");
    assert_eq!(rows["gone"]["password"], json!(null));
    let all = format!("{rows:?}");
    for secret in ["F5Jx5f", "aaJnggxh", "saltsalt", "aaaaaaaa", "$y$", "$6$"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn without_a_shadow_file_the_accounts_are_known_and_the_passwords_are_not() {
    let rows = rows("rocky-9");
    assert_eq!(rows["root"]["password"], json!(null));
    assert_eq!(rows["root"]["shell"], "/bin/bash");
}

#[test]
fn a_shadow_file_that_may_not_be_read_leaves_the_kind_fresh() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "root:x:0:0::/:\n").unwrap();
    let shadow = root.path().join("etc/shadow");
    fs::write(&shadow, "root:!:1::::::\n").unwrap();
    fs::set_permissions(&shadow, fs::Permissions::from_mode(0o0)).unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let facts = Users.read(&host).unwrap();
    // root reads it nevertheless.
    let known = fs::read(&shadow).is_ok();
    assert_eq!(!facts[0].value.contains(r#""password":null"#), known);
}

#[test]
fn distributions_let_those_use_sudo_whom_they_mean_to() {
    let sudo = |allowed: bool, free: bool, whose: &str| {
        let whose = if allowed { json!(whose) } else { json!(null) };
        json!({
            "allowed": allowed, "all": allowed, "without_password": free, "password_of": whose,
        })
    };
    for (tree, user, free) in [
        ("debian-11", "admin", false),
        ("debian-13", "admin", false),
        ("ubuntu-22.04", "ubuntu", true),
        ("ubuntu-24.04", "ubuntu", true),
        ("rocky-8", "rocky", false),
        ("rocky-10", "rocky", false),
        ("fedora-42", "fedora", false),
        ("amazon-2023", "ec2-user", true),
    ] {
        let rows = rows(tree);
        assert_eq!(rows[user]["sudo"], sudo(true, free, "own"), "{tree}");
        assert_eq!(rows["root"]["sudo"], sudo(true, false, "own"), "{tree}");
        assert_eq!(rows["sshd"]["sudo"], sudo(false, false, ""), "{tree}");
        assert_eq!(rows["sshd"]["password"]["locked"], true, "{tree}");
    }
    // Whoever knows root's password may do anything.
    assert_eq!(rows("sles-15")["tux"]["sudo"], sudo(true, false, "target"));
}

#[test]
fn without_the_rules_or_the_groups_nothing_is_said_of_sudo() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    let write =
        |name: &str, text: &str| fs::write(root.path().join("etc").join(name), text).unwrap();
    let known = || {
        !Users.read(&host).unwrap()[0]
            .value
            .contains(r#""sudo":null"#)
    };
    write("passwd", "root:x:0:0::/:\n");
    write("sudoers", "root ALL = ALL\n@include more\n");
    assert!(!known());
    write("group", "root:x:0:\n");
    assert!(known());
    std::os::unix::fs::symlink("more", root.path().join("etc/more")).unwrap();
    assert!(!known());
}

#[test]
fn a_file_without_any_account_is_malformed() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    let host = Host::at(root.path(), SystemClock::shared());
    for text in ["", "\n\n", "{\"no\": \"passwd\"}\n"] {
        fs::write(root.path().join("etc/passwd"), text).unwrap();
        let stale = Users.read(&host).unwrap_err();
        assert_eq!(stale.reason, StaleReason::Malformed);
    }
}
