//! The audit log from outside: as the administrator's tool verifies it, with and without a collector, and as a
//! syslog server gets it.

use std::{fs, path::Path, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{TestCollector, until};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::{TcpListener, UdpSocket, UnixDatagram},
    time::timeout,
};

use crate::cli::ran::{owadm, run};

const PATIENCE: Duration = Duration::from_secs(30);

/// Makes records: tokens that are issued.
async fn act(collector: &TestCollector, times: usize) {
    for _ in 0..times {
        collector.api.token(1).await;
    }
}

fn checkpoints(collector: &TestCollector) -> Vec<Value> {
    let file = collector.folder().join("audit/checkpoints.jsonl");
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The newest record that a checkpoint of the chain of changes saw.
fn witnessed(collector: &TestCollector) -> i64 {
    let checkpoints = checkpoints(collector);
    let of_changes = checkpoints
        .iter()
        .filter(|checkpoint| checkpoint["stream"] == "change");
    of_changes
        .map(|checkpoint| checkpoint["seq"].as_i64().unwrap())
        .max()
        .unwrap_or(0)
}

async fn sql(collector: &TestCollector, text: &'static str) {
    sqlx::raw_sql(text)
        .execute(&collector.database().await)
        .await
        .unwrap();
}

const UNLOCK: &str = "alter table audit_record disable trigger all;
    grant update, delete on audit_record to current_user";

#[tokio::test]
async fn owadm_finds_what_was_changed_and_ends_with_1() {
    let collector = TestCollector::start().await;
    act(&collector, 5).await;
    holds("a checkpoint of all", async || witnessed(&collector) == 5).await;
    let good = owadm(&collector, &["audit", "verify"]).await.text();
    assert!(good.contains("everything fits"), "{good}");
    assert!(good.contains("vouch for change up to 5"), "{good}");

    sql(&collector, UNLOCK).await;
    sql(
        &collector,
        "update audit_record set body = replace(body, 'local administrator', 'nobody')
         where stream = 'change' and seq = 3",
    )
    .await;
    let found = owadm(&collector, &["audit", "verify"]).await.ended(1, &[]);
    assert!(
        found.said().contains("change 3: is not what was written"),
        "{found:?}"
    );
    let json = owadm(&collector, &["audit", "verify", "--json"])
        .await
        .ended(1, &[]);
    let json: Value = serde_json::from_str(&json.said()).unwrap();
    assert_eq!(json["faults_total"], 1);
    assert_eq!(
        (&json["faults"][0]["first"], &json["faults"][0]["what"]),
        (&json!(3), &json!("changed"))
    );

    // A tail that is cut off, with the head put right, is missed by the checkpoints alone.
    sql(
        &collector,
        "update audit_record set body = replace(body, 'nobody', 'local administrator')
         where stream = 'change' and seq = 3;
         delete from audit_record where stream = 'change' and seq > 3;
         update audit_stream s set seq = r.seq, hash = r.hash from audit_record r
         where s.name = 'change' and r.stream = 'change' and r.seq = 3",
    )
    .await;
    let found = owadm(&collector, &["audit", "verify"]).await.ended(1, &[]);
    assert!(
        found.said().contains("change 4 to 5: not there"),
        "{found:?}"
    );
    collector.stop().await;
}

#[tokio::test]
async fn an_export_is_verified_without_a_collector() {
    let collector = TestCollector::start().await;
    act(&collector, 4).await;
    holds("a checkpoint of all", async || witnessed(&collector) == 4).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for name in ["checkpoints.jsonl", "public.pem"] {
        fs::copy(collector.folder().join("audit").join(name), path(name)).unwrap();
    }
    let export = path("audit.jsonl");
    owadm(&collector, &["audit", "export", "--output", &export])
        .await
        .text();
    let listed = owadm(&collector, &["audit", "list", "--action", "audit"])
        .await
        .text();
    assert!(
        listed.contains("audit.export"),
        "it is a record itself: {listed}"
    );
    collector.stop().await;

    let verify = async |export: &str| {
        let (checkpoints, key) = (path("checkpoints.jsonl"), path("public.pem"));
        let args = [
            "audit",
            "verify",
            "--export",
            export,
            "--checkpoints",
            &checkpoints,
            "--key",
            &key,
        ];
        run("owadm", args, &[], "").await
    };
    let good = verify(&export).await.text();
    assert!(good.contains("everything fits"), "{good}");
    let text = fs::read_to_string(&export).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "with the export itself");
    let forged = text.replacen("local administrator", "nobody", 1);
    let with = |lines: Vec<&str>| lines.join("\n");
    for (name, text, says) in [
        ("changed", forged, "change 1: is not what was written"),
        (
            "removed",
            with([&lines[..1], &lines[2..]].concat()),
            "change 2: not there",
        ),
        ("cut off", with(lines[..3].to_vec()), "change 4: not there"),
    ] {
        let file = path(name);
        fs::write(&file, text).unwrap();
        let found = verify(&file).await.ended(1, &[]);
        assert!(found.said().contains(says), "{name}: {found:?}");
    }
    // Another key has signed nothing of it.
    let other = "-----BEGIN PUBLIC KEY-----\n\
                 MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                 -----END PUBLIC KEY-----\n";
    fs::write(path("public.pem"), other).unwrap();
    let found = verify(&export).await.ended(1, &[]);
    assert!(
        found.said().contains("is not signed with the key"),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_is_written_last_is_signed_before_the_collector_ends() {
    let mut collector = TestCollector::start().await;
    act(&collector, 3).await;
    let stopped = collector.halt().await;
    assert_eq!(witnessed(&collector), 3);
    collector.resume(stopped).await;
    act(&collector, 1).await;
    holds("the next checkpoint", async || witnessed(&collector) == 4).await;
    let good = owadm(&collector, &["audit", "verify"]).await.text();
    assert!(good.contains("everything fits"), "{good}");
    collector.stop().await;
}

/// The text of a message, after its header was looked at.
fn text(message: &str) -> (String, Value) {
    let (header, text) = message.split_once(" - ").unwrap();
    let parts: Vec<&str> = header.split(' ').collect();
    assert_eq!(parts.len(), 6, "{message}");
    assert!(
        parts[0].starts_with('<') && parts[0].ends_with(">1"),
        "{message}"
    );
    assert_eq!(parts[3], "openwatch-collector");
    (parts[5].into(), serde_json::from_str(text).unwrap())
}

async fn with_syslog(address: &str) -> TestCollector {
    let flags = [("audit.syslog", address.to_owned())];
    TestCollector::start_set(SystemClock::shared(), &flags).await
}

/// Receives so many records of the chain of changes and a checkpoint of it; the records' numbers.
async fn received(count: usize, mut next: impl AsyncFnMut() -> String) -> Vec<i64> {
    let (mut records, mut signed) = (Vec::new(), false);
    while records.len() < count || !signed {
        let message = timeout(PATIENCE, next()).await.expect("a message");
        let (sort, text) = text(&message);
        match sort.as_str() {
            "access" => {}
            "checkpoint" => signed |= text["stream"] == "change",
            sort => {
                assert_eq!(
                    (sort, &text["stream"]),
                    ("change", &json!("change")),
                    "{message}"
                );
                assert!(text["record"]["action"].is_string(), "{message}");
                records.push(text["seq"].as_i64().unwrap());
            }
        }
    }
    records
}

/// Waits until something is so.
async fn holds(what: &str, mut look: impl AsyncFnMut() -> bool) {
    until(what, async || if look().await { Ok(()) } else { Err(()) }).await;
}

#[tokio::test]
async fn a_syslog_server_gets_each_record_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    let next = async || {
        let mut buffer = vec![0; 65_536];
        let length = socket.recv(&mut buffer).await.unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let mut collector = with_syslog(&format!("unix:{}", path.display())).await;
    act(&collector, 3).await;
    assert_eq!(received(3, &next).await, [1, 2, 3]);
    let sent = collector.folder().join("audit/syslog.json");
    let noted = |path: &Path| {
        fs::read_to_string(path)
            .unwrap_or_default()
            .contains("\"change\":3")
    };
    holds("what was sent is noted", async || noted(&sent)).await;
    let stopped = collector.halt().await;
    collector.resume(stopped).await;
    act(&collector, 1).await;
    assert_eq!(received(1, &next).await, [4]);
    collector.stop().await;
}

#[tokio::test]
async fn datagrams_and_streams_carry_the_same() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let collector = with_syslog(&format!("udp://{}", socket.local_addr().unwrap())).await;
    act(&collector, 1).await;
    let records = received(1, async || {
        let mut buffer = vec![0; 65_536];
        let length = socket.recv(&mut buffer).await.unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    });
    assert_eq!(records.await, [1]);
    collector.stop().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = with_syslog(&format!("tcp://{}", listener.local_addr().unwrap())).await;
    act(&collector, 2).await;
    let (stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let mut stream = BufReader::new(stream);
    let records = received(2, async || {
        let mut length = Vec::new();
        stream.read_until(b' ', &mut length).await.unwrap();
        let length: usize = std::str::from_utf8(&length)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let mut message = vec![0; length];
        stream.read_exact(&mut message).await.unwrap();
        String::from_utf8(message).unwrap()
    });
    let records = records.await;
    assert_eq!(records, [1, 2]);
    collector.stop().await;
}

#[tokio::test]
async fn a_password_that_is_wrong_is_in_the_log_and_not_in_what_is_shown_of_it() {
    let collector = TestCollector::start().await;
    let wrong = json!({"name": "alice", "password": "not the password"});
    let browser = collector.browser();
    let refused = browser
        .send(Method::POST, "/api/v1/session", Some(&wrong))
        .await;
    assert_eq!(refused.status(), 401);
    let shown = owadm(&collector, &["audit", "show", "access", "1"])
        .await
        .text();
    assert!(
        shown.contains("session.refuse by alice (nobody)"),
        "{shown}"
    );
    assert!(
        shown.contains("bad_credentials") && !shown.contains("not the password"),
        "{shown}"
    );
    let listed = owadm(&collector, &["audit", "list", "--outcome", "refused"])
        .await
        .text();
    assert!(listed.contains("access 1"), "{listed}");
    let none = owadm(&collector, &["audit", "show", "access", "99"]).await;
    none.ended(1, &["record_not_found"]);
    collector.stop().await;
}
