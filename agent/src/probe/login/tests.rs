use std::{fs, path::Path};

use rusqlite::Connection;
use serde_json::{Value as Json, json};
use shared::{clock::SystemClock, wire::StaleReason};

use super::{
    record::{NATIVE, tests::written},
    *,
};
use crate::probe::live;

/// What utmp(5) calls a boot, and a login that is under way.
const BOOT: i16 = 2;
const ASKED: i16 = 6;

fn tree(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().unwrap();
    let passwd = b"root:x:0:0::/:\nann:x:3:3::/:\nbob:x:4294967294:5::/:\n".to_vec();
    for (path, bytes) in [(PASSWD, passwd)].iter().chain(files) {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let host = Host::at(root.path(), SystemClock::shared());
    (root, host)
}

fn rows(host: &Host) -> BTreeMap<String, Json> {
    let facts = Logins.read(host).unwrap();
    facts
        .into_iter()
        .map(|fact| (fact.key, serde_json::from_str(&fact.value).unwrap()))
        .collect()
}

fn user(user: &str, line: &str, host: &str, at: u32) -> Vec<u8> {
    written(NATIVE, record::USER, user, line, host, at)
}

fn brief(row: &Json) -> String {
    let text = |name: &str| row[name].to_string().replace('"', "");
    format!(
        "{} {} {}",
        text("last_at"),
        text("last_from"),
        text("last_line")
    )
}

fn sqlite(host: &Host, path: &str, sql: &str) {
    let path = host.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn the_latest_login_of_each_user_is_told() {
    let wtmp = [
        written(NATIVE, BOOT, "reboot", "~", "6.1.0", 100),
        user("ann", "pts/0", "10.0.0.1", 200),
        user("root", "tty1", "", 300),
        user("ann", "pts/1", "10.0.0.2", 400),
        user("ann", "pts/2", "late.example.org", 350),
        user("remote", "pts/3", "10.0.0.3", 500),
        written(NATIVE, 8, "", "pts/1", "", 600),
        vec![1; 20],
    ];
    let (_root, host) = tree(&[(WTMP, wtmp.concat())]);
    let rows = rows(&host);
    assert_eq!(brief(&rows["ann"]), "400 10.0.0.2 pts/1");
    assert_eq!(brief(&rows["root"]), "300 null tty1");
    assert_eq!(
        rows["bob"],
        json!({
            "type": "user", "local": true, "last_at": null, "last_from": null,
            "last_line": null, "failed_count": null, "failed_last_at": null,
        })
    );
    assert_eq!(rows["remote"]["local"], false);
    assert_eq!(
        rows[":records"],
        json!({
            "type": "records", "sources": [WTMP], "logins_since": 100, "failures_since": null,
        })
    );
    assert_eq!(rows.len(), 5);
}

#[test]
fn what_was_typed_as_a_name_is_never_told() {
    let btmp = [
        written(NATIVE, ASKED, "root", "ssh:notty", "10.0.0.1", 100),
        written(NATIVE, ASKED, "hunter2", "ssh:notty", "10.0.0.1", 200),
        written(NATIVE, ASKED, "root", "tty1", "", 300),
        written(NATIVE, ASKED, "", "tty1", "", 250),
    ];
    let wtmp = user("hunter3", "tty1", "", 1);
    let (_root, host) = tree(&[(BTMP, btmp.concat()), (WTMP, wtmp)]);
    let rows = rows(&host);
    assert_eq!(
        (
            &rows["root"]["failed_count"],
            &rows["root"]["failed_last_at"]
        ),
        (&json!(2), &json!(300))
    );
    assert_eq!(
        rows[":unknown"],
        json!({"type": "unknown", "failed_count": 2, "failed_last_at": 250})
    );
    assert_eq!(rows["ann"]["failed_count"], 0);
    assert!(!format!("{rows:?}").contains("hunter2"));
}

#[test]
fn every_record_counts_and_the_latest_is_told() {
    let mut lastlog = vec![0; 3 * NATIVE.lastlog];
    let mut ann = vec![0; NATIVE.lastlog];
    ann[..4].copy_from_slice(&700_u32.to_ne_bytes());
    let line = NATIVE.lastlog - 288;
    ann[line..line + 4].copy_from_slice(b"tty7");
    ann[line + 32..line + 36].copy_from_slice(b"desk");
    lastlog.extend(ann);
    let (_root, host) = tree(&[(LASTLOG, lastlog), (WTMP, user("ann", "pts/0", "a", 600))]);
    assert_eq!(brief(&rows(&host)["ann"]), "700 desk tty7");
    sqlite(
        &host,
        LASTLOG2.path,
        "CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, \
         Service TEXT); INSERT INTO Lastlog2 VALUES ('ann', 800, 'pts/8', 'two', 'sshd'), \
         ('bob', 0, '', '', ''), ('root', 5000000000, 'tty1', NULL, 'login');",
    );
    let seen = rows(&host);
    assert_eq!(brief(&seen["ann"]), "800 two pts/8");
    assert_eq!(brief(&seen["root"]), "5000000000 null tty1");
    assert_eq!(brief(&seen["bob"]), "null null null");
    sqlite(
        &host,
        WTMPDB.path,
        "CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, \
         Login INTEGER, Logout INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT) STRICT; \
         INSERT INTO wtmp VALUES (1, 1, 'reboot', 1, 2, '~', '6.1', NULL), \
         (2, 3, 'ann', 950000001, NULL, 'pts/9', 'three', 'sshd'), \
         (3, 3, 'ann', 900000000, 901000000, 'pts/1', 'x', 'sshd');",
    );
    let seen = rows(&host);
    assert_eq!(brief(&seen["ann"]), "950 three pts/9");
    assert!(!seen.contains_key("reboot"));
    assert_eq!(
        seen[":records"]["sources"],
        json!([LASTLOG2.path, WTMPDB.path, LASTLOG, WTMP])
    );
}

#[test]
fn records_are_those_that_utmpdump_prints() {
    let wtmp = [
        written(NATIVE, BOOT, "reboot", "~", "6.1.0", 1_700_000_000),
        user("ann", "pts/0", "10.0.0.1", 1_700_000_100),
        user("bob", "tty1", "", 1_700_000_200),
    ];
    let (root, _) = tree(&[(WTMP, wtmp.concat())]);
    let path = root.path().join("var/log/wtmp");
    let Some(listed) = live::tool("utmpdump", &[path.to_str().unwrap()]) else {
        return;
    };
    let theirs: Vec<Vec<String>> = listed
        .lines()
        .map(|line| {
            let fields = line.split('[').skip(1);
            fields
                .map(|f| f.trim_end_matches([']', ' ']).to_owned())
                .collect()
        })
        .collect();
    assert_eq!(theirs.len(), 3);
    for (bytes, theirs) in wtmp.iter().zip(theirs) {
        let ours = record::login(NATIVE, bytes).unwrap();
        let at = chrono::DateTime::from_timestamp(ours.at, 0).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(
            [
                ours.kind.to_string(),
                text(ours.user),
                text(ours.line),
                text(ours.host),
                at.format("%Y-%m-%dT%H:%M:%S,000000+00:00").to_string(),
            ],
            [0, 3, 4, 5, 7].map(|field| theirs[field].clone())
        );
    }
}

#[test]
fn the_live_machine_has_what_lastlog_lists() {
    let (_root, host) = tree(&[]);
    let root = host.path("/");
    let arguments = ["-R", root.to_str().unwrap()];
    let mut lastlog = vec![0; 3 * NATIVE.lastlog];
    let mut ann = vec![0; NATIVE.lastlog];
    ann[..4].copy_from_slice(&1_700_000_000_u32.to_ne_bytes());
    ann[NATIVE.lastlog - 288..][..5].copy_from_slice(b"pts/5");
    ann[NATIVE.lastlog - 256..][..8].copy_from_slice(b"10.1.2.3");
    lastlog.extend(ann);
    fs::create_dir_all(root.join("var/log")).unwrap();
    fs::write(root.join("var/log/lastlog"), lastlog).unwrap();
    let Some(listed) = live::tool("lastlog", &arguments) else {
        return;
    };
    let ann = listed
        .lines()
        .find(|line| line.starts_with("ann "))
        .unwrap();
    let fields: Vec<_> = ann.split_whitespace().collect();
    let row = &rows(&host)["ann"];
    assert_eq!(fields[1..3], ["pts/5", "10.1.2.3"]);
    assert_eq!(brief(row), "1700000000 10.1.2.3 pts/5");
    assert!(
        ann.contains("Nov 14 22:13:20") && ann.ends_with("2023"),
        "{ann}"
    );
    assert!(
        listed
            .lines()
            .any(|line| line.starts_with("root ") && line.contains("Never"))
    );
}

#[test]
fn only_the_end_of_a_huge_file_is_read() {
    let (_root, host) = tree(&[(WTMP, Vec::new())]);
    let file = fs::File::options()
        .append(true)
        .open(host.path(WTMP))
        .unwrap();
    file.set_len(1 << 36).unwrap();
    // The last record but a hole before it, and a torn one after.
    let end = (1_u64 << 36) / NATIVE.size as u64 * NATIVE.size as u64;
    file.set_len(end).unwrap();
    use std::io::Write as _;
    (&file).write_all(&user("ann", "pts/0", "a", 5)).unwrap();
    (&file).write_all(&[1; 100]).unwrap();
    assert_eq!(brief(&rows(&host)["ann"]), "5 a pts/0");
}

#[test]
fn logins_wake_their_kind_and_failures_which_anybody_can_make_do_not() {
    let (_root, host) = tree(&[]);
    let wakes = Logins.wakes(&host);
    assert!(wakes.contains(&Wake::path(WTMP)));
    assert!(!wakes.contains(&Wake::path(BTMP)));
    assert!(wakes.contains(&Wake::Every(FAILED)));
}

#[test]
fn a_host_that_keeps_no_record_says_so() {
    let (_root, host) = tree(&[]);
    let stale = Logins.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Unavailable);
}

#[test]
fn a_database_that_is_none_makes_the_kind_stale() {
    let (_root, host) = tree(&[(
        LASTLOG2.path,
        b"not a database, but long enough for one".repeat(40),
    )]);
    let stale = Logins.read(&host).unwrap_err();
    assert_eq!(stale.reason, StaleReason::Malformed, "{}", stale.detail);
    fs::remove_file(host.path(LASTLOG2.path)).unwrap();
    // A view can run without end; it is not asked.
    sqlite(
        &host,
        LASTLOG2.path,
        "CREATE VIEW Lastlog2 AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
         SELECT i AS Name, i AS Time, '' AS TTY, '' AS RemoteHost FROM n",
    );
    let stale = Logins.read(&host).unwrap_err();
    assert!(stale.detail.contains("no table"), "{}", stale.detail);
}

#[test]
fn databases_are_read_without_a_trace() {
    let folder = live::recorded("debian-13").join("var/lib");
    let count = |folder: &Path| fs::read_dir(folder).unwrap().count();
    let host = Host::at(live::recorded("debian-13"), SystemClock::shared());
    assert_eq!(brief(&rows(&host)["admin"]), "1735693200 192.0.2.7 ssh");
    assert_eq!(
        (
            count(&folder.join("lastlog")),
            count(&folder.join("wtmpdb"))
        ),
        (1, 1)
    );
}

#[test]
fn distributions_record_logins_in_their_files() {
    for (tree, user) in [
        ("debian-11", "admin"),
        ("ubuntu-22.04", "ubuntu"),
        ("ubuntu-24.04", "ubuntu"),
        ("rocky-8", "rocky"),
        ("rocky-10", "rocky"),
        ("fedora-42", "fedora"),
        ("sles-15", "tux"),
        ("amazon-2023", "ec2-user"),
    ] {
        if NATIVE.size != 384 {
            return;
        }
        let host = Host::at(live::recorded(tree), SystemClock::shared());
        let rows = rows(&host);
        assert_eq!(brief(&rows[user]), "1735693200 192.0.2.7 pts/0", "{tree}");
        assert_eq!(brief(&rows["root"]), "1735689600 null tty1", "{tree}");
        assert_eq!(rows["root"]["failed_count"], 1, "{tree}");
        assert_eq!(rows[":unknown"]["failed_count"], 1, "{tree}");
    }
}

#[test]
fn databases_that_once_were_trouble_do_not_panic() {
    live::replay("login-database", |bytes| {
        for path in [LASTLOG2.path, WTMPDB.path] {
            let (_root, host) = tree(&[(path, bytes.to_vec())]);
            if let Err(stale) = Logins.read(&host) {
                assert!(stale.detail.contains(path), "{stale:?}");
            }
        }
    });
}
