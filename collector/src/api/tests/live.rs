//! The live feed.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::Method,
};
use futures_util::StreamExt as _;
use serde_json::json;
use shared::id::HostId;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{
    Api, control, request,
    scope::{Person, group},
};
use crate::{access::Permission as P, api::Connection, live::Event};

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

/// The feed as somebody with a token follows it, behind the event with which it begins.
async fn listen(api: &Api, person: &Person, last: Option<&str>) -> BodyDataStream {
    let mut request = request(Method::GET, "/api/v1/live")
        .header("authorization", format!("Bearer {}", person.token));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = api.https.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut stream = response.into_body().into_data_stream();
    next(&mut stream).await.unwrap();
    stream
}

fn n(host: u32) -> HostId {
    HostId(control::host(host).parse().unwrap())
}

/// Name and host of the next event; `None` at the end. What only keeps the answer open is no event.
async fn heard(stream: &mut BodyDataStream) -> Option<(String, Option<u32>)> {
    loop {
        let event = next(stream).await?;
        let Some(name) = event.lines().find_map(|line| line.strip_prefix("event: ")) else {
            assert!(event.starts_with(':'), "{event}");
            continue;
        };
        let host = (1..=3).find(|host| event.contains(&control::host(*host)));
        return Some((name.to_owned(), host));
    }
}

fn told(name: &str, host: impl Into<Option<u32>>) -> Option<(String, Option<u32>)> {
    Some((name.to_owned(), host.into()))
}

/// As if a minute had gone by: each open feed asks again whom it may hear of.
async fn a_minute_later() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_follower_hears_of_the_hosts_of_its_scope_alone() {
    let api = Api::new().await;
    api.sql(control::HOSTS).await;
    let web = group(&api, json!({"name": "web"}), &[1]).await;
    let alice = Person::new(&api, "alice", &[(P::ALL, Some("web"))]).await;
    let admin = Person::new(
        &api,
        "root",
        &[(&[P::HostsRead], None), (&[P::RolloutsRead], None)],
    )
    .await;
    let mut stream = listen(&api, &alice, None).await;
    let mut everything = listen(&api, &admin, None).await;
    let rollout = Uuid::from_u128(7);
    let changed = |n, kinds: &[&str]| Event::HostChanged {
        host: n,
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    let all = [
        Event::HostConnected { host: n(2) },
        Event::HostDisconnected { host: n(2) },
        Event::HostRevoked { host: n(2) },
        Event::HostEnrolled { host: n(2) },
        changed(n(2), &["package"]),
        changed(n(2), &[]),
        Event::RolloutChanged { rollout },
    ];
    for event in &all {
        api.feed.publish(event.clone());
    }
    api.feed.publish(changed(n(1), &["package"]));
    assert_eq!(heard(&mut stream).await, told("host_changed", 1));
    for _ in &all {
        assert_ne!(heard(&mut everything).await.unwrap().1, Some(1));
    }
    assert_eq!(heard(&mut everything).await, told("host_changed", 1));

    // Who comes back with what was before hears no more of it than then.
    let position = api.feed.subscribe(None).id();
    for event in &all {
        api.feed.publish(event.clone());
    }
    api.feed.publish(Event::HostConnected { host: n(1) });
    let mut back = listen(&api, &alice, Some(&position)).await;
    assert_eq!(heard(&mut back).await, told("host_connected", 1));
    assert_eq!(heard(&mut stream).await, told("host_connected", 1));

    // A host that comes into the scope is heard of when it is said to be another, or after a minute.
    let members = format!("{web}/members");
    let named = api.post(&members, json!({"add": [control::host(2)]})).await;
    assert_eq!(named.status, 204);
    api.feed.publish(changed(n(2), &[]));
    assert_eq!(heard(&mut stream).await, told("host_changed", 2));
    api.feed.publish(Event::HostConnected { host: n(2) });
    assert_eq!(heard(&mut stream).await, told("host_connected", 2));
    let named = json!({"remove": [control::host(2)], "add": [control::host(3)]});
    assert_eq!(api.post(&members, named).await.status, 204);
    a_minute_later().await;
    assert_eq!(heard(&mut stream).await, told("resync", None));
    for host in [2, 3] {
        api.feed.publish(Event::HostConnected { host: n(host) });
    }
    assert_eq!(heard(&mut stream).await, told("host_connected", 3));

    api.sql("delete from role_binding").await;
    a_minute_later().await;
    assert_eq!(heard(&mut stream).await, None);
}

#[tokio::test]
async fn what_is_told_to_somebody_is_told_to_nobody_else() {
    let api = Api::new().await;
    let sees = [P::HostsRead, P::AlertsRead];
    let alice = Person::new(&api, "alice", &[(&sees, None)]).await;
    let bob = Person::new(&api, "bob", &[(&sees, None)]).await;
    let blind = Person::new(&api, "blind", &[(&[P::HostsRead], None)]).await;
    let account = async |name: &str| -> Uuid {
        let id = sqlx::query_scalar("select id from account where name = $1");
        id.bind(name).fetch_one(&api.db).await.unwrap()
    };
    let mut streams = [
        listen(&api, &alice, None).await,
        listen(&api, &bob, None).await,
        listen(&api, &blind, None).await,
    ];
    let notified = |accounts: &[Uuid]| Event::Notified {
        accounts: Arc::new(accounts.iter().copied().collect()),
    };
    let of_alice = account("alice").await;
    api.feed
        .publish(notified(&[of_alice, account("blind").await]));
    api.feed.publish(Event::HostConnected { host: n(1) });
    let event = next(&mut streams[0]).await.unwrap();
    assert!(event.contains("event: notified\n"), "{event}");
    assert!(!event.contains(&of_alice.to_string()), "{event}");
    for stream in &mut streams {
        assert_eq!(heard(stream).await, told("host_connected", 1));
    }
}
