//! Hosts that are crowded: a kind of a hundred thousand rows is told, or is stale and says why.

use std::{collections::BTreeSet, fs};

use shared::{clock::SystemClock, fact::Fact, wire::StaleReason};

use super::{
    Probe, facts::MAX_BYTES, group::Groups, login::Logins, mount::Mounts, observe,
    ssh_key::SshKeys, sudo_rule::SudoRules, user::Users,
};
use crate::host::Host;

const CROWD: u32 = 100_000;

/// A file: its path, how many lines, and each of them.
type Lines<'a> = (&'a str, u32, &'a dyn Fn(u32) -> String);

/// A tree with these files.
fn tree(files: &[Lines<'_>]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    for (path, lines, line) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, (0..*lines).map(line).collect::<String>()).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

fn account(n: u32) -> String {
    format!("u{n}:x:{n}:{n}::/home/u{n}:/bin/sh\n")
}

fn password(n: u32) -> String {
    format!("u{n}:!:{n}:0:99999:7:::\n")
}

fn group(n: u32) -> String {
    format!("u{n}:x:{n}:\n")
}

fn rows(probe: &dyn Probe, host: &Host) -> Vec<Fact> {
    let facts = observe(probe, host).seen.unwrap();
    let bytes: usize = facts
        .iter()
        .map(|fact| fact.key.len() + fact.value.capacity())
        .sum();
    assert!(bytes < MAX_BYTES, "{bytes}");
    facts
}

fn too_large(probe: &dyn Probe, host: &Host, why: &str) {
    let stale = observe(probe, host).seen.unwrap_err();
    assert_eq!(stale.reason, StaleReason::TooLarge, "{}", stale.detail);
    assert!(stale.detail.contains(why), "{}", stale.detail);
}

#[test]
fn groups_are_told() {
    let (_root, host) = tree(&[("etc/group", CROWD, &group)]);
    assert_eq!(rows(&Groups, &host).len(), CROWD as usize);
}

#[test]
fn accounts_are_told_with_what_is_known_of_each_or_are_too_large() {
    let crowd = |lines: u32| {
        tree(&[
            ("etc/passwd", lines, &account),
            ("etc/shadow", lines, &password),
            ("etc/group", CROWD, &group),
            ("etc/sudoers", 1, &|_| "%u7 ALL = ALL\n".into()),
        ])
    };
    let (_root, host) = crowd(30_000);
    let facts = rows(&Users, &host);
    assert_eq!(facts.len(), 30_000);
    let of = |name: &str| &facts.iter().find(|fact| fact.key == name).unwrap().value;
    assert!(of("u29999").contains(r#""changed_day":29999"#));
    assert!(of("u7").contains(r#""allowed":true"#) && of("u8").contains(r#""allowed":false"#));

    let (_root, host) = crowd(CROWD);
    too_large(&Users, &host, "16 MiB");
}

#[test]
fn logins_are_told_or_are_too_large() {
    let crowd = |lines: u32| {
        tree(&[
            ("etc/passwd", lines, &account),
            ("var/log/wtmp", 0, &group),
            ("var/log/btmp", 0, &group),
        ])
    };
    let (_root, host) = crowd(50_000);
    assert_eq!(rows(&Logins, &host).len(), 50_002);
    let (_root, host) = crowd(CROWD);
    too_large(&Logins, &host, "16 MiB");
}

#[test]
fn the_one_key_among_all_homes_is_found() {
    let (root, host) = tree(&[("etc/passwd", CROWD, &account)]);
    let folder = root.path().join("home/u99999/.ssh");
    fs::create_dir_all(&folder).unwrap();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n";
    fs::write(folder.join("authorized_keys"), key).unwrap();
    let watched = SshKeys.wakes(&host);
    assert!(watched.len() < 1000, "{}", watched.len());
    let facts = rows(&SshKeys, &host);
    assert!(facts.len() == 1 && facts[0].key.starts_with("u99999 "));
}

#[test]
fn rules_are_told_or_are_too_large() {
    let rule = |n: u32| format!("u{n} ALL = /bin/c\n");
    let (_root, host) = tree(&[("etc/sudoers", 25_000, &rule)]);
    assert_eq!(rows(&SudoRules, &host).len(), 25_000);
    let (_root, host) = tree(&[("etc/sudoers", CROWD, &rule)]);
    too_large(&SudoRules, &host, "/etc/sudoers");
}

#[test]
fn mounts_beside_each_other_and_upon_each_other_are_told() {
    let beside = |n: u32| format!("{} 1 0:{n} / /m/{n} rw - tmpfs m{n} rw,size=4k\n", n + 2);
    let (_root, host) = tree(&[("proc/1/mountinfo", 20_000, &beside)]);
    assert_eq!(rows(&Mounts, &host).len(), 20_000);

    // The one that is seen comes first in the file.
    let upon = |n: u32| {
        let n = 19_999 - n;
        format!("{} {} 0:{n} / /m rw - tmpfs m{n} rw\n", n + 2, n + 1)
    };
    let (_root, host) = tree(&[("proc/1/mountinfo", 20_000, &upon)]);
    let facts = rows(&Mounts, &host);
    let seen = facts.iter().find(|fact| fact.key == "/m").unwrap();
    assert!(seen.value.contains("m19999"), "{}", seen.value);
    let keys: BTreeSet<_> = facts.iter().map(|fact| fact.key.as_str()).collect();
    assert!(keys.len() == 20_000 && keys.contains("hidden 19999 /m"));
}
