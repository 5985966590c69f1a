//! How often somebody may ask.

use axum::{
    body::Body,
    http::{Method, Request, header::RETRY_AFTER},
};
use serde_json::json;

use super::{
    Answer, Api, UNLIMITED,
    permit::{somebody, with_token},
    request, send,
    session::{ask, sign_in},
    with_json,
};
use crate::api::{AppState, Connection, Limits, Rate};

/// Three at once, and one a minute: what comes back while a test runs does not count.
const THREE: Rate = Rate {
    per_minute: 1,
    burst: 3,
};

const INFO: &str = "/api/v1/info";

fn of_identity(state: &mut AppState) {
    state.limits = Limits::new(THREE, UNLIMITED);
}

fn of_address(state: &mut AppState) {
    state.limits = Limits::new(UNLIMITED, THREE);
}

/// Asks from an address.
async fn from(api: &Api, address: &str, mut request: Request<Body>) -> Answer {
    request.extensions_mut().insert(Connection {
        peer: Some(address.parse().unwrap()),
        stopping: Default::default(),
    });
    send(&api.https, request).await
}

fn get(path: &str, header: &str, value: &str) -> Request<Body> {
    let request = request(Method::GET, path).header(header, value);
    request.body(Body::empty()).unwrap()
}

/// What the two headers say.
fn said(answer: &Answer) -> [&str; 2] {
    ["ratelimit-policy", "ratelimit"].map(|name| {
        let value = answer.headers.get(name);
        value.map_or("nothing", |value| value.to_str().unwrap())
    })
}

/// Three are answered, each with what is left, and the fourth is refused.
async fn refused_after_three(ask: impl AsyncFn() -> Answer, policy: &str, status: u16) {
    for left in [2, 1, 0] {
        let answer = ask().await;
        assert_eq!(answer.status, status, "{answer:?}");
        let [says, count] = said(&answer);
        assert_eq!(says, format!("\"{policy}\";q=3;w=180"));
        let count = count.strip_prefix(&format!("\"{policy}\";r={left};t="));
        let full: u64 = count.unwrap().parse().unwrap();
        // What time has passed since has filled it a little.
        assert!((1..=60 * (3 - left)).contains(&full), "{full}");
    }
    let refused = ask().await;
    assert_eq!(refused.problem(), (429, "rate_limited"));
    let wait: u64 = refused.headers[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let count = said(&refused)[1].to_owned();
    assert!(
        count.starts_with(&format!("\"{policy}\";r=0;t=1")),
        "{count}"
    );
}

#[tokio::test]
async fn an_account_may_ask_so_often_and_others_as_often_again() {
    let api = Api::set(of_identity).await;
    let (alice, bob) = (
        somebody(&api, "alice", "operator").await,
        somebody(&api, "bob", "viewer").await,
    );
    let body = json!({"name": "ci", "permissions": ["system.read"]});
    let minted = request(Method::POST, "/api/v1/account/tokens").header("cookie", &bob);
    let token = send(&api.https, with_json(minted, &body)).await.ok();
    let token = token["token"].as_str().unwrap();

    let ask_as_alice = async || ask(&api, Method::GET, INFO, &alice).await;
    refused_after_three(ask_as_alice, "identity", 200).await;
    let other = ask(&api, Method::GET, INFO, &bob).await;
    assert_eq!(other.status, 200);
    assert!(
        said(&other)[1].starts_with("\"identity\";r=1;"),
        "{other:?}"
    );
    // A token is somebody else than its account.
    let ask_by_token = async || with_token(&api, Method::GET, INFO, token).await;
    refused_after_three(ask_by_token, "identity", 200).await;

    // It is written down who it was, once for each refusal.
    let refusals = api.log("access").await;
    let refusal = refusals.iter().find(|one| one["outcome"] == "refused");
    let refusal = refusal.unwrap();
    assert_eq!(refusal["actor"], "alice", "{refusal}");
    assert_eq!(refusal["after"]["code"], "rate_limited", "{refusal}");
}

#[tokio::test]
async fn what_somebody_may_not_do_counts_for_them_as_well() {
    let api = Api::set(of_identity).await;
    let alice = somebody(&api, "alice", "viewer").await;
    let ask_for_more = async || ask(&api, Method::GET, "/api/v1/audit", &alice).await;
    refused_after_three(ask_for_more, "identity", 403).await;
}

#[tokio::test]
async fn an_address_may_try_so_often_before_the_database_is_asked() {
    for (header, value, status) in [
        ("accept", "application/json", 401),
        ("authorization", "Bearer junk", 401),
        // Without a database, one that could be good fails.
        (
            "cookie",
            &format!("openwatch_session={}", "A".repeat(43)),
            503,
        ),
        (
            "authorization",
            &format!("Bearer owt_{}", "A".repeat(43)),
            503,
        ),
    ] {
        let api = Api::over_nothing(of_address);
        let ask = async || from(&api, "2001:db8::1", get(INFO, header, value)).await;
        refused_after_three(ask, "address", status).await;
        let neighbour = from(&api, "2001:db8::ffff", get(INFO, header, value)).await;
        assert_eq!(neighbour.problem(), (429, "rate_limited"));
        let other = from(&api, "2001:db8:0:1::1", get(INFO, header, value)).await;
        assert_eq!(other.status, status);
    }
}

#[tokio::test]
async fn routes_for_anybody_count_for_the_address() {
    let api = Api::over_nothing(of_address);
    let path = "/api/v1/openapi.json";
    let ask = async || from(&api, "192.0.2.1", get(path, "accept", "*/*")).await;
    refused_after_three(ask, "address", 200).await;
    for path in ["/healthz", "/metrics", "/"] {
        let answer = from(&api, "192.0.2.1", get(path, "accept", "*/*")).await;
        assert_eq!((answer.status.as_u16(), said(&answer)[0]), (200, "nothing"));
    }
}

#[tokio::test]
async fn who_shares_an_address_with_a_flood_goes_on() {
    let api = Api::set(of_address).await;
    let alice = somebody(&api, "alice", "viewer").await;
    // Signing in was one, and what is not known yet is another.
    let seen = from(&api, "192.0.2.1", get(INFO, "cookie", &alice)).await;
    assert!(said(&seen)[1].starts_with("\"address\";r=1;"), "{seen:?}");
    let foreign = format!("openwatch_session={}", "A".repeat(43));
    let flood = async || from(&api, "192.0.2.1", get(INFO, "cookie", &foreign)).await;
    assert_eq!(flood().await.problem(), (401, "unauthenticated"));
    assert_eq!(flood().await.problem(), (429, "rate_limited"));
    let still = from(&api, "192.0.2.1", get(INFO, "cookie", &alice)).await;
    assert_eq!((still.status.as_u16(), said(&still)[0]), (200, "nothing"));

    // One that has ended is good no more.
    let out = request(Method::DELETE, "/api/v1/session").header("cookie", &alice);
    let out = from(&api, "192.0.2.1", out.body(Body::empty()).unwrap()).await;
    assert_eq!(out.status, 204);
    let ended = async || from(&api, "192.0.2.1", get(INFO, "cookie", &alice)).await;
    assert_eq!(ended().await.problem(), (401, "unauthenticated"));
    assert_eq!(ended().await.problem(), (429, "rate_limited"));
    let other = sign_in(&api, "alice", "wrong", "192.0.2.1").await;
    assert_eq!(other.problem(), (429, "rate_limited"));
}

#[tokio::test]
async fn the_local_socket_knows_no_limit() {
    let api = Api::over_nothing(|state| state.limits = Limits::new(THREE, THREE));
    for _ in 0..5 {
        let answer = api.get(INFO).await;
        assert_eq!((answer.status.as_u16(), said(&answer)[0]), (200, "nothing"));
    }
}
