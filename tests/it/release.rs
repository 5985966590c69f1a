//! Which agents are genuine.

use serde_json::json;
use shared::bundle::Hash;
use support::{Publisher, RawHost, TestCollector};

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
