use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::*;
use crate::probe::live;

fn sample(name: &str) -> String {
    fs::read_to_string(live::recorded("x509").join(name)).unwrap()
}

fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Certificates::new().read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

/// `notBefore=Jan  1 00:00:00 2025 GMT`.
fn instant(text: &str) -> i64 {
    let text = text.split_once('=').unwrap().1.trim_end_matches(" GMT");
    let time = chrono::NaiveDateTime::parse_from_str(text, "%b %e %H:%M:%S %Y").unwrap();
    time.and_utc().timestamp()
}

#[test]
fn certificates_say_what_openssl_says_of_them() {
    let files: Vec<PathBuf> = fs::read_dir(live::recorded("x509"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(files.len() >= 7);
    for path in files {
        let der = pem::certificates(&fs::read(&path).unwrap())
            .remove(0)
            .unwrap();
        let ours = x509::certificate(&der).unwrap();
        let arguments = [
            "x509",
            "-in",
            path.to_str().unwrap(),
            "-noout",
            "-serial",
            "-fingerprint",
            "-sha256",
            "-startdate",
            "-enddate",
            "-text",
        ];
        let Some(theirs) = live::tool("openssl", &arguments) else {
            return;
        };
        let line = |begin: &str| {
            let line = theirs.lines().find(|line| line.trim().starts_with(begin));
            line.unwrap_or_else(|| panic!("{begin}: {theirs}"))
                .trim()
                .to_owned()
        };
        let value = |begin: &str| line(begin)[begin.len()..].trim().to_owned();
        let name = path.display();
        assert_eq!(
            ours.serial,
            value("serial=").to_lowercase().trim_start_matches('0'),
            "{name}"
        );
        assert_eq!(
            ours.sha256,
            value("sha256 Fingerprint=").replace(':', "").to_lowercase()
        );
        assert_eq!(ours.not_before, instant(&line("notBefore=")), "{name}");
        assert_eq!(ours.not_after, instant(&line("notAfter=")), "{name}");
        assert_eq!(
            ours.signature
                .to_lowercase()
                .replace("rsassa-pss", "rsassapss"),
            value("Signature Algorithm:").to_lowercase(),
            "{name}"
        );
        // Where a name has a comma, the tool quotes it.
        let plain = |text: &str| text.replace([' ', '"'], "");
        assert_eq!(plain(&ours.subject), plain(&value("Subject:")), "{name}");
        assert_eq!(plain(&ours.issuer), plain(&value("Issuer:")), "{name}");
        assert_eq!(ours.is_ca, theirs.contains("CA:TRUE"), "{name}");
        let bits = theirs.lines().find(|line| line.contains("Public-Key: ("));
        if let Some(bits) = bits {
            let bits: String = bits.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(ours.bits.unwrap().to_string(), bits, "{name}");
        }
        if let Some(curve) = &ours.curve {
            assert_eq!(*curve, value("NIST CURVE:"), "{name}");
        }
        let names = theirs
            .lines()
            .skip_while(|line| !line.contains("Alternative Name"))
            .nth(1);
        let theirs: Vec<_> = names.unwrap_or_default().trim().split(", ").collect();
        let ours = ours
            .names
            .join(", ")
            .replace("IP:", "IP Address:")
            .to_lowercase();
        assert_eq!(
            ours,
            theirs
                .join(", ")
                .to_lowercase()
                .replace("0:0:0:0:0:0:0:1", "::1")
        );
    }
}

#[test]
fn a_file_with_a_key_tells_its_certificates_only() {
    let both = format!(
        "{}{}{}",
        sample("ec.pem"),
        sample("rsa.pem"),
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    );
    let (root, host) = tree(&[
        ("/etc/haproxy/site.pem", &both),
        ("/etc/haproxy/site.key", ""),
    ]);
    // What may not be opened would be a row that says so.
    symlink("site.key", root.path().join("etc/haproxy/linked.pem")).unwrap();
    let rows = rows(&host);
    assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        ["/etc/haproxy/site.pem", "/etc/haproxy/site.pem 2"]
    );
    let row = &rows["/etc/haproxy/site.pem"];
    assert_eq!(
        (&row["type"], &row["number"]),
        (&json!("certificate"), &json!(1))
    );
    assert_eq!(
        (&row["key"], &row["curve"]),
        (&json!("ec"), &json!("P-256"))
    );
    assert!(!format!("{rows:?}").contains("c2VjcmV0"));
}

#[test]
fn shipped_authorities_are_left_out_and_chosen_ones_are_not() {
    let pem = sample("ec.pem");
    let other = sample("rsa.pem");
    let (root, host) = tree(&[
        ("/usr/share/ca-certificates/mozilla/Shipped.crt", &pem),
        ("/usr/local/share/ca-certificates/corp.crt", &other),
        ("/etc/ssl/certs/ca-certificates.crt", &pem.repeat(140)),
        ("/etc/ssl/private/site.pem", &pem),
        ("/etc/ssl/own.crt", &sample("ed25519.pem")),
        ("/etc/ssl/many.pem", &pem.repeat(40)),
        (
            "/etc/letsencrypt/archive/e.org/cert1.pem",
            &sample("ca.pem"),
        ),
    ]);
    let link = |target: &str, path: &str| {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    };
    link(
        "/usr/share/ca-certificates/mozilla/Shipped.crt",
        "/etc/ssl/certs/Shipped.pem",
    );
    link("Shipped.pem", "/etc/ssl/certs/5ed36f99.0");
    link(
        "/usr/local/share/ca-certificates/corp.crt",
        "/etc/ssl/certs/corp.pem",
    );
    // Other names of a file do not hide it, whichever comes first.
    link("../own.crt", "/etc/ssl/certs/0a0a0a0a.0");
    link("own.crt", "/etc/ssl/a-link");
    link("certs/ca-certificates.crt", "/etc/ssl/cert.pem");
    link(
        "../../archive/e.org/cert1.pem",
        "/etc/letsencrypt/live/e.org/cert.pem",
    );
    link(
        "../../archive/e.org/cert1.pem",
        "/etc/letsencrypt/live/e.org/fullchain.pem",
    );
    link("/etc/ssl", "/etc/nginx");
    link(".", "/etc/ssl/again");
    link("gone", "/etc/ssl/gone.pem");
    let rows = rows(&host);
    assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        [
            "/etc/letsencrypt/live/e.org/cert.pem",
            "/etc/ssl/many.pem",
            "/etc/ssl/own.crt",
            "/usr/local/share/ca-certificates/corp.crt",
        ]
    );
    assert_eq!(
        rows["/etc/ssl/many.pem"],
        json!({"type": "bundle", "path": "/etc/ssl/many.pem", "certificates": 40})
    );
    let watched = Certificates::new().wakes(&host);
    for path in [
        "/etc/ssl/certs",
        "/etc/letsencrypt/live/e.org",
        "/etc/haproxy",
    ] {
        assert!(watched.contains(&Wake::path(path)), "{path}");
    }
}

#[test]
fn what_is_watched_is_what_the_last_reading_found() {
    let (root, host) = tree(&[("/etc/nginx/own.crt", &sample("ec.pem"))]);
    let probe = Certificates::new();
    let new = Wake::path("/etc/nginx/new");
    probe.read(&host).unwrap();
    fs::create_dir(root.path().join("etc/nginx/new")).unwrap();
    assert!(!probe.wakes(&host).contains(&new));
    probe.read(&host).unwrap();
    assert!(probe.wakes(&host).contains(&new));
}

#[test]
fn a_folder_in_which_a_database_writes_does_not_wake() {
    let data = "/var/lib/postgresql/16/main";
    let certificate = format!("{data}/server.crt");
    let (_root, host) = tree(&[(&certificate, &sample("ec.pem"))]);
    assert!(rows(&host).contains_key(&certificate));
    let watched = Certificates::new().wakes(&host);
    assert!(watched.contains(&Wake::path(&certificate)));
    assert!(watched.contains(&Wake::Every(UNWATCHED)) && !watched.contains(&Wake::path(data)));
    let (_root, host) = tree(&[]);
    assert!(
        !Certificates::new()
            .wakes(&host)
            .contains(&Wake::Every(UNWATCHED))
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let (root, host) = tree(&[
        (
            "/etc/ssl/bad.pem",
            "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        ),
        ("/etc/ssl/empty.pem", ""),
        (
            "/proc/1/mountinfo",
            "1 0 8:1 / / rw - ext4 a rw\n2 1 0:5 / /etc/nginx rw - nfs4 s:/a rw\n",
        ),
        ("/etc/nginx/site.crt", &sample("ec.pem")),
    ]);
    let huge = fs::File::create(root.path().join("etc/ssl/huge.pem")).unwrap();
    huge.set_len(1 << 30).unwrap();
    let rows = rows(&host);
    let brief: Vec<_> = rows
        .iter()
        .map(|(key, row)| format!("{key}: {}", row["why"].as_str().unwrap()))
        .collect();
    assert_eq!(
        brief,
        [
            "/etc/nginx: /etc/nginx is on nfs4, which is not read",
            "/etc/ssl/bad.pem: what is marked as a certificate is none",
            "/etc/ssl/huge.pem: /etc/ssl/huge.pem is larger than 1048576 bytes",
        ]
    );
}

#[test]
fn a_folder_of_thousands_is_too_large() {
    let (root, host) = tree(&[]);
    let folder = root.path().join("etc/nginx");
    fs::create_dir(&folder).unwrap();
    for n in 0..5000 {
        fs::write(folder.join(format!("{n}.crt")), "").unwrap();
    }
    let stale = Certificates::new().read(&host);
    assert_eq!(stale.unwrap_err().reason, StaleReason::TooLarge);
}

#[test]
fn distributions_keep_certificates_in_their_places() {
    for (tree, path) in [
        ("debian-11", "/etc/ssl/certs/ssl-cert-snakeoil.pem"),
        ("debian-13", "/usr/local/share/ca-certificates/corp.crt"),
        ("ubuntu-22.04", "/etc/ssl/certs/ssl-cert-snakeoil.pem"),
        ("ubuntu-24.04", "/etc/letsencrypt/live/example.org/cert.pem"),
        ("rocky-8", "/etc/pki/tls/certs/localhost.crt"),
        ("rocky-10", "/etc/pki/ca-trust/source/anchors/corp.pem"),
        ("fedora-42", "/etc/cockpit/ws-certs.d/0-self-signed.cert"),
        ("sles-15", "/etc/pki/trust/anchors/corp.pem"),
        ("amazon-2023", "/etc/pki/tls/certs/localhost.crt"),
    ] {
        let host = Host::at(live::recorded(tree), SystemClock::shared());
        assert_eq!(rows(&host).keys().collect::<Vec<_>>(), [path], "{tree}");
    }
}
