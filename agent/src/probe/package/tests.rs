use std::{
    env, fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use nix::{fcntl, libc};
use serde_json::{Value, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

fn at(root: impl Into<PathBuf>) -> Host {
    Host::at(root, SystemClock::shared())
}

fn rows(host: &Host) -> Vec<(String, Value)> {
    let mut facts = Packages.read(host).unwrap();
    facts.sort();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn row(rows: &[(String, Value)], key: &str) -> Value {
    let found = rows.iter().find(|(name, _)| name == key);
    found
        .unwrap_or_else(|| panic!("{key} in {rows:#?}"))
        .1
        .clone()
}

/// A copy of a recorded tree's rpm database in a tree of its own, which may be written.
fn copied() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("usr/lib/sysimage/rpm");
    fs::create_dir_all(&folder).unwrap();
    let database = folder.join("rpmdb.sqlite");
    let recorded = live::recorded("rocky-9/usr/lib/sysimage/rpm/rpmdb.sqlite");
    fs::copy(recorded, &database).unwrap();
    (root, database)
}

#[test]
fn the_live_machine_has_what_dpkg_query_lists() {
    let format = concat!(
        "-f=${Package}:${Architecture}|${Version}|${db:Status-Abbrev}|",
        "${source:Package}|${source:Version}|${Installed-Size}\\n"
    );
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ours = || {
        let facts = live::facts(&Packages);
        let dpkg = facts.iter().filter(|(_, v)| v["manager"] == "dpkg");
        dpkg.map(|(fact, value)| {
            let want = &text(&value["want"])[..1];
            let status = match text(&value["status"]).as_str() {
                "half-installed" => "H".to_owned(),
                "half-configured" => "F".to_owned(),
                "triggers-awaited" => "W".to_owned(),
                "unpacked" => "U".to_owned(),
                other => other[..1].to_owned(),
            };
            let error = if value["reinstall_required"] == true {
                'R'
            } else {
                ' '
            };
            let kib = value["installed_bytes"]
                .as_u64()
                .map(|n| (n / 1024).to_string());
            format!(
                "{}|{}|{want}{status}{error}|{}|{}|{}",
                fact.key,
                text(&value["version"]),
                text(&value["source"]),
                text(&value["source_version"]),
                kib.unwrap_or_default(),
            )
        })
        .collect()
    };
    live::agree(ours, || {
        let listed = live::tool("dpkg-query", &["-W", format])?;
        Some(listed.lines().map(str::to_owned).collect())
    });
}

#[test]
fn a_debian_tree_has_what_is_known_in_whatever_state() {
    let rows = rows(&at(live::recorded("debian-12")));
    let keys: Vec<_> = rows.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "base-files:amd64",
            "brokenpkg:all",
            "curl:amd64",
            "exim4-base:amd64",
            "fresh:all",
            "libssl3:amd64",
            "libssl3:i386",
        ]
    );
    assert_eq!(
        row(&rows, "libssl3:i386"),
        json!({
            "manager": "dpkg", "name": "libssl3", "version": "3.0.11-1~deb12u2",
            "architecture": "i386", "source": "openssl", "source_version": "3.0.11-1~deb12u1",
            "vendor": null, "module": null, "repository": null, "want": "install", "status": "installed",
            "reinstall_required": false, "installed_bytes": 5800 * 1024, "installed_at": null,
        })
    );
    assert_eq!(row(&rows, "libssl3:amd64")["want"], "hold");
    assert_eq!(row(&rows, "exim4-base:amd64")["status"], "config-files");
    assert_eq!(row(&rows, "brokenpkg:all")["reinstall_required"], true);
}

#[test]
fn what_dpkg_has_not_merged_yet_is_newer_than_the_status_file() {
    let rows = rows(&at(live::recorded("debian-12")));
    assert_eq!(row(&rows, "curl:amd64")["version"], "7.88.1-10+deb12u5");
    assert_eq!(row(&rows, "fresh:all")["status"], "half-configured");
}

#[test]
fn an_rpm_tree_has_what_rpm_lists() {
    let rows = rows(&at(live::recorded("rocky-9")));
    let keys: Vec<_> = rows.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "bash-5.1.8-9.el9.x86_64",
            "bind-libs-32:9.16.23-18.el9.x86_64",
            GPG,
            "kernel-core-5.14.0-427.el9.x86_64",
            "kernel-core-5.14.1-430.el9.x86_64",
            "tzdata-2024a-1.el9.noarch",
        ]
    );
    let bind = row(&rows, "bind-libs-32:9.16.23-18.el9.x86_64");
    assert_eq!(bind["version"], "32:9.16.23-18.el9");
    assert_eq!(bind["source"], "bind-libs-9.16.23-18.el9.src.rpm");
    assert_eq!(bind["vendor"], "Fixture Project");
    assert!(bind["installed_at"].as_i64().unwrap() > 1_700_000_000);
    assert_eq!(row(&rows, GPG)["architecture"], json!(null));
}

#[test]
fn reading_an_rpm_database_leaves_no_trace() {
    let (root, database) = copied();
    let before = fs::metadata(&database).unwrap();
    assert_eq!(rows(&at(root.path())).len(), 6);
    let folder = database.parent().unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    assert_eq!(
        fs::metadata(&database).unwrap().mtime_nsec(),
        before.mtime_nsec()
    );
}

#[test]
fn a_transaction_that_is_only_in_the_log_is_seen() {
    let (root, database) = copied();
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    writer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    writer
        .execute("DELETE FROM Packages WHERE hnum = 1", [])
        .unwrap();
    assert_eq!(rows(&at(root.path())).len(), 5);
    drop(writer);
    assert_eq!(rows(&at(root.path())).len(), 5);
}

#[test]
fn a_broken_header_makes_the_kind_stale_rather_than_the_package_absent() {
    let (root, database) = copied();
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer
        .execute("UPDATE Packages SET blob = zeroblob(4) WHERE hnum = 2", [])
        .unwrap();
    drop(writer);
    let stale = Packages.read(&at(root.path())).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Malformed);
    assert!(stale.detail.contains("package 2"), "{}", stale.detail);
}

#[test]
fn a_file_that_is_no_database_is_malformed() {
    let (root, database) = copied();
    for content in [&b"no database at all, but longer than a header is"[..], b""] {
        fs::write(&database, content.repeat(20)).unwrap();
        let stale = Packages.read(&at(root.path())).unwrap_err();
        assert_eq!(stale.reason, StaleReason::Malformed, "{}", stale.detail);
    }
}

#[test]
fn files_that_are_no_database_of_their_form_are_malformed() {
    for name in ["Packages", "Packages.db"] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/rpm");
        fs::create_dir_all(&folder).unwrap();
        for content in ["", "x", &"no database, but as long as one\n".repeat(300)] {
            fs::write(folder.join(name), content).unwrap();
            let stale = Packages.read(&at(root.path())).unwrap_err();
            assert_eq!(stale.reason, StaleReason::Malformed, "{}", stale.detail);
        }
    }
}

#[test]
fn a_tree_with_both_databases_has_the_rows_of_both() {
    let (root, _) = copied();
    let dpkg = root.path().join("var/lib/dpkg");
    fs::create_dir_all(&dpkg).unwrap();
    let status = live::recorded("debian-12/var/lib/dpkg/status");
    fs::copy(status, dpkg.join("status")).unwrap();
    assert_eq!(rows(&at(root.path())).len(), 6 + 6);
}

#[test]
fn a_status_file_without_names_is_malformed_and_none_is_unavailable() {
    let root = tempfile::tempdir().unwrap();
    let host = at(root.path());
    let stale = Packages.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Unavailable);
    let dpkg = root.path().join("var/lib/dpkg");
    fs::create_dir_all(&dpkg).unwrap();
    fs::write(dpkg.join("status"), "Version: 1\n").unwrap();
    assert_eq!(
        Packages.read(&host).unwrap_err().reason,
        StaleReason::Malformed
    );
}

/// A database of real packages, which is not part of this repository: `RPMDB` names a copy.
#[test]
fn a_real_database_has_the_rows_that_rpm_lists() {
    #[expect(clippy::disallowed_methods, reason = "where a developer keeps it")]
    let named = env::var("RPMDB");
    let Ok(database) = named else {
        eprintln!("skipped: RPMDB does not name an rpmdb.sqlite");
        return;
    };
    let (root, copy) = copied();
    fs::copy(&database, &copy).unwrap();
    let query = "--qf=%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{VENDOR}|%{SOURCERPM}|%{INSTALLTIME}|%{LONGSIZE}\\n";
    let folder = copy.parent().and_then(Path::to_str).unwrap();
    let arguments = [
        "--dbpath",
        folder,
        "--define=_db_backend sqlite",
        "-qa",
        query,
    ];
    live::agree(
        || {
            rows(&at(root.path()))
                .iter()
                .map(|(_, value)| line(value))
                .collect()
        },
        || {
            Some(
                live::tool("rpm", &arguments)?
                    .lines()
                    .map(str::to_owned)
                    .collect(),
            )
        },
    );
}

fn line(value: &Value) -> String {
    let text = |name: &str| match &value[name] {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let version = text("version");
    let (epoch, rest) = version.split_once(':').unwrap_or(("(none)", &version));
    let (version, release) = rest.split_once('-').unwrap();
    format!(
        "{}|{epoch}|{version}|{release}|{}|{}|{}|{}|{}",
        text("name"),
        text("architecture"),
        text("vendor"),
        text("source"),
        text("installed_at"),
        text("installed_bytes"),
    )
}

/// The key that the recorded database trusts.
const GPG: &str = "gpg-pubkey-b09ccf69-6b022a75";

/// The keys of a tree's rows.
fn keys(tree: &str) -> Vec<String> {
    let rows = rows(&at(live::recorded(tree)));
    rows.into_iter().map(|(key, _)| key).collect()
}

/// In Berkeley DB form, written by Berkeley DB. What rpm 4.18 lists of it, with the epochs.
#[test]
fn a_rhel_8_tree_has_what_rpm_lists() {
    assert_eq!(
        keys("rocky-8"),
        [
            "bash-4.4.20-5.el8.x86_64",
            GPG,
            "kernel-core-4.18.0-477.el8.x86_64",
            "nodejs-1:18.20.4-1.module+el8.10.0+1+abc.x86_64",
            "openssl-libs-1:1.1.1k-9.el8_7.x86_64",
            "tzdata-2024a-1.el8.noarch",
        ]
    );
    let rows = rows(&at(live::recorded("rocky-8")));
    let nodejs = row(&rows, "nodejs-1:18.20.4-1.module+el8.10.0+1+abc.x86_64");
    assert_eq!(nodejs["module"], "nodejs:18:8100020240101:489197e6");
}

#[test]
fn a_suse_tree_has_its_packages_and_two_kernels() {
    assert_eq!(
        keys("sles-15"),
        [
            "bash-4.4-150400.27.3.2.x86_64",
            GPG,
            "kernel-default-5.14.21-150500.55.39.1.x86_64",
            "kernel-default-5.14.21-150500.55.44.1.x86_64",
            "libopenssl1_1-1.1.1l-150500.17.25.1.x86_64",
            "timezone-2024a-150000.75.28.1.x86_64",
        ]
    );
}

#[test]
fn the_other_trees_of_rpm_have_their_packages() {
    for (tree, key) in [
        ("rocky-10", "openssl-libs-1:3.2.2-16.el10.x86_64"),
        ("fedora-42", "bash-5.2.37-1.fc42.x86_64"),
        ("amazon-2023", "tzdata-2024a-1.amzn2023.0.1.noarch"),
    ] {
        let keys = keys(tree);
        assert_eq!(keys.len(), 3, "{tree}");
        assert!(keys.iter().any(|name| name == key), "{tree}: {keys:?}");
    }
}

#[test]
fn an_alpine_tree_has_what_apk_lists() {
    let rows = rows(&at(live::recorded("alpine-3.20")));
    let keys: Vec<_> = rows.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "alpine-baselayout:x86_64",
            "libcrypto3:x86_64",
            "musl:x86_64"
        ]
    );
    let crypto = row(&rows, "libcrypto3:x86_64");
    assert_eq!(crypto["source"], "openssl");
    assert_eq!(crypto["installed_bytes"], 4_403_200);
    assert_eq!(row(&rows, "musl:x86_64")["reinstall_required"], true);
}

#[test]
fn an_image_without_dpkg_has_its_pieces() {
    let rows = rows(&at(live::recorded("distroless-12")));
    let keys: Vec<_> = rows.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["base-files:amd64", "libssl3:amd64"]);
    let ssl = row(&rows, "libssl3:amd64");
    assert_eq!(
        (&ssl["status"], &ssl["want"]),
        (&json!("installed"), &json!("install"))
    );
    assert_eq!(ssl["source"], "openssl");
}

#[test]
fn the_time_of_the_list_of_files_is_when_a_package_was_installed() {
    let root = tempfile::tempdir().unwrap();
    let info = root.path().join("var/lib/dpkg/info");
    fs::create_dir_all(&info).unwrap();
    let status = live::recorded("debian-12/var/lib/dpkg/status");
    fs::copy(status, root.path().join("var/lib/dpkg/status")).unwrap();
    let times = [("base-files.list", 1_700_000_000), ("libssl3:i386.list", 7)];
    for (name, seconds) in times {
        let file = fs::File::create(info.join(name)).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        file.set_modified(at).unwrap();
    }
    let rows = rows(&at(root.path()));
    assert_eq!(
        row(&rows, "base-files:amd64")["installed_at"],
        1_700_000_000
    );
    assert_eq!(row(&rows, "libssl3:i386")["installed_at"], 7);
    assert_eq!(row(&rows, "libssl3:amd64")["installed_at"], json!(null));
}

#[test]
fn of_several_forms_the_one_that_rpm_takes_is_read() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("var/lib/rpm");
    fs::create_dir_all(&folder).unwrap();
    for (tree, name, least) in [
        ("rocky-8/var/lib/rpm", "Packages", "el8"),
        ("sles-15/usr/lib/sysimage/rpm", "Packages.db", "1504"),
        ("rocky-10/usr/lib/sysimage/rpm", "rpmdb.sqlite", "el10"),
    ] {
        fs::copy(live::recorded(tree).join(name), folder.join(name)).unwrap();
        let rows = rows(&at(root.path()));
        assert!(rows[0].0.contains(least), "{name}: {}", rows[0].0);
    }
}

/// A lock that rpm holds during a transaction, taken by another process: one's own never conflict.
#[test]
fn a_berkeley_database_is_not_read_while_a_transaction_is_under_way() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("var/lib/rpm");
    fs::create_dir_all(&folder).unwrap();
    let recorded = live::recorded("rocky-8/var/lib/rpm/Packages");
    fs::copy(recorded, folder.join("Packages")).unwrap();
    let lock = fs::File::create(folder.join(".rpm.lock")).unwrap();
    assert_eq!(rows(&at(root.path())).len(), 6);
    let mut whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // A lock of the open file, not of the process, so that this process conflicts with itself.
    fcntl::fcntl(&lock, fcntl::FcntlArg::F_OFD_SETLK(&whole)).unwrap();
    let stale = Packages.read(&at(root.path())).unwrap_err();
    assert_eq!(stale.reason, StaleReason::TimedOut, "{}", stale.detail);
    whole.l_type = libc::F_UNLCK as libc::c_short;
    fcntl::fcntl(&lock, fcntl::FcntlArg::F_OFD_SETLK(&whole)).unwrap();
    assert_eq!(rows(&at(root.path())).len(), 6);
}

/// Databases of real packages, which are not part of this repository. Count and SHA-256 of the
/// sorted keys are what rpm 4.18 lists of the first and the third (`bdb_ro`, `sqlite`), and of the
/// headers of the second, whose form it cannot read.
#[test]
fn real_databases_have_the_rows_that_rpm_lists() {
    use sha2::{Digest as _, Sha256};

    let fixtures = env::var_os("OPENWATCH_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures"),
        PathBuf::from,
    );
    for (folder, name, count, hash) in [
        (
            "rpm-bdb",
            "Packages",
            3,
            "12ed39c4fb903da1e5379c1aef992d46d92d6bd7d26aefa50b21bab49227ba6b",
        ),
        (
            "rpm-ndb",
            "Packages.db",
            3,
            "7ad7105fc47b0ece31d59b88846e5bb46a6ba3dc77450b940422bed56e0f9a63",
        ),
        (
            "rpm-sqlite",
            "rpmdb.sqlite",
            9,
            "ad1c6c9e2acc5de2cae88c1557bd2c2a067214c6b7e91b95b40a0edad437423b",
        ),
    ] {
        let database = fixtures.join("rpmdb").join(folder).join(name);
        if !database.exists() {
            eprintln!("skipped: there is no {}", database.display());
            continue;
        }
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("var/lib/rpm");
        fs::create_dir_all(&own).unwrap();
        fs::copy(&database, own.join(name)).unwrap();
        let rows = rows(&at(root.path()));
        let listed: String = rows.iter().map(|(key, _)| format!("{key}\n")).collect();
        let sum: String = Sha256::digest(&listed)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(
            (rows.len(), sum.as_str()),
            (count, hash),
            "{folder}:\n{listed}"
        );
    }
}

#[test]
fn what_dnf_and_dnf_5_record_says_where_packages_came_from() {
    for (tree, expected) in [
        (
            "rocky-8",
            &[
                ("bash-4.4.20-5.el8.x86_64", json!("anaconda")),
                ("openssl-libs-1:1.1.1k-9.el8_7.x86_64", json!("baseos")),
                ("tzdata-2024a-1.el8.noarch", json!(null)),
            ][..],
        ),
        (
            "fedora-42",
            &[
                ("openssl-libs-1:3.2.4-3.fc42.x86_64", json!("updates")),
                ("tzdata-2025a-1.fc42.noarch", json!(null)),
            ],
        ),
    ] {
        let rows = rows(&at(live::recorded(tree)));
        for (key, repository) in expected {
            assert_eq!(row(&rows, key)["repository"], *repository, "{tree} {key}");
        }
    }
}

#[test]
fn the_other_trees_of_dpkg_have_their_packages() {
    for (tree, count, name) in [
        ("debian-11", 3, "tzdata:all"),
        ("debian-13", 2, "libssl3t64:amd64"),
        ("ubuntu-22.04", 2, "openssl:amd64"),
        ("ubuntu-24.04", 3, "base-files:amd64"),
    ] {
        let keys = keys(tree);
        assert_eq!(keys.len(), count, "{tree}");
        assert!(keys.iter().any(|key| key == name), "{tree}: {keys:?}");
    }
}
