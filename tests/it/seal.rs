//! Seals that are not the host's, or not under what the host told: the session ends, what was told
//! stays, and nothing is sealed by it.

use serde_json::Value;
use shared::{
    chain::{Link, Stand},
    digest::Digest,
    id::Epoch,
    wire::{
        AgentMessage, Body, Delta, Hello, Opening, Record, Refusal, Row, RowChange, Seal, Snapshot,
    },
};
use support::{RawHost, TestCollector, raw::Line, until};

fn whole(value: &str) -> Body {
    Body::Snapshot(Snapshot {
        kind: "result".into(),
        rows: vec![Row {
            key: "a-rule".into(),
            value: value.into(),
        }],
        last: true,
        digest: Digest::default(),
    })
}

fn change(value: &str) -> Body {
    Body::Delta(Delta {
        kind: "result".into(),
        changes: vec![RowChange {
            key: "a-rule".into(),
            value: Some(value.into()),
        }],
        digest: Digest::default(),
    })
}

/// Where the chain stands with these records.
fn stand(from: Stand, epoch: Epoch, records: &[Record]) -> Stand {
    let links = records.iter().filter_map(|one| Link::of(epoch, one));
    links.fold(from, |stand, link| stand.with(&link))
}

/// A session that begins with this greeting.
async fn begin(host: &RawHost, hello: Hello) -> Line {
    let mut line = host.line().await;
    line.say(&AgentMessage::Hello(hello)).await;
    line.welcomed().await;
    line
}

/// What the walk of the host's chain says, once it knows this many links.
async fn walked(collector: &TestCollector, host: &RawHost, links: u64) -> Value {
    let path = format!("/api/v1/hosts/{}/chain", host.id);
    until("the links", async || {
        let report = collector.api.get(&path).await;
        if report["links"] == links {
            Ok(report)
        } else {
            Err(report)
        }
    })
    .await
}

async fn counted(collector: &TestCollector, result: &str) -> u64 {
    let page = collector.api.send(reqwest::Method::GET, "/metrics", None);
    let page = page.await.text().await.unwrap();
    let name = format!("openwatch_result_seals_total{{result=\"{result}\"}}");
    let value = page.lines().find_map(|line| line.strip_prefix(&name));
    value.map_or(0, |value| value.trim().parse().unwrap())
}

/// What a host that is bound by nothing signs, of what it told: two records.
type Forge = fn(&RawHost, &RawHost, Epoch, &[Record]) -> Seal;

fn good(host: &RawHost, _: &RawHost, epoch: Epoch, records: &[Record]) -> Seal {
    let stand = stand(Stand::default(), epoch, records);
    host.signing().seal(stand, None).unwrap()
}

const FORGED: [(&str, &str, Forge); 10] = [
    ("bytes that are no signature", "refused", |h, o, e, r| {
        Seal {
            signature: vec![7; 70],
            ..good(h, o, e, r)
        }
    }),
    ("no signature", "refused", |h, o, e, r| Seal {
        signature: Vec::new(),
        ..good(h, o, e, r)
    }),
    ("another host's seal", "refused", |h, o, e, r| {
        good(o, h, e, r)
    }),
    ("another host's key", "refused", |h, o, e, r| {
        let stand = stand(Stand::default(), e, r);
        o.signing_as(h.id).seal(stand, None).unwrap()
    }),
    (
        "the seal of the record before, again",
        "unfit",
        |h, o, e, r| good(h, o, e, &r[..1]),
    ),
    ("the second record alone", "unfit", |h, o, e, r| {
        good(h, o, e, &r[1..])
    }),
    ("the records in another order", "unfit", |h, o, e, r| {
        let mut turned = [r[1].clone(), r[0].clone()];
        for (n, record) in turned.iter_mut().enumerate() {
            record.seq = n as u64 + 1;
        }
        good(h, o, e, &turned)
    }),
    ("another value than was told", "unfit", |h, o, e, r| {
        let mut other = r.to_vec();
        other[1].body = change("{\"n\":9}");
        good(h, o, e, &other)
    }),
    ("records of another epoch", "unfit", |h, o, e, r| {
        good(h, o, Epoch(e.0 ^ 1), r)
    }),
    (
        "another beginning, behind records",
        "refused",
        |h, _, _, _| {
            let opening = Some(Opening::New);
            h.signing().seal(Stand::default(), opening).unwrap()
        },
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seal_that_does_not_fit_ends_the_session_and_what_was_told_stays_unsealed() {
    let collector = TestCollector::start().await;
    let other = RawHost::enrol(&collector).await;
    for (what, result, forge) in FORGED {
        let host = RawHost::enrol(&collector).await;
        let hello = host.hello();
        let records = [
            host.record(1, whole("{\"n\":1}")),
            host.record(2, change("{\"n\":2}")),
        ];
        let before = counted(&collector, result).await;
        let mut session = begin(&host, hello.clone()).await;
        session.say(&AgentMessage::Records(records.to_vec())).await;
        let forged = forge(&host, &other, hello.epoch, &records);
        session.say(&AgentMessage::Seal(forged)).await;
        let refused = session.refused().await;
        let refused = refused.unwrap_or_else(|| panic!("{what}: no refusal"));
        assert_eq!(refused.reason, Refusal::Malformed, "{what}");
        assert!(refused.message.contains("seal"), "{what}: {refused:?}");
        assert_eq!(counted(&collector, result).await, before + 1, "{what}");
        let report = walked(&collector, &host, 2).await;
        assert_eq!(report["sealed"], 0, "{what}: {report}");
        assert_eq!(report["faults"], serde_json::json!([]), "{what}: {report}");
        let facts = collector.api.facts(&host.id.to_string(), "result").await;
        assert_eq!(facts["a-rule"]["n"], 2, "{what}");
        let proof = format!("/api/v1/hosts/{}/results/a-rule/proof", host.id);
        let (status, problem) = collector.api.try_get(&proof).await.unwrap_err();
        assert_eq!(
            (status.as_u16(), &problem["code"]),
            (409, &"not_proved".into()),
            "{what}"
        );

        // The next session seals what it told, with the seal that it begins with.
        let again = Hello {
            last_seq: 2,
            ..hello.clone()
        };
        let mut session = begin(&host, again).await;
        let stand = stand(Stand::default(), hello.epoch, &records);
        let seal = host
            .signing()
            .seal(stand, Some(Opening::Continues))
            .unwrap();
        session.say(&AgentMessage::Seal(seal)).await;
        until("it is sealed", async || {
            let report = walked(&collector, &host, 2).await;
            (report["sealed"] == 2).then_some(()).ok_or(report)
        })
        .await;
        collector.api.get(&proof).await;
    }
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_before_seals_tells_results_and_they_are_unsealed() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let hello = Hello {
        protocol: 2,
        ..host.hello()
    };
    let mut session = begin(&host, hello.clone()).await;
    let records = vec![host.record(1, whole("{\"n\":1}"))];
    session.say(&AgentMessage::Records(records.clone())).await;
    let report = walked(&collector, &host, 1).await;
    assert_eq!(
        (&report["sealed"], &report["untold"]),
        (&0.into(), &0.into()),
        "{report}"
    );
    let seal = good(&host, &host, hello.epoch, &records);
    session.say(&AgentMessage::Seal(seal)).await;
    assert_eq!(session.refused().await.unwrap().reason, Refusal::Malformed);

    // Upgraded, it knows nothing of what it told, and says so; what it tells then is another chain.
    let again = Hello {
        protocol: shared::wire::PROTOCOL,
        last_seq: 2,
        acked: 1,
        ..hello
    };
    let mut session = begin(&host, again).await;
    let signing = host.signing();
    let opening = signing.seal(Stand::default(), Some(Opening::New)).unwrap();
    session.say(&AgentMessage::Seal(opening)).await;
    let records = vec![host.record(2, change("{\"n\":2}"))];
    session.say(&AgentMessage::Records(records.clone())).await;
    let seal = good(&host, &host, hello.epoch, &records);
    session.say(&AgentMessage::Seal(seal)).await;
    let report = until("it is sealed", async || {
        let report = walked(&collector, &host, 2).await;
        if report["sealed"] == 1 {
            Ok(report)
        } else {
            Err(report)
        }
    })
    .await;
    assert_eq!(report["faults_total"], 0, "{report}");
    let because = report["breaks"][0]["because"].as_str().unwrap();
    assert!(because.contains("held no chain"), "{report}");
    assert_eq!(counted(&collector, "begins_anew").await, 1);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_results_were_last_told_whole_long_ago_is_asked_for_them() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let hello = host.hello();
    let mut session = begin(&host, hello.clone()).await;
    let records = vec![host.record(1, whole("{\"n\":1}"))];
    session.say(&AgentMessage::Records(records)).await;
    walked(&collector, &host, 1).await;
    session.finish();
    let digest = Digest::of(&[shared::fact::RowHash::of("result", "a-rule", "{\"n\":1}")]);
    let again = Hello {
        last_seq: 1,
        acked: 1,
        kinds: vec![shared::wire::KindState {
            kind: "result".into(),
            seq: 1,
            digest,
        }],
        ..hello
    };
    let db = collector.server().db();
    sqlx::query("update result_link set recorded_at = recorded_at - interval '300 days'")
        .execute(db)
        .await
        .unwrap();
    let mut session = begin(&host, again).await;
    let asked = session.hear().await;
    let expected = shared::wire::CollectorMessage::Refresh(vec!["result".into()]);
    assert_eq!(asked, Some(expected));
    collector.stop().await;
}
