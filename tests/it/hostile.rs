//! A host that is enrolled and does not keep to the protocol: it is refused, it is counted, nothing
//! of it is stored, and nobody else notices.

use agent::probe::{Probe, package::Packages, user::Users};
use serde_json::Value;
use shared::{
    clock::SystemClock,
    digest::Digest,
    tls::ALPN_ENROL,
    wire::{
        AgentMessage, Body, Delta, EnrolRequest, IssueReply, MAX_PAYLOAD, Record, Refusal, Row,
        RowChange, Snapshot, seal,
    },
};
use support::{RawHost, TestAgent, TestCollector, Tree, until};

/// In the key of every fact that must not be stored.
const MARK: &str = "hostile";

/// What the host sends once the session is open.
type Attack = Box<dyn Fn(&RawHost) -> Vec<u8>>;

fn attack(bytes: impl Fn(&RawHost) -> Vec<u8> + 'static) -> Attack {
    Box::new(bytes)
}

fn records(records: Vec<Record>) -> Vec<u8> {
    seal(&AgentMessage::Records(records)).unwrap()
}

fn delta(kind: &str, key: &str, value: &str) -> Body {
    Body::Delta(Delta {
        kind: kind.into(),
        changes: vec![RowChange {
            key: key.into(),
            value: Some(value.into()),
        }],
        digest: Digest::default(),
    })
}

fn part(kind: &str, last: bool) -> Body {
    Body::Snapshot(Snapshot {
        kind: kind.into(),
        rows: vec![Row {
            key: format!("{MARK}-{last}"),
            value: "{}".into(),
        }],
        last,
        digest: Digest::default(),
    })
}

/// A header that says so, and a payload.
fn frame(flags: u8, length: usize, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_le_bytes();
    [&b"OW\x01"[..], &[flags], &length, payload].concat()
}

/// A small payload that unpacks to 64 MiB.
fn bomb() -> Vec<u8> {
    // A zstd frame without a content size whose 512 blocks each repeat one byte 128 Ki times.
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for block in 0..512_u32 {
        let last = u32::from(block == 511);
        let header = (131_072 << 3) | (1 << 1) | last;
        bytes.extend_from_slice(&header.to_le_bytes()[..3]);
        bytes.push(0);
    }
    frame(1, bytes.len(), &bytes)
}

/// Bytes that mean nothing, the same at each run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

/// Everything with which a session that is open must end.
fn attacks() -> Vec<(&'static str, Attack)> {
    let mark = |seq| move |host: &RawHost| host.record(seq, delta("package", MARK, "{}"));
    vec![
        ("a frame that is cut off", {
            attack(move |host| {
                let whole = records(vec![mark(1)(host)]);
                whole[..whole.len() - 3].to_vec()
            })
        }),
        ("a header that is cut off", attack(|_| b"OW\x01".to_vec())),
        (
            "a length above the limit",
            attack(|_| frame(0, MAX_PAYLOAD + 1, b"")),
        ),
        (
            "the largest length",
            attack(|_| frame(0, u32::MAX as usize, b"")),
        ),
        ("noise", attack(|_| noise(4096))),
        ("noise in a frame", attack(|_| frame(0, 4096, &noise(4096)))),
        (
            "noise that claims to be packed",
            attack(|_| frame(1, 4096, &noise(4096))),
        ),
        ("a bomb", attack(|_| bomb())),
        (
            "a count without bytes",
            attack(|_| {
                let claim = [&[1, 253][..], &(1_u64 << 62).to_le_bytes()].concat();
                frame(0, claim.len(), &claim)
            }),
        ),
        ("unknown flags", attack(|_| frame(0x80, 0, b""))),
        (
            "something after the message",
            attack(move |host| {
                let sealed = records(vec![mark(1)(host)]);
                let payload = [&sealed[8..], b"x"].concat();
                frame(0, payload.len(), &payload)
            }),
        ),
        (
            "a second greeting",
            attack(|host| seal(&AgentMessage::Hello(host.hello())).unwrap()),
        ),
        (
            "numbers that run backwards",
            attack(move |host| records(vec![mark(9)(host), mark(8)(host)])),
        ),
        (
            "a number twice",
            attack(move |host| records(vec![mark(9)(host), mark(9)(host)])),
        ),
        (
            "a number that no database has",
            attack(move |host| records(vec![mark(u64::MAX)(host)])),
        ),
        (
            "a snapshot in which another begins",
            attack(|host| {
                records(vec![
                    host.record(1, part("package", false)),
                    host.record(2, part("user", true)),
                ])
            }),
        ),
        (
            "a snapshot that is left for something else",
            attack(|host| {
                records(vec![
                    host.record(1, part("package", false)),
                    host.record(2, delta("user", MARK, "{}")),
                ])
            }),
        ),
        (
            "a kind that is no name",
            attack(|host| records(vec![host.record(1, delta("Package'; --", MARK, "{}"))])),
        ),
        (
            "a value that is no object",
            attack(|host| records(vec![host.record(1, delta("package", MARK, "[]"))])),
        ),
        (
            "a value that is not canonical",
            attack(|host| records(vec![host.record(1, delta("package", MARK, "{ }"))])),
        ),
        (
            "a value that nests without end",
            attack(|host| {
                let deep = format!("{{\"a\":{}{}}}", "[".repeat(9000), "]".repeat(9000));
                records(vec![host.record(1, delta("package", MARK, &deep))])
            }),
        ),
        (
            "a key that Postgres cannot hold",
            attack(|host| records(vec![host.record(1, delta("package", "hostile\0", "{}"))])),
        ),
        (
            "a time that is none",
            attack(|host| {
                let mut record = host.record(1, delta("package", MARK, "{}"));
                record.at = i64::MAX;
                records(vec![record])
            }),
        ),
    ]
}

/// The value of a counter.
async fn counted(collector: &TestCollector, name: &str) -> u64 {
    let page = collector.api.send(reqwest::Method::GET, "/metrics", None);
    let page = page.await.text().await.unwrap();
    page.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("no {name} in:\n{page}"))
}

async fn frames_refused(collector: &TestCollector) -> u64 {
    counted(collector, "openwatch_frames_refused_total").await
}

/// How many rows of each table are there, of all hosts.
async fn rows(collector: &TestCollector) -> Vec<(String, i64)> {
    let mut all = Vec::new();
    for table in [
        "fact_kind",
        "fact_key",
        "fact_value",
        "host_fact",
        "host_kind",
        "change",
        "stream_gap",
        "host",
    ] {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let db = collector.server().db();
        let count: i64 = sqlx::query_scalar(query).fetch_one(db).await.unwrap();
        all.push((table.to_owned(), count));
    }
    all
}

/// An honest host, and since when it is connected.
async fn honest(collector: &TestCollector, tree: &Tree) -> (TestAgent, Value) {
    static PROBES: [&dyn Probe; 2] = [&Packages, &Users];
    let agent = TestAgent::start_with(collector, tree.host(SystemClock::shared()), &PROBES).await;
    let id = agent.id.to_string();
    until("the honest host's report", async || {
        let (packages, users) = (
            collector.api.facts(&id, "package").await,
            collector.api.facts(&id, "user").await,
        );
        if packages.len() == 1 && users.len() == 1 {
            Ok(())
        } else {
            Err((packages, users))
        }
    })
    .await;
    let host = collector.api.get(&format!("/api/v1/hosts/{id}")).await;
    (agent, host["connected_since"].clone())
}

/// Asserts that the honest host's session is the one it had, and goes on.
async fn undisturbed(collector: &TestCollector, tree: &mut Tree, agent: &TestAgent, since: &Value) {
    let id = agent.id.to_string();
    tree.set_user("ann", 1000);
    until("the honest host goes on", async || {
        let users = collector.api.facts(&id, "user").await;
        if users.contains_key("ann") {
            Ok(())
        } else {
            Err(users)
        }
    })
    .await;
    let host = collector.api.get(&format!("/api/v1/hosts/{id}")).await;
    assert_eq!(&host["connected_since"], since, "{host}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_breaks_the_protocol_ends_and_leaves_nothing_behind() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    let (agent, since) = honest(&collector, &tree).await;
    let host = RawHost::enrol(&collector).await;
    let before = rows(&collector).await;

    for (what, bytes) in attacks() {
        let counted = frames_refused(&collector).await;
        let mut session = host.session().await;
        session.write(&bytes(&host)).await;
        session.finish();
        let refused = session.refused().await;
        let refused = refused.unwrap_or_else(|| panic!("{what}: no refusal"));
        assert_eq!(refused.reason, Refusal::Malformed, "{what}: {refused:?}");
        assert_eq!(session.close_code().await, 1, "{what}");
        assert_eq!(frames_refused(&collector).await, counted + 1, "{what}");
        assert_eq!(rows(&collector).await, before, "{what}");
    }

    // It is not shut out for that: what it says may be right the next time.
    host.session().await;
    undisturbed(&collector, &mut tree, &agent, &since).await;
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_begins_with_a_greeting() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let before = rows(&collector).await;
    let hello = seal(&AgentMessage::Hello(host.hello())).unwrap();
    let early = records(vec![host.record(1, delta("package", MARK, "{}"))]);
    let openings = [
        ("records", early),
        ("noise", noise(64)),
        ("a bomb", bomb()),
        ("half a greeting", hello[..hello.len() / 2].to_vec()),
        ("an answer to a question that was not asked", {
            let ack = shared::wire::CollectorMessage::Ack(7);
            seal(&ack).unwrap()
        }),
    ];
    for (what, bytes) in openings {
        let counted = frames_refused(&collector).await;
        let mut line = host.line().await;
        line.write(&bytes).await;
        line.finish();
        let refused = line.refused().await;
        let refused = refused.unwrap_or_else(|| panic!("{what}: no refusal"));
        assert_eq!(refused.reason, Refusal::Malformed, "{what}: {refused:?}");
        assert_eq!(line.close_code().await, 1, "{what}");
        assert_eq!(frames_refused(&collector).await, counted + 1, "{what}");
    }
    assert_eq!(rows(&collector).await, before);
    let streams: i64 = sqlx::query_scalar("select count(*) from stream")
        .fetch_one(collector.server().db())
        .await
        .unwrap();
    assert_eq!(streams, 0, "nobody had a session");
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_is_never_finished_is_never_stored() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let before = rows(&collector).await;
    let hello = host.hello();
    let mut session = host.line().await;
    session.say(&AgentMessage::Hello(hello.clone())).await;
    session.welcomed().await;
    let first = host.record(1, part("package", false));
    session.write(&records(vec![first.clone()])).await;
    session.finish();
    session.closed().await;
    assert_eq!(rows(&collector).await, before);

    // Another session cannot take it up where the first one left: it is sent whole or not at all.
    let again = shared::wire::Hello {
        last_seq: 2,
        ..hello
    };
    let mut session = host.line().await;
    session.say(&AgentMessage::Hello(again)).await;
    let welcome = session.welcomed().await;
    assert_eq!(welcome.resume, shared::wire::Resume::After(0));
    let last = host.record(2, part("package", true));
    session.write(&records(vec![first, last])).await;
    let id = host.id.to_string();
    until("the whole snapshot", async || {
        let facts = collector.api.facts(&id, "package").await;
        if facts.len() == 2 { Ok(()) } else { Err(facts) }
    })
    .await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_for_new_hosts_bears_noise() {
    let collector = TestCollector::start().await;
    let mut tree = Tree::default();
    let (agent, since) = honest(&collector, &tree).await;
    let host = RawHost::enrol(&collector).await;
    let before = rows(&collector).await;
    let token = collector.api.token(1).await;

    for (what, bytes) in [
        ("noise", noise(512)),
        ("a bomb", bomb()),
        ("half a header", b"OW".to_vec()),
        ("a length above the limit", frame(0, MAX_PAYLOAD + 1, b"")),
    ] {
        let counted = frames_refused(&collector).await;
        let mut line = host.dial_bare(ALPN_ENROL).await.unwrap();
        match line.ask(&bytes).await {
            Some(IssueReply::Refused(no)) => assert_eq!(no.reason, Refusal::Malformed, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
        assert_eq!(frames_refused(&collector).await, counted + 1, "{what}");
    }
    let mut line = host.dial_bare(ALPN_ENROL).await.unwrap();
    let request = EnrolRequest {
        token: token.clone(),
        csr: noise(300),
        hostname: "x".into(),
        machine: [0; 32],
        agent_version: "0".into(),
    };
    match line.ask(&seal(&request).unwrap()).await {
        Some(IssueReply::Refused(no)) => assert_eq!(no.reason, Refusal::CsrInvalid),
        other => panic!("{other:?}"),
    }

    // Datagrams that are no QUIC, and one that begins like it.
    let socket = tokio::net::UdpSocket::bind("[::]:0").await.unwrap();
    let door = collector.server().agents();
    for len in [1, 20, 1200] {
        socket.send_to(&noise(len), door).await.unwrap();
    }
    let mut initial = noise(1200);
    initial[..5].copy_from_slice(&[0xc3, 0, 0, 0, 1]);
    socket.send_to(&initial, door).await.unwrap();

    assert_eq!(rows(&collector).await, before, "nothing is stored");
    undisturbed(&collector, &mut tree, &agent, &since).await;
    RawHost::enrol_with(door, &token, SystemClock::shared())
        .await
        .unwrap();
    agent.stop().await;
    collector.stop().await;
}
