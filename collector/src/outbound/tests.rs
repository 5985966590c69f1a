//! Against listeners of this machine, which is just what the guard is about.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use tokio::{net::TcpListener, task::JoinSet};

use super::*;

/// A service that only this machine can reach, and counts who came.
struct Inside {
    port: u16,
    visits: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Inside {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = visits.clone();
        let router = Router::new()
            .route(
                "/secret",
                get(async move || {
                    counted.fetch_add(1, Ordering::SeqCst);
                    "hunter2"
                }),
            )
            .route(
                "/elsewhere",
                get(async || (StatusCode::FOUND, [(header::LOCATION, "/secret")])),
            )
            .route("/never", get(std::future::pending::<()>))
            .route("/endless", get(async || "x".repeat(1025)))
            .route("/stuck", get(stuck));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            port,
            visits,
            _tasks: tasks,
        }
    }

    async fn ask(
        &self,
        client: &Client,
        host: &str,
        path: &str,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let url = format!("http://{host}:{}{path}", self.port);
        client
            .call(Request::get(url).body(Vec::new()).unwrap())
            .await
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// Begins to answer, and gets no further.
async fn stuck() -> Body {
    let first = stream::iter([Ok::<_, Infallible>("taken")]);
    Body::from_stream(first.chain(stream::pending()))
}

fn outbound(allow: &[&str]) -> Outbound {
    let allow: Vec<_> = allow.iter().map(|text| (*text).to_owned()).collect();
    Outbound::new(&allow).unwrap()
}

fn client(allow: &[&str]) -> Client {
    let purpose = Purpose {
        plain: true,
        authorities: None,
        timeout: Duration::from_secs(1),
        max_bytes: 1024,
    };
    outbound(allow).client(purpose).unwrap()
}

#[tokio::test]
async fn this_machine_is_not_reached_however_it_is_written() {
    let inside = Inside::start().await;
    let guarded = client(&[]);
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
    ] {
        let refused = inside.ask(&guarded, host, "/secret").await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::Refused(_)),
            "{host}: {refused:?}"
        );
        assert!(refused.to_string().contains("outbound.allow"), "{refused}");
    }
    assert_eq!(inside.visits(), 0);
}

#[tokio::test]
async fn what_the_settings_allow_is_reached_and_nothing_beside_it() {
    let inside = Inside::start().await;
    let allowed = client(&["127.0.0.1"]);
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let answer = inside.ask(&allowed, host, "/secret").await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.body()),
            (200, &b"hunter2".to_vec())
        );
    }
    let beside = inside.ask(&allowed, "127.0.0.2", "/secret").await;
    assert!(
        matches!(beside, Err(OutboundError::Refused(_))),
        "{beside:?}"
    );
    assert_eq!(inside.visits(), 3);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let inside = Inside::start().await;
    let answer = inside
        .ask(&client(&["127.0.0.1"]), "127.0.0.1", "/elsewhere")
        .await
        .unwrap();
    assert_eq!((answer.status(), inside.visits()), (StatusCode::FOUND, 0));
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_too_late_is_none() {
    let inside = Inside::start().await;
    let client = client(&["127.0.0.1"]);
    let long = inside.ask(&client, "127.0.0.1", "/endless").await;
    assert!(
        matches!(long, Err(OutboundError::TooLong(1024))),
        "{long:?}"
    );
    let late = inside.ask(&client, "127.0.0.1", "/never").await;
    assert!(
        matches!(&late, Err(OutboundError::Send(error)) if error.is_timeout()),
        "{late:?}"
    );
}

#[tokio::test]
async fn for_whom_the_status_is_enough_an_answer_may_be_long_or_break_off() {
    let inside = Inside::start().await;
    let client = client(&["127.0.0.1"]);
    for (path, length) in [("/endless", 1024), ("/stuck", 5), ("/secret", 7)] {
        let url = format!("http://127.0.0.1:{}{path}", inside.port);
        let request = Request::get(url).body(Vec::new()).unwrap();
        let answer = client.tell(request).await.unwrap();
        assert_eq!(
            (answer.status(), answer.body().len()),
            (StatusCode::OK, length),
            "{path}"
        );
    }
    let broken = inside.ask(&client, "127.0.0.1", "/stuck").await;
    assert!(
        matches!(broken, Err(OutboundError::Receive(_))),
        "{broken:?}"
    );
}

#[tokio::test]
async fn what_speaks_no_http_is_told_only_the_addresses_that_may_be_dialled() {
    for host in ["127.0.0.1", "localhost", "::1", "0.0.0.0"] {
        let refused = outbound(&[]).resolve(host, 25).await;
        assert!(
            matches!(refused, Err(OutboundError::Refused(_))),
            "{host}: {refused:?}"
        );
    }
    let allowed = outbound(&["127.0.0.1"])
        .resolve("localhost", 25)
        .await
        .unwrap();
    assert_eq!(allowed, ["127.0.0.1:25".parse().unwrap()]);
    let nowhere = outbound(&[]).resolve("nowhere.invalid", 25).await;
    assert!(
        matches!(nowhere, Err(OutboundError::Resolve(_))),
        "{nowhere:?}"
    );
}

#[test]
fn an_address_is_refused_where_it_is_entered() {
    let check = |url: &str, plain| outbound(&["10.0.0.0/8"]).check(&url.parse().unwrap(), plain);
    assert!(check("https://login.example/x", false).is_ok());
    assert!(check("http://10.0.0.9:9090/write", true).is_ok());
    for (url, plain, says) in [
        ("http://login.example/", false, "only https://"),
        ("ftp://login.example/", true, "only http:// and https://"),
        ("file:///etc/passwd", true, "file://"),
        ("https://ann:hunter2@login.example/", false, "holds a login"),
        ("https://169.254.169.254/latest", false, "link-local"),
        ("https://192.168.1.1/", false, "private"),
        ("https://[fd00::1]/", false, "private"),
    ] {
        let error = check(url, plain).unwrap_err().to_string();
        assert!(
            error.contains(says) && !error.contains("hunter2"),
            "{url}: {error}"
        );
    }
    let error = Outbound::new(&["10.0.0.0/40".into()])
        .unwrap_err()
        .to_string();
    assert!(error.contains("10.0.0.0/40"), "{error}");
}
