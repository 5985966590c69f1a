use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::*;

/// A copy of a recorded tree, which may be changed.
fn copied(tree: &str) -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    copy(&live::recorded(tree), root.path());
    let path = root.path().to_owned();
    (root, path)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if let Ok(target) = fs::read_link(entry.path()) {
            std::os::unix::fs::symlink(target, to).unwrap();
        } else if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The repositories of these trees were made by createrepo_c, of packages made by rpmbuild.
#[test]
fn the_trees_of_rpm_have_their_updates() {
    for (tree, expected) in [
        (
            "rocky-8",
            &[
                "kernel-core.x86_64 4.18.0-553.el8 baseos RLEA-2026:1003",
                "nodejs.x86_64 1:18.20.6-1.module+el8.10.0+2+abd appstream",
                "openssl-libs.x86_64 1:1.1.1k-14.el8_10 baseos security RLBA-2026:1002 RLSA-2026:1001",
            ][..],
        ),
        (
            "rocky-9",
            &[
                "bash.x86_64 5.1.8-10.el9_5 baseos held",
                "bind-libs.x86_64 32:9.16.23-24.el9_5 baseos security RLSA-2026:2001",
            ],
        ),
        (
            "rocky-10",
            &["openssl-libs.x86_64 1:3.2.2-17.el10_1 baseos security RLSA-2026:3001"],
        ),
        (
            "amazon-2023",
            &["openssl-libs.x86_64 1:3.0.8-1.amzn2023.0.21 amazonlinux security ALAS2023-2026-700"],
        ),
        (
            "fedora-42",
            &[
                "openssl-libs.x86_64 1:3.2.6-2.fc42 updates security FEDORA-2026-abcdef0123",
                "tzdata.noarch 2025b-1.fc42 updates FEDORA-2026-0123abcdef",
            ],
        ),
        (
            "sles-15",
            &[
                "libopenssl1_1.x86_64 1.1.1l-150500.17.34.1 SLE-Module-Basesystem15-SP5-Updates \
                 security SUSE-SLE-Module-Basesystem-15-SP5-2026-100",
                "timezone.x86_64 2025b-150000.75.34.2 SLE-Module-Basesystem15-SP5-Updates held \
                 SUSE-SLE-Module-Basesystem-15-SP5-2026-101",
            ],
        ),
    ] {
        assert_eq!(lines(&rows(&at(live::recorded(tree)))), expected, "{tree}");
    }
}

#[test]
fn an_update_says_all_that_is_known_of_it() {
    let rows = rows(&at(live::recorded("sles-15")));
    assert_eq!(
        row(&rows, "libopenssl1_1.x86_64"),
        json!({
            "manager": "zypper", "name": "libopenssl1_1", "architecture": "x86_64",
            "installed": "1.1.1l-150500.17.25.1", "available": "1.1.1l-150500.17.34.1",
            "origin": "SLE-Module-Basesystem15-SP5-Updates", "security": true,
            "advisories": ["SUSE-SLE-Module-Basesystem-15-SP5-2026-100"], "held": false,
            "phased_percent": null,
        })
    );
    assert_eq!(
        row(&rows, "@reboot"),
        json!({"required": true, "packages": []})
    );
}

#[test]
fn a_repository_that_was_never_fetched_is_told_beside_those_that_were() {
    let rows = rows(&at(live::recorded("rocky-8")));
    let sources: Vec<_> = rows
        .iter()
        .filter(|(key, _)| key.starts_with("@source"))
        .map(|(key, value)| {
            (
                key.as_str(),
                &value["published_at"],
                value["checked_at"].is_i64(),
            )
        })
        .collect();
    assert_eq!(
        sources,
        [
            ("@source appstream", &json!(1_752_300_000), true),
            ("@source baseos", &json!(1_752_300_000), true),
            ("@source extras", &json!(null), false),
        ]
    );
    let reboot = json!({"required": true, "packages": ["kernel-core"]});
    assert_eq!(row(&rows, "@reboot"), reboot);
}

#[test]
fn a_better_priority_hides_newer_versions_and_a_tree_without_metadata_is_stale() {
    let (_root, path) = copied("fedora-42");
    let file = path.join("etc/yum.repos.d/fedora.repo");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replacen("enabled=1", "enabled=1\npriority=10", 1),
    )
    .unwrap();
    assert_eq!(
        lines(&rows(&at(&path))),
        ["tzdata.noarch 2025b-1.fc42 updates FEDORA-2026-0123abcdef"]
    );
    fs::remove_dir_all(path.join("var/cache")).unwrap();
    let none = stale(&at(&path));
    assert_eq!(none.reason, StaleReason::Unavailable);
    assert!(none.detail.contains("dnf makecache"), "{}", none.detail);
    fs::remove_dir_all(path.join("etc/yum.repos.d")).unwrap();
    assert!(
        stale(&at(&path))
            .detail
            .contains("no repository is enabled")
    );
}

#[test]
fn metadata_that_is_broken_is_named_and_nothing_is_told() {
    let (_root, path) = copied("rocky-9");
    let folder = path.join("var/cache/dnf/baseos-0123456789abcdef/repodata");
    let named = |part: &str| {
        let mut files = fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        files
            .find(|file| file.to_str().unwrap().contains(part))
            .unwrap()
    };
    for part in ["primary", "updateinfo", "repomd"] {
        let file = named(part);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        let broken = stale(&at(&path));
        assert_eq!(broken.reason, StaleReason::Malformed, "{}", broken.detail);
        assert!(broken.detail.contains(part), "{}", broken.detail);
        fs::write(&file, whole).unwrap();
    }
    let file = named("primary");
    let packed = file.with_extension("zck");
    fs::rename(&file, &packed).unwrap();
    let index = folder.join("repomd.xml");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("primary.xml.gz", "primary.xml.zck")).unwrap();
    let unread = stale(&at(&path));
    assert_eq!(unread.reason, StaleReason::Unavailable, "{}", unread.detail);
    assert!(unread.detail.contains("zck"), "{}", unread.detail);
}

#[test]
fn the_folders_of_the_metadata_are_watched() {
    let wakes = Updates.wakes(&at(live::recorded("fedora-42")));
    let folder = "/var/cache/libdnf5/updates-4444444444444444/repodata";
    assert!(wakes.contains(&Wake::path(folder)), "{wakes:?}");
}
