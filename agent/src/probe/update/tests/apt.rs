use std::{fs, path::Path};

use serde_json::json;

use super::*;

/// A tree with these lists of packages: (beginning of the names, Release, Packages).
fn tree(status: &str, lists: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("var/lib/apt/lists");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(root.path().join("var/lib/dpkg")).unwrap();
    fs::create_dir_all(root.path().join("etc/apt/preferences.d")).unwrap();
    fs::write(root.path().join("var/lib/dpkg/status"), status).unwrap();
    for (prefix, release, packages) in lists {
        fs::write(folder.join(format!("{prefix}_InRelease")), release).unwrap();
        let name = format!("{prefix}_main_binary-amd64_Packages");
        fs::write(folder.join(name), packages).unwrap();
    }
    root
}

fn stanza(name: &str, architecture: &str, version: &str) -> String {
    format!("Package: {name}\nArchitecture: {architecture}\nVersion: {version}\n\n")
}

fn installed(name: &str, architecture: &str, version: &str) -> String {
    format!(
        "Status: install ok installed\n{}",
        stanza(name, architecture, version)
    )
}

/// apt itself says which versions it would take, of the same lists.
#[test]
fn the_live_machine_has_what_apt_lists() {
    if !Path::new("/var/lib/apt/lists").exists() {
        eprintln!("skipped: there is no apt here");
        return;
    }
    if let Err(stale) = Updates.read(&live::host()) {
        eprintln!("skipped: {}", stale.detail);
        return;
    }
    // Whether this machine is among those that are offered them is not known.
    let phased = |value: &Value| !value["phased_percent"].is_null();
    let gradual: Vec<_> = rows(&live::host())
        .into_iter()
        .filter(|(_, value)| phased(value))
        .map(|(_, value)| value["name"].as_str().unwrap().to_owned())
        .collect();
    live::agree(
        || {
            rows(&live::host())
                .into_iter()
                .filter(|(_, value)| value["manager"] == "apt" && value["available"].is_string())
                .filter(|(_, value)| !phased(value))
                .map(|(key, value)| {
                    let text = |name: &str| value[name].as_str().unwrap().to_owned();
                    let name = key.split(':').next().unwrap();
                    format!("{name} {} {}", text("available"), text("installed"))
                })
                .collect()
        },
        || {
            let listed = live::tool("apt", &["list", "--upgradable"])?;
            // name/suites version architecture [upgradable from: version]
            let line = |line: &str| {
                let mut words = line.split(' ');
                let name = words.next()?.split_once('/')?.0;
                if gradual.iter().any(|gradual| gradual == name) {
                    return None;
                }
                let available = words.next()?;
                let from = line
                    .split("upgradable from: ")
                    .nth(1)?
                    .trim_end_matches(']');
                Some(format!("{name} {available} {from}"))
            };
            Some(listed.lines().filter_map(line).collect())
        },
    );
}

const DEBIAN: &str = "Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm\n";
const SECURITY: &str =
    "Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\n";
const BACKPORTS: &str = "Origin: Debian Backports\nLabel: Debian Backports\n\
    Suite: stable-backports\nCodename: bookworm-backports\nNotAutomatic: yes\n\
    ButAutomaticUpgrades: yes\n";

/// A made host, and what apt itself says of it when it is pointed at it.
#[test]
fn a_made_host_has_what_apt_lists_of_it() {
    let status = [
        installed("dpkg", "amd64", "1.21.22"),
        installed("bash", "amd64", "5.2-1"),
        installed("doc", "all", "1"),
        installed("libc6", "amd64", "2.36-9"),
        installed("libc6", "i386", "2.36-9"),
        installed("newer", "amd64", "9"),
        installed("backported", "amd64", "2~bpo1"),
        installed("plain", "amd64", "1"),
        installed("pinned", "amd64", "1"),
        installed("refused", "amd64", "1"),
        "Status: hold ok installed\n".to_owned() + &stanza("kept", "amd64", "1"),
        "Status: deinstall ok config-files\n".to_owned() + &stanza("gone", "amd64", "1"),
    ]
    .concat();
    let main = [
        stanza("bash", "amd64", "5.2-1+b1"),
        stanza("doc", "all", "2"),
        stanza("libc6", "amd64", "2.36-9+deb12u9"),
        stanza("newer", "amd64", "8"),
        stanza("gone", "amd64", "2"),
        stanza("kept", "amd64", "2"),
        stanza("absent", "amd64", "2"),
        stanza("pinned", "amd64", "1.5"),
        stanza("refused", "amd64", "2"),
    ]
    .concat();
    let security = stanza("libc6", "amd64", "2.36-9+deb12u5") + &stanza("bash", "amd64", "5.2-1~");
    let backports = [
        stanza("backported", "amd64", "3~bpo1"),
        stanza("plain", "amd64", "3~bpo1"),
        stanza("pinned", "amd64", "3~bpo1"),
    ]
    .concat();
    let root = tree(
        &status,
        &[
            ("deb.example.org_debian_dists_bookworm", DEBIAN, &main),
            (
                "deb.example.org_debian_dists_bookworm-security",
                SECURITY,
                &security,
            ),
            (
                "deb.example.org_debian_dists_bookworm-backports",
                BACKPORTS,
                &backports,
            ),
        ],
    );
    let preferences = root.path().join("etc/apt/preferences.d/own");
    fs::write(
        preferences,
        "Package: pinned\nPin: release n=bookworm-backports\nPin-Priority: 700\n\n\
         Package: refused\nPin: version 2*\nPin-Priority: -1\n",
    )
    .unwrap();
    let rows = rows(&at(root.path()));
    let expected = [
        "backported:amd64 3~bpo1 Debian Backports/bookworm-backports",
        "bash:amd64 5.2-1+b1 Debian/bookworm",
        "doc:all 2 Debian/bookworm",
        "kept:amd64 2 Debian/bookworm held",
        "libc6:amd64 2.36-9+deb12u9 Debian/bookworm security",
        "pinned:amd64 3~bpo1 Debian Backports/bookworm-backports",
    ];
    // No list has the installed version of `plain`, so that backports are as good.
    let mut expected: Vec<_> = expected.map(str::to_owned).into();
    expected.push("plain:amd64 3~bpo1 Debian Backports/bookworm-backports".to_owned());
    assert_eq!(lines(&rows), expected);
    asked_of_apt(root.path(), &rows);
}

/// Points apt at a tree and holds its answer against ours.
fn asked_of_apt(root: &Path, rows: &[(String, Value)]) {
    let folder = root.join("etc/apt");
    let sources: String = ["bookworm", "bookworm-security", "bookworm-backports"]
        .map(|suite| {
            format!("deb [trusted=yes arch=amd64] http://deb.example.org/debian {suite} main\n")
        })
        .concat();
    fs::write(folder.join("sources.list"), sources).unwrap();
    fs::create_dir_all(root.join("var/cache/apt/archives/partial")).unwrap();
    fs::create_dir_all(root.join("var/lib/apt/lists/partial")).unwrap();
    let text = |path: &str| root.join(path).to_str().unwrap().to_owned();
    let options = [
        ("Dir", text("")),
        ("Dir::State::status", text("var/lib/dpkg/status")),
        ("Dir::Etc::sourceparts", "-".to_owned()),
        ("Dir::Log", text("var/cache")),
        ("APT::Architecture", "amd64".to_owned()),
        ("APT::Architectures", "amd64".to_owned()),
    ];
    let mut arguments: Vec<_> = options
        .iter()
        .map(|(name, value)| format!("-o{name}={value}"))
        .collect();
    arguments.extend(["list".to_owned(), "--upgradable".to_owned()]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let Some(listed) = live::tool("apt", &arguments) else {
        return;
    };
    let mut theirs: Vec<_> = listed
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?.split_once('/')?.0;
            Some(format!("{name} {}", words.next()?))
        })
        .collect();
    let updates = rows.iter().filter(|(key, _)| !key.starts_with('@'));
    let mut ours: Vec<_> = updates
        .map(|(key, value)| {
            let name = key.split(':').next().unwrap();
            format!("{name} {}", value["available"].as_str().unwrap())
        })
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "{listed}");
}

#[test]
fn the_default_release_goes_before_others() {
    let status = installed("dpkg", "amd64", "1") + &installed("bash", "amd64", "1");
    let root = tree(
        &status,
        &[
            (
                "h_debian_dists_bookworm",
                DEBIAN,
                &stanza("bash", "amd64", "2"),
            ),
            (
                "h_debian_dists_sid",
                "Suite: unstable\nCodename: sid\n",
                &stanza("bash", "amd64", "3"),
            ),
        ],
    );
    assert_eq!(lines(&rows(&at(root.path()))), ["bash:amd64 3 sid"]);
    fs::write(
        root.path().join("etc/apt/apt.conf"),
        "APT::Default-Release \"bookworm\";\n",
    )
    .unwrap();
    assert_eq!(
        lines(&rows(&at(root.path()))),
        ["bash:amd64 2 Debian/bookworm"]
    );
}

#[test]
fn sources_say_how_old_they_are() {
    let status = installed("dpkg", "amd64", "1");
    let release = format!("{DEBIAN}Date: Sat, 11 Jul 2026 10:16:37 UTC\n");
    let root = tree(&status, &[("h_debian_dists_bookworm", &release, "")]);
    let stamps = root.path().join("var/lib/apt/periodic");
    fs::create_dir_all(&stamps).unwrap();
    let stamp = fs::File::create(stamps.join("update-success-stamp")).unwrap();
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    stamp.set_modified(later).unwrap();
    let rows = rows(&at(root.path()));
    let source = row(&rows, "@source h_debian_dists_bookworm");
    assert_eq!(source["published_at"], 1_783_764_997);
    assert_eq!(source["checked_at"], 4_000_000_000_u64);
    assert_eq!(
        (&source["origin"], &source["suite"]),
        (&json!("Debian"), &json!("stable"))
    );
}

#[test]
fn without_lists_or_with_unreadable_ones_nothing_is_known() {
    let status = installed("dpkg", "amd64", "1");
    let none = stale(&at(tree(&status, &[]).path()));
    assert_eq!(none.reason, StaleReason::Unavailable);
    assert!(none.detail.contains("apt-get update"), "{}", none.detail);
    let root = tree(&status, &[("h_dists_a", DEBIAN, "")]);
    let folder = root.path().join("var/lib/apt/lists");
    for (name, reason) in [
        (
            "h_dists_a_main_binary-i386_Packages.xz",
            StaleReason::Unavailable,
        ),
        (
            "h_dists_a_main_binary-i386_Packages.lz4",
            StaleReason::Malformed,
        ),
    ] {
        fs::write(folder.join(name), "no such thing").unwrap();
        let stale = stale(&at(root.path()));
        assert_eq!(stale.reason, reason, "{}", stale.detail);
        assert!(stale.detail.contains(name), "{}", stale.detail);
        fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn the_trees_of_debian_and_ubuntu_have_their_updates() {
    for (tree, expected) in [
        (
            "debian-11",
            &["openssl:amd64 1.1.1w-0+deb11u3 Debian/bullseye-security security"][..],
        ),
        (
            "debian-12",
            &[
                "curl:amd64 7.88.1-10+deb12u14 Debian/bookworm",
                "libssl3:amd64 3.0.17-1~deb12u2 Debian/bookworm held",
                "libssl3:i386 3.0.17-1~deb12u2 Debian/bookworm",
            ],
        ),
        (
            "debian-13",
            &["libssl3t64:amd64 3.5.1-1+deb13u1 Debian/trixie-security security"],
        ),
        (
            "ubuntu-22.04",
            &["openssl:amd64 3.0.2-0ubuntu1.18 Ubuntu/jammy-updates security"],
        ),
        (
            "ubuntu-24.04",
            &[
                "base-files:amd64 13ubuntu10.2 Ubuntu/noble-updates",
                "libssl3t64:amd64 3.0.13-0ubuntu3.5 Ubuntu/noble-security security",
            ],
        ),
    ] {
        assert_eq!(lines(&rows(&at(live::recorded(tree)))), expected, "{tree}");
    }
    let rows = rows(&at(live::recorded("ubuntu-24.04")));
    assert_eq!(row(&rows, "base-files:amd64")["phased_percent"], 20);
    let reboot = json!({"required": true, "packages": ["libc6", "linux-image-6.8.0-45-generic"]});
    assert_eq!(row(&rows, "@reboot"), reboot);
}

#[test]
fn a_debian_without_what_makes_the_flag_does_not_know_of_a_restart() {
    let status = installed("dpkg", "amd64", "1");
    let root = tree(&status, &[("h_dists_a", DEBIAN, "")]);
    let required = |root: &Path| row(&rows(&at(root)), "@reboot")["required"].clone();
    assert_eq!(required(root.path()), json!(null));
    let makers = root.path().join("etc/kernel/postinst.d");
    fs::create_dir_all(&makers).unwrap();
    fs::write(makers.join("unattended-upgrades"), "").unwrap();
    assert_eq!(required(root.path()), json!(false));
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("apt-lists", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let status = installed("a", "amd64", "1") + &installed("b", "all", "1");
        let root = tree(&status, &[("h_dists_a", &text, &text)]);
        let _ = Updates.read(&at(root.path()));
    });
}
