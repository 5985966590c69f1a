//! Which agents are genuine.

use std::fs;

use serde_json::{Value, json};
use shared::bundle::Hash;
use support::{Publisher, RawHost, TestCollector};

use crate::cli::ran::owadm;

#[tokio::test]
async fn an_agent_is_held_against_the_releases_by_what_it_says_when_it_connects() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let publisher = Publisher::default();
    publisher.introduce(api).await;
    let host = RawHost::enrol(&collector).await;
    let release = publisher.release("0.0.0", b"genuine");
    api.post("/api/v1/agent-releases", &release).await;
    let build = async || api.get(&format!("/api/v1/hosts/{}", host.id)).await["build"].take();
    assert_eq!(build().await, json!(null), "it has not said");
    for (program, said) in [("genuine", "published"), ("another", "unknown")] {
        let mut hello = host.hello();
        hello.build = Hash::of(program.as_bytes()).0;
        host.greet(hello).await.unwrap();
        assert_eq!(build().await, said, "{program}");
    }
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_published_by_the_command_where_enough_have_signed_it() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (publisher, stranger) = (Publisher::default(), Publisher::default());
    publisher.introduce(&collector.api).await;
    let written = |name: &str, release: Value| {
        let path = folder.path().join(name);
        let beside = folder.path().join(format!("{name}.sig"));
        fs::write(&path, release["document"].as_str().unwrap()).unwrap();
        fs::write(beside, release["signatures"].as_str().unwrap()).unwrap();
        path.display().to_string()
    };
    let publish = async |file: &str| owadm(&collector, &["release", "publish", file]).await;
    let bad = written("bad.json", stranger.release("0.2.0", b"evil"));
    publish(&bad).await.ended(1, &["release_refused"]);
    let listed = owadm(&collector, &["release", "list"]).await.text();
    assert_eq!(listed.lines().count(), 1, "{listed}");

    let good = written("good.json", publisher.release("0.2.0", b"genuine"));
    let said = publish(&good).await.text();
    assert!(said.contains("Release 0.2.0 is published."), "{said}");
    let again = publish(&good).await.text();
    assert!(again.contains("0.2.0"), "the same again is fine: {again}");
    let other = written("other.json", publisher.release("0.2.0", b"another"));
    publish(&other)
        .await
        .ended(1, &["0.2.0", "release_refused"]);
    let listed = owadm(&collector, &["release", "list", "--json"])
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    fs::remove_file(folder.path().join("good.json.sig")).unwrap();
    publish(&good).await.ended(1, &["reading", "good.json.sig"]);
    collector.stop().await;
}
