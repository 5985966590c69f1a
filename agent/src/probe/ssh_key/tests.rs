use std::{collections::BTreeMap, fs, os::unix::fs::symlink};

use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
const PRINT: &str = "SHA256:mKqU+0K8OhKmA8bBQi9Rz0Q5l7/g160hIP+rJYSTNj4";

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = SshKeys.read(host).unwrap();
    let rows: BTreeMap<_, _> = facts
        .iter()
        .map(|fact| (fact.key.clone(), serde_json::from_str(&fact.value).unwrap()))
        .collect();
    assert_eq!(rows.len(), facts.len());
    rows
}

/// Keys of the rows, with `K` for the one fingerprint that the tests use.
fn keys(host: &Host) -> Vec<String> {
    rows(host)
        .into_keys()
        .map(|key| key.replace(PRINT, "K"))
        .collect()
}

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
    bob:x:1001:1001::/home/bob:/bin/sh\n";

#[test]
fn keys_are_those_that_ssh_keygen_lists() {
    let folder = live::recorded("ssh");
    let mut read = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let ours: Vec<_> = text
            .lines()
            .filter_map(line::line)
            .map(|line| {
                let comment = if line.comment.is_empty() {
                    "no comment"
                } else {
                    &line.comment
                };
                format!(
                    "{} {} {comment}",
                    line.key.bits.unwrap(),
                    line.key.fingerprint
                )
            })
            .collect();
        assert!(!ours.is_empty(), "{}", path.display());
        read += ours.len();
        let Some(listed) = live::tool("ssh-keygen", &["-lf", path.to_str().unwrap()]) else {
            return;
        };
        let theirs: Vec<_> = listed
            .lines()
            .map(|line| line.rsplit_once(" (").unwrap().0.to_owned())
            .collect();
        assert_eq!(ours, theirs, "{}", path.display());
    }
    assert!(read >= 11, "{read}");
}

#[test]
fn users_have_the_keys_of_their_files() {
    let options = format!("from=\"10.0.0.1\",command=\"run secret\" {ED25519} a@b");
    let (_root, host) = tree(&[
        ("/etc/passwd", PASSWD),
        (
            "/root/.ssh/authorized_keys",
            &format!("# none\n{options}\nnonsense\n{ED25519} again\n"),
        ),
        ("/home/ann/.ssh/authorized_keys2", ED25519),
        ("/home/ann/.ssh/id_ed25519", "private"),
    ]);
    assert_eq!(
        keys(&host),
        [
            "ann /home/ann/.ssh/authorized_keys2 K",
            "root /root/.ssh/authorized_keys K",
            "root /root/.ssh/authorized_keys K (2)",
        ]
    );
    assert_eq!(
        rows(&host)[&format!("root /root/.ssh/authorized_keys {PRINT}")],
        json!({
            "type": "authorized", "user": "root", "in_match": false,
            "path": "/root/.ssh/authorized_keys", "algorithm": "ssh-ed25519", "bits": 256,
            "fingerprint": PRINT, "certificate": false, "comment": "a@b",
            "options": ["from", "command"], "from": "10.0.0.1",
        })
    );
    let watched = SshKeys.wakes(&host);
    for path in [
        "/etc/ssh",
        "/root/.ssh/authorized_keys",
        "/home/bob/.ssh/authorized_keys2",
    ] {
        assert!(watched.contains(&Wake::path(path)), "{path}");
    }
}

#[test]
fn settings_say_where_keys_are() {
    let (_root, host) = tree(&[
        ("/etc/passwd", PASSWD),
        (
            "/etc/ssh/sshd_config",
            "Include sshd_config.d/*.conf\nAuthorizedKeysFile never\nHostKey /etc/keys/host\n\
             TrustedUserCAKeys /etc/ssh/ca.pub\nAuthorizedKeysCommand /usr/bin/keys %u\n\
             Match User bob\n AuthorizedKeysFile %h/b%%k .%U\n",
        ),
        (
            "/etc/ssh/sshd_config.d/10.conf",
            "authorizedkeysfile=/etc/ssh/keys/%u .ssh/own\n",
        ),
        (
            "/etc/ssh/sshd_config.d/20.conf~",
            "AuthorizedKeysFile never\n",
        ),
        ("/etc/ssh/keys/ann", ED25519),
        ("/home/bob/.ssh/own", ED25519),
        ("/home/bob/b%k", ED25519),
        ("/home/bob/.1001", ED25519),
        ("/home/ann/.ssh/authorized_keys", ED25519),
        ("/home/ann/never", ED25519),
        ("/etc/ssh/ca.pub", ED25519),
        ("/etc/ssh/ssh_host_ed25519_key", "private"),
        ("/etc/ssh/ssh_host_ed25519_key.pub", ED25519),
    ]);
    assert_eq!(
        keys(&host),
        [
            "ann /etc/ssh/keys/ann K",
            "authority: /etc/ssh/ca.pub K",
            "bob /home/bob/.1001 K",
            "bob /home/bob/.ssh/own K",
            "bob /home/bob/b%k K",
            "command: /usr/bin/keys",
            "host: /etc/keys/host.pub unread",
            "host: /etc/ssh/ssh_host_ed25519_key.pub K",
        ]
    );
    let rows = rows(&host);
    assert_eq!(
        rows[&format!("bob /home/bob/b%k {PRINT}")]["in_match"],
        true
    );
    assert_eq!(
        rows[&format!("bob /home/bob/.ssh/own {PRINT}")]["in_match"],
        false
    );
}

#[test]
fn what_one_user_does_leaves_the_others_fresh() {
    let (root, host) = tree(&[
        (
            "/etc/passwd",
            &format!("{PASSWD}eve:x:1002:1002::/home/eve:/bin/sh\n"),
        ),
        ("/root/.ssh/authorized_keys", ED25519),
        ("/home/eve/x", ""),
    ]);
    let home = |path: &str| root.path().join("home").join(path);
    for user in ["ann", "bob"] {
        fs::create_dir_all(home(user).join(".ssh")).unwrap();
    }
    mkfifo(&home("ann/.ssh/authorized_keys"), Mode::S_IRWXU).unwrap();
    symlink("authorized_keys", home("bob/.ssh/authorized_keys")).unwrap();
    symlink("/root/.ssh", home("eve/.ssh")).unwrap();
    let rows = rows(&host);
    let brief: Vec<_> = rows
        .iter()
        .map(|(key, row)| format!("{}: {}", key.replace(PRINT, "K"), row["why"]))
        .collect();
    assert_eq!(
        brief,
        [
            "ann /home/ann/.ssh/authorized_keys unread: \
             \"/home/ann/.ssh/authorized_keys is not a regular file\"",
            "bob /home/bob/.ssh/authorized_keys unread: \"too many links\"",
            "eve /home/eve/.ssh/authorized_keys K: null",
            "root /root/.ssh/authorized_keys K: null",
        ]
    );
}

#[test]
fn homes_that_another_machine_serves_are_not_touched_and_said() {
    let mounts = "1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 0:5 / /home/ann rw - nfs4 s:/a rw\n\
        3 1 0:6 / /net rw - autofs systemd-1 rw\n4 1 0:7 / /home/bob rw - xfs /dev/sdb rw\n";
    let (root, host) = tree(&[
        (
            "/etc/passwd",
            &format!("{PASSWD}eve:x:1002:1002::/home/eve:/bin/sh\n"),
        ),
        ("/proc/1/mountinfo", mounts),
        ("/home/ann/.ssh/authorized_keys", ED25519),
        ("/home/bob/.ssh/authorized_keys", ED25519),
        ("/net/eve/.ssh/authorized_keys", ED25519),
    ]);
    symlink("../net/eve", root.path().join("home/eve")).unwrap();
    let rows = rows(&host);
    let why = |key: &str| rows[key]["why"].as_str().unwrap().to_owned();
    assert_eq!(
        why("ann /home/ann/.ssh/authorized_keys unread"),
        "/home/ann is on nfs4, which is not read"
    );
    assert_eq!(
        why("eve /home/eve/.ssh/authorized_keys unread"),
        "/net is on autofs, which is not read"
    );
    assert!(rows.contains_key(&format!("bob /home/bob/.ssh/authorized_keys {PRINT}")));
    let watched = SshKeys.wakes(&host);
    assert!(!watched.contains(&Wake::path("/home/ann/.ssh/authorized_keys")));
    assert!(!watched.contains(&Wake::path("/home/eve/.ssh/authorized_keys")));
}

#[test]
fn settings_that_cannot_be_read_make_the_kind_stale() {
    let (root, host) = tree(&[("/etc/passwd", PASSWD), ("/etc/ssh/x", "")]);
    let config = root.path().join("etc/ssh/sshd_config");
    symlink("sshd_config", &config).unwrap();
    assert_eq!(SshKeys.read(&host).unwrap_err().reason, StaleReason::Failed);
    fs::remove_file(&config).unwrap();
    fs::write(&config, "Include sshd_config\n").unwrap();
    assert_eq!(
        SshKeys.read(&host).unwrap_err().reason,
        StaleReason::TooLarge
    );
}

#[test]
fn ten_thousand_accounts_are_read_and_not_all_watched() {
    let mut passwd = String::from(PASSWD);
    for n in 0..10_000 {
        passwd.push_str(&format!("u{n}:x:{n}:{n}::/home/u{n}:/bin/sh\n"));
    }
    let (_root, host) = tree(&[
        ("/etc/passwd", &passwd),
        ("/home/u9999/.ssh/authorized_keys", ED25519),
    ]);
    assert_eq!(keys(&host), ["u9999 /home/u9999/.ssh/authorized_keys K"]);
    let watched = SshKeys.wakes(&host);
    assert!(watched.len() < 2 * MAX_WATCHED && watched.contains(&Wake::Every(UNWATCHED)));
}

#[test]
fn distributions_keep_keys_where_they_say() {
    for (tree, user, more) in [
        ("debian-11", "admin", ""),
        ("debian-13", "admin", ""),
        ("ubuntu-22.04", "ubuntu", ""),
        ("ubuntu-24.04", "ubuntu", ""),
        (
            "rocky-8",
            "rocky",
            "host: /etc/ssh/ssh_host_rsa_key.pub unread",
        ),
        ("rocky-10", "rocky", ""),
        ("fedora-42", "fedora", ""),
        ("sles-15", "tux", ""),
        (
            "amazon-2023",
            "ec2-user",
            "command: /opt/aws/bin/eic_run_authorized_keys",
        ),
    ] {
        let host = Host::at(live::recorded(tree), SystemClock::shared());
        let rows = rows(&host);
        let path = format!("/home/{user}/.ssh/authorized_keys");
        let key = rows.values().find(|row| row["path"] == path.as_str());
        assert_eq!(key.unwrap()["user"], user, "{tree}");
        assert!(rows.values().any(|row| row["type"] == "host"), "{tree}");
        assert!(
            more.is_empty() || rows.contains_key(more),
            "{tree}: {rows:#?}"
        );
    }
}
