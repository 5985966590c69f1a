//! What a host asks for on streams of its own: it gets what was published, and nothing for what it may
//! not ask.

use std::time::Duration;

use reqwest::Method;
use shared::{
    bundle::Hash,
    clock::SystemClock,
    wire::{
        AgentMessage, CONTENT_SINCE, ContentHash, ContentState, Fetch, Fetched, InForceBundle,
        MAX_FETCHED, Packed, Refusal, seal,
    },
};
use support::{
    Fetching, Publisher, RawHost, TestCollector,
    publisher::{Files, publish},
    raw::Line,
};

/// Three files, and a bundle of them that is published.
async fn published(collector: &TestCollector) -> (Publisher, Files, ContentHash) {
    let publisher = Publisher::default();
    publisher.introduce(&collector.api).await;
    let files: Files = [("a.yaml", "a"), ("b.yaml", "bb"), ("c/d.yaml", "ccc")]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into();
    let told = publish(&collector.api, publisher.bundle(1, &files)).await;
    assert_eq!(told.unwrap()["files"], 3);
    let document = publisher.manifest(1, &files).write().unwrap();
    (publisher, files, Hash::of(&document).0)
}

/// How often a question had this end.
async fn counted(collector: &TestCollector, result: &str) -> u64 {
    let answer = collector.api.send(Method::GET, "/metrics", None).await;
    let text = answer.text().await.unwrap();
    let name = format!("openwatch_content_fetches_total{{result=\"{result}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    value.map_or(0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_fetches_roots_manifest_and_files_as_they_were_signed() {
    let collector = TestCollector::start().await;
    let (mut publisher, files, first) = published(&collector).await;
    publisher.rotate();
    let mut more = files.clone();
    more.insert("e.yaml".into(), b"new".to_vec());
    publish(&collector.api, publisher.bundle(2, &more))
        .await
        .unwrap();
    let document = publisher.manifest(2, &more).write().unwrap();

    let host = RawHost::enrol(&collector).await;
    let line = host.session().await;
    let roots = Fetching::ask(&line.connection, &Fetch::Roots { after: 0 })
        .await
        .all()
        .await;
    let signed = publisher.roots.iter().map(|root| Fetched::Root {
        document: root.document.clone(),
        signatures: root.signatures_file(),
    });
    assert_eq!(roots, signed.collect::<Vec<_>>());
    let next = Fetching::ask(&line.connection, &Fetch::Roots { after: 1 })
        .await
        .all()
        .await;
    assert_eq!(next, roots[1..]);

    let manifest = Hash::of(&document).0;
    let whole = Fetch::Manifest {
        manifest,
        basis: Some([9; 32]),
    };
    let whole = Fetching::ask(&line.connection, &whole).await.all().await;
    let [
        Fetched::Manifest {
            document: Packed::Whole(whole),
            ..
        },
    ] = &whole[..]
    else {
        panic!("{whole:?}");
    };
    assert_eq!(*whole, document);
    let against = Fetch::Manifest {
        manifest,
        basis: Some(first),
    };
    let against = Fetching::ask(&line.connection, &against).await.all().await;
    let [
        Fetched::Manifest {
            document: Packed::Against(packed),
            ..
        },
    ] = &against[..]
    else {
        panic!("{against:?}");
    };
    assert!(packed.len() < document.len() / 2, "{}", packed.len());

    let hashes: Vec<_> = more.values().map(|bytes| Hash::of(bytes).0).collect();
    let got = Fetching::ask(&line.connection, &Fetch::Files(hashes))
        .await
        .all()
        .await;
    assert_eq!(got, [Fetched::Files(more.into_values().collect())]);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_here_is_named_after_what_is() {
    let collector = TestCollector::start().await;
    let (_, files, _) = published(&collector).await;
    let host = RawHost::enrol(&collector).await;
    let line = host.session().await;
    let known = Hash::of(&files["a.yaml"]).0;
    let asked = Fetch::Files(vec![known, [7; 32], known]);
    let got = Fetching::ask(&line.connection, &asked).await.all().await;
    let here = Fetched::Files(vec![files["a.yaml"].clone()]);
    assert_eq!(got, [here, Fetched::Missing([7; 32])]);
    let asked = Fetch::Manifest {
        manifest: [8; 32],
        basis: None,
    };
    let got = Fetching::ask(&line.connection, &asked).await.all().await;
    assert_eq!(got, [Fetched::Missing([8; 32])]);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_that_no_agent_asks_are_refused_and_counted_and_the_session_goes_on() {
    let collector = TestCollector::start().await;
    published(&collector).await;
    let host = RawHost::enrol(&collector).await;
    let line = host.session().await;
    let too_many = Fetch::Files(vec![[7; 32]; MAX_FETCHED + 1]);
    let questions = [
        ("too many files", seal(&too_many).unwrap()),
        ("more than a question may have", noise(30 * MAX_FETCHED)),
        ("nothing", Vec::new()),
        ("noise", vec![0x5a; 4096]),
        (
            "a frame that is cut off",
            seal(&too_many).unwrap()[..20].to_vec(),
        ),
        (
            "a greeting",
            seal(&AgentMessage::Hello(host.hello())).unwrap(),
        ),
    ];
    for (refused, (name, bytes)) in (1..).zip(&questions) {
        let mut stream = Fetching::write(&line.connection, bytes).await;
        let end = stream.next().await;
        assert!(end.is_err(), "{name}: {end:?}");
        assert_eq!(counted(&collector, "refused").await, refused, "{name}");
    }
    let roots = Fetching::ask(&line.connection, &Fetch::Roots { after: 0 })
        .await
        .all()
        .await;
    assert_eq!(roots.len(), 1);
    assert!(line.connection.close_reason().is_none());
    collector.stop().await;
}

/// A question for so many files that cannot be packed into less than it is.
fn noise(files: usize) -> Vec<u8> {
    let hashes = (0..files).map(|n| Hash::of(&n.to_le_bytes()).0);
    seal(&Fetch::Files(hashes.collect())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_not_greeted_or_speaks_an_older_protocol_can_ask_nothing() {
    let collector = TestCollector::start().await;
    published(&collector).await;
    let host = RawHost::enrol(&collector).await;
    let no_stream = async |line: &Line, who: &str| {
        let opened = tokio::time::timeout(Duration::from_millis(500), line.connection.open_bi());
        assert!(opened.await.is_err(), "{who} opened a stream");
    };
    no_stream(&host.line().await, "a host that was not greeted").await;
    let mut line = host.line().await;
    let mut hello = host.hello();
    hello.protocol = CONTENT_SINCE - 1;
    line.say(&AgentMessage::Hello(hello)).await;
    line.welcomed().await;
    no_stream(&line, "an older agent").await;
    let state = AgentMessage::Content(ContentState::default());
    line.say(&state).await;
    assert_eq!(line.refused().await.unwrap().reason, Refusal::Malformed);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_says_of_its_content_that_cannot_be_ends_its_session() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let mut line = host.session().await;
    let state = ContentState {
        in_force: Some(InForceBundle {
            serial: u64::MAX,
            manifest: [0; 32],
            created: 0,
            expires: 1,
            since: 0,
        }),
        ..ContentState::default()
    };
    line.say(&AgentMessage::Content(state)).await;
    assert_eq!(line.refused().await.unwrap().reason, Refusal::Malformed);
    let told = collector
        .api
        .get(&format!("/api/v1/hosts/{}", host.id))
        .await;
    assert_eq!(told["content"]["in_force"], serde_json::Value::Null);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_hosts_than_may_fetch_at_once_are_asked_to_come_again() {
    let flags = [("content.downloads", "1".to_owned())];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let (_, _, manifest) = published(&collector).await;
    let (slow, other) = (
        RawHost::enrol(&collector).await,
        RawHost::enrol(&collector).await,
    );
    // It takes a byte ahead of what it reads, and reads nothing.
    let mut narrow = slow.narrow_line().await;
    narrow.say(&AgentMessage::Hello(slow.hello())).await;
    narrow.welcomed().await;
    let question = Fetch::Manifest {
        manifest,
        basis: None,
    };
    let unread = Fetching::ask(&narrow.connection, &question).await;
    let line = other.session().await;
    support::until("the one place is taken", async || {
        let got = Fetching::ask(&line.connection, &question).await.all().await;
        matches!(got[..], [Fetched::Busy(_)])
            .then_some(())
            .ok_or(got)
    })
    .await;
    assert!(counted(&collector, "busy").await > 0);
    let got = unread.all().await;
    assert!(matches!(got[..], [Fetched::Manifest { .. }]), "{got:?}");
    support::until("the place is free", async || {
        let got = Fetching::ask(&line.connection, &question).await.all().await;
        matches!(got[..], [Fetched::Manifest { .. }])
            .then_some(())
            .ok_or(got)
    })
    .await;
    collector.stop().await;
}
