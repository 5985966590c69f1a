//! What is published, and what the collector refuses to relay.

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::bundle::{MAX_ARCHIVE, Manifest};
use support::{
    Publisher, TestCollector,
    publisher::{Files, publish},
};

fn files(text: &str) -> Files {
    [("rules/a.yaml".to_owned(), text.as_bytes().to_vec())].into()
}

/// Why it was not published.
async fn refused(collector: &TestCollector, bundle: Vec<u8>) -> String {
    let (status, problem) = publish(&collector.api, bundle).await.unwrap_err();
    let told = (status, problem["code"].as_str().unwrap());
    assert_eq!(told, (StatusCode::CONFLICT, "not_published"), "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

async fn serials(collector: &TestCollector) -> Vec<Value> {
    let bundles = collector.api.all("/api/v1/bundles").await;
    bundles.iter().map(|one| one["serial"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_is_listed_with_who_signed_it() {
    let collector = TestCollector::start().await;
    let (publisher, content) = (Publisher::default(), files("one"));
    publisher.introduce(&collector.api).await;
    let told = publish(&collector.api, publisher.bundle(7, &content))
        .await
        .unwrap();
    assert_eq!((&told["serial"], &told["hosts"]), (&json!(7), &json!(0)));
    assert_eq!(
        (&told["size"], &told["note"]),
        (&json!(3), &json!("bundle 7"))
    );
    assert_eq!(told["published_by"], "local administrator");
    publish(&collector.api, publisher.bundle(9, &content))
        .await
        .unwrap();
    assert_eq!(serials(&collector).await, [9, 7]);
    let first = collector.api.get("/api/v1/bundles?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = collector
        .api
        .get(&format!("/api/v1/bundles?cursor={next}"))
        .await;
    assert_eq!(second["items"][0]["serial"], 7);
    let one = collector.api.get("/api/v1/bundles/7").await;
    assert_eq!(one["signers"][0]["name"], "publisher 1");
    assert_eq!(one["minimum_agent"], "0.1.0");
    for none in ["8", "x", "-1", "9223372036854775807"] {
        let path = format!("/api/v1/bundles/{none}");
        let (status, problem) = collector.api.try_get(&path).await.unwrap_err();
        let told = (status.as_u16(), problem["code"].as_str().unwrap());
        assert_eq!(told, (404, "bundle_not_found"), "{none}");
    }
    let roots = collector.api.get("/api/v1/roots").await;
    assert_eq!(
        roots["items"][0]["publisher"]["keys"][0]["name"],
        "publisher 1"
    );
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_host_would_take_is_not_published() {
    let collector = TestCollector::start().await;
    let (publisher, stranger) = (Publisher::default(), Publisher::default());
    let bundle = |serial, text| publisher.bundle(serial, &files(text));
    let words = refused(&collector, bundle(5, "one")).await;
    assert!(words.contains("owadm root import"), "{words}");
    publisher.introduce(&collector.api).await;
    publish(&collector.api, bundle(5, "one")).await.unwrap();

    let same = publish(&collector.api, bundle(5, "one")).await.unwrap();
    assert_eq!(same["serial"], 5, "the same again is fine");
    let changed = |change: fn(&mut Manifest)| {
        let mut manifest = publisher.manifest(6, &files("two"));
        change(&mut manifest);
        publisher.signed(&manifest, &files("two"))
    };
    let expired = changed(|manifest| {
        manifest.created -= TimeDelta::days(60);
        manifest.expires -= TimeDelta::days(60);
    });
    let mut cut = bundle(6, "two");
    cut.truncate(cut.len() - 10);
    let attacks = [
        (
            "the same serial with other content",
            bundle(5, "two"),
            "serial 5",
        ),
        ("an older one", bundle(4, "two"), "older than 5"),
        ("an expired one", expired, "expired"),
        (
            "one of somebody else",
            stranger.bundle(6, &files("two")),
            "signatures",
        ),
        ("one that is cut off", cut, "cannot be read"),
        ("noise", vec![0x5a; 5000], "cannot be read"),
        ("nothing", Vec::new(), "cannot be read"),
        (
            "one that asks for a later agent",
            changed(|manifest| manifest.minimum_agent = "99.0.0".parse().unwrap()),
            "99.0.0",
        ),
    ];
    for (name, attack, why) in attacks {
        let words = refused(&collector, attack).await;
        assert!(words.contains(why), "{name}: {words}");
        assert_eq!(serials(&collector).await, [5], "{name}");
    }
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_no_bundle_or_too_large_for_one_is_not_read() {
    let collector = TestCollector::start().await;
    let answer = collector
        .api
        .upload("/api/v1/bundles", "application/json", b"{}".to_vec());
    assert_eq!(answer.await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = vec![0; MAX_ARCHIVE as usize + 1];
    let (status, _) = publish(&collector.api, large).await.unwrap_err();
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    // Above what other routes take.
    let two = 2 << 20;
    let (status, _) = publish(&collector.api, vec![0; two]).await.unwrap_err();
    assert_eq!(status, StatusCode::CONFLICT);
    let roots = collector
        .api
        .upload("/api/v1/roots", "application/json", vec![b' '; two]);
    assert_eq!(roots.await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_follows_the_one_before_or_is_refused() {
    let collector = TestCollector::start().await;
    let (mut publisher, mut stranger) = (Publisher::default(), Publisher::default());
    publisher.introduce(&collector.api).await;
    publisher.introduce(&collector.api).await;
    stranger.rotate();
    let old = publisher.bundle(2, &files("old key"));
    publish(&collector.api, publisher.bundle(1, &files("one")))
        .await
        .unwrap();
    let add = async |root: &Value| {
        let answer = collector
            .api
            .send(reqwest::Method::POST, "/api/v1/roots", Some(root));
        let answer = answer.await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (
            status,
            body["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for (root, why) in [
        (&stranger.roots[0], "another root 1"),
        (&stranger.roots[1], "signatures"),
    ] {
        let (status, words) = add(&Publisher::root(root)).await;
        assert_eq!(status, 409);
        assert!(words.contains(why), "{words}");
    }
    publisher.rotate();
    publisher.rotate();
    let (status, words) = add(&Publisher::root(&publisher.roots[2])).await;
    assert_eq!(
        (status, words.contains("does not follow root 1")),
        (409, true),
        "{words}"
    );

    // A bundle brings the roots that lead to it; the key before is then worth nothing.
    publish(&collector.api, publisher.bundle(2, &files("two")))
        .await
        .unwrap();
    let roots = collector.api.all("/api/v1/roots").await;
    let versions: Vec<_> = roots.iter().map(|root| root["version"].clone()).collect();
    assert_eq!(versions, [3, 2, 1]);
    refused(&collector, old).await;
    // A root may come by itself as well; what was published before is still known by it.
    publisher.rotate();
    let (status, words) = add(&Publisher::root(&publisher.roots[3])).await;
    assert_eq!(status, 201, "{words}");
    publish(&collector.api, publisher.bundle(3, &files("three")))
        .await
        .unwrap();
    // The bundle from before the rotation still says who signed it.
    let one = collector.api.get("/api/v1/bundles/1").await;
    assert_eq!(one["signers"][0]["name"], "publisher 1");
    for (serial, root) in [(1, 1), (2, 3), (3, 4)] {
        let one = collector
            .api
            .get(&format!("/api/v1/bundles/{serial}"))
            .await;
        assert_eq!(one["root"], root, "{one}");
    }
    collector.stop().await;
}
