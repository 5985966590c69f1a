//! The live feed.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::Method,
};
use futures_util::StreamExt as _;
use shared::id::HostId;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{Api, request};
use crate::{api::Connection, live::Event};

async fn follow(
    router: &Router,
    last: Option<&str>,
    stopping: &CancellationToken,
) -> BodyDataStream {
    let mut request = request(Method::GET, "/api/v1/live");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let stopping = stopping.clone();
    request.extensions_mut().insert(Connection {
        peer: None,
        stopping,
    });
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The next event as text; `None` at the end.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let chunk = timeout(Duration::from_secs(5), stream.next())
        .await
        .unwrap()?;
    Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
}

fn id(event: &str) -> &str {
    event
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap()
}

#[tokio::test]
async fn events_are_told_resumed_and_resynchronised() {
    let api = Api::without_database();
    let stopping = CancellationToken::new();
    let host = HostId(Uuid::from_u128(1));
    let mut stream = follow(&api.local, None, &stopping).await;
    let hello = next(&mut stream).await.unwrap();
    assert!(
        hello.starts_with("retry: 2000\n") && !hello.contains("data"),
        "{hello}"
    );
    assert_eq!(api.metrics.live_followers.get(), 1);

    api.feed.publish(Event::HostChanged {
        host,
        kinds: vec!["package".into()],
    });
    let event = next(&mut stream).await.unwrap();
    let data = "data: {\"host\":\"00000000-0000-0000-0000-000000000001\",\
                \"at\":\"2026-03-03T14:05:00.000000Z\",\"kinds\":[\"package\"]}";
    assert!(
        event.lines().any(|line| line == "event: host_changed"),
        "{event}"
    );
    assert!(event.lines().any(|line| line == data), "{event}");
    drop(stream);
    assert_eq!(api.metrics.live_followers.get(), 0);

    api.feed.publish(Event::HostConnected { host });
    for (last, missed) in [(id(&hello), "host_changed"), (id(&event), "host_connected")] {
        let mut stream = follow(&api.local, Some(last), &stopping).await;
        next(&mut stream).await.unwrap();
        let event = next(&mut stream).await.unwrap();
        assert!(event.contains(&format!("event: {missed}\n")), "{event}");
    }
    let mut stream = follow(&api.local, Some("another-7"), &stopping).await;
    next(&mut stream).await.unwrap();
    let resync = next(&mut stream).await.unwrap();
    assert!(
        resync.contains("event: resync\n") && resync.contains("data: {}\n"),
        "{resync}"
    );
    api.feed.publish(Event::HostRevoked { host });
    assert!(
        next(&mut stream)
            .await
            .unwrap()
            .contains("event: host_revoked\n")
    );

    stopping.cancel();
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_silent_feed_is_kept_open_by_comments() {
    let api = Api::without_database();
    let mut stream = follow(&api.local, None, &CancellationToken::new()).await;
    stream.next().await.unwrap().unwrap();
    let comment = stream.next().await.unwrap().unwrap();
    assert!(comment.starts_with(b":"), "{comment:?}");
}
