//! Accounts, and signing in and out.

use std::net::IpAddr;

use axum::{body::Body, http::Method};
use chrono::TimeDelta;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Answer, Api, request, send, with_json};
use crate::api::Connection;

pub(super) async fn sign_in(api: &Api, name: &str, password: &str, from: &str) -> Answer {
    let body = json!({"name": name, "password": password});
    let mut request = with_json(request(Method::POST, "/api/v1/session"), &body);
    let peer: IpAddr = from.parse().unwrap();
    let stopping = CancellationToken::new();
    request.extensions_mut().insert(Connection {
        peer: Some(peer),
        stopping,
    });
    send(&api.https, request).await
}

/// The cookie of an answer, as a browser sends it back.
pub(super) fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

pub(super) async fn ask(api: &Api, method: Method, path: &str, cookie: &str) -> Answer {
    let request = request(method, path).header("cookie", cookie);
    send(&api.https, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_account_signs_in_and_out() {
    let api = Api::new().await;
    let made = api.post("/api/v1/accounts", json!({"name": "alice"})).await;
    assert_eq!(made.status, 201);
    let password = made.body["password"].as_str().unwrap().to_owned();
    assert_eq!(password.len(), 24);
    let again = api.post("/api/v1/accounts", json!({"name": "alice"})).await;
    assert_eq!(again.problem(), (409, "account_exists"));
    for (name, password) in [("a b", "long enough password"), ("bob", "short")] {
        let body = json!({"name": name, "password": password});
        let refused = api.post("/api/v1/accounts", body).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"));
    }

    for (name, password) in [("alice", "wrong"), ("nobody", password.as_str())] {
        let refused = sign_in(&api, name, password, "192.0.2.1").await;
        assert_eq!(refused.problem(), (401, "bad_credentials"));
    }
    let answer = sign_in(&api, "alice", &password, "192.0.2.1").await;
    assert_eq!(answer.status, 200);
    let body = &answer.body;
    assert_eq!(
        (&body["name"], &body["expires_at"], &body["how"]),
        (
            &json!("alice"),
            &json!("2026-03-03T14:35:00.000000Z"),
            &json!("password")
        )
    );
    let cookie = cookie(&answer);
    let session = ask(&api, Method::GET, "/api/v1/session", &cookie).await;
    assert_eq!(session.ok(), answer.body);
    let elsewhere = with_json(
        request(Method::POST, "/api/v1/break-glass").header("cookie", &cookie),
        &json!({"name": "eve"}),
    );
    assert_eq!(
        send(&api.https, elsewhere).await.problem(),
        (403, "local_only")
    );

    let gone = ask(&api, Method::DELETE, "/api/v1/session", &cookie).await;
    assert_eq!(gone.status, 204);
    let after = ask(&api, Method::GET, "/api/v1/session", &cookie).await;
    assert_eq!(after.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    let api = Api::new().await;
    let password = "correct horse battery";
    api.post(
        "/api/v1/accounts",
        json!({"name": "alice", "password": password}),
    )
    .await
    .ok();
    let first = cookie(&sign_in(&api, "alice", password, "192.0.2.1").await);
    let idle = cookie(&sign_in(&api, "alice", password, "192.0.2.1").await);
    let status =
        async |cookie: &str, path| ask(&api, Method::GET, path, cookie).await.status.as_u16();

    // The live feed is open in both; only the first is used otherwise.
    for _ in 0..2 {
        api.clock.advance(TimeDelta::minutes(14));
        assert_eq!(status(&first, "/api/v1/info").await, 200);
        let head = request(Method::HEAD, "/api/v1/live").header("cookie", &idle);
        let head = send(&api.https, head.body(Body::empty()).unwrap()).await;
        assert_eq!(head.status, 200);
    }
    api.clock.advance(TimeDelta::minutes(2));
    assert_eq!(status(&idle, "/api/v1/info").await, 401);
    assert_eq!(status(&first, "/api/v1/info").await, 200);
    for _ in 0..23 {
        api.clock.advance(TimeDelta::minutes(29));
        assert_eq!(status(&first, "/api/v1/info").await, 200);
    }
    api.clock.advance(TimeDelta::minutes(23));
    assert_eq!(
        status(&first, "/api/v1/info").await,
        401,
        "twelve hours have passed"
    );

    // Signing in cleans up; a reset signs out.
    let second = cookie(&sign_in(&api, "alice", password, "192.0.2.1").await);
    let left: i64 = sqlx::query_scalar("select count(*) from session")
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert_eq!(left, 1);
    let reset = api
        .post("/api/v1/accounts", json!({"name": "alice", "reset": true}))
        .await;
    assert_eq!(reset.status, 200);
    assert_eq!(status(&second, "/api/v1/info").await, 401);
    let new = reset.body["password"].as_str().unwrap();
    assert_eq!(sign_in(&api, "alice", new, "192.0.2.1").await.status, 200);
    let unknown = api
        .post("/api/v1/accounts", json!({"name": "bob", "reset": true}))
        .await;
    assert_eq!(unknown.problem(), (404, "account_not_found"));
}

#[tokio::test]
async fn the_sixth_wrong_password_has_to_wait_and_so_has_the_right_one() {
    let api = Api::new().await;
    let password = "correct horse battery";
    api.post(
        "/api/v1/accounts",
        json!({"name": "alice", "password": password}),
    )
    .await
    .ok();
    for n in 0..5 {
        let refused = sign_in(&api, "alice", "wrong", &format!("192.0.2.{n}")).await;
        assert_eq!(refused.problem(), (401, "bad_credentials"));
    }
    let waits = sign_in(&api, "alice", password, "192.0.2.9").await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
    assert_eq!(waits.headers["retry-after"], "900");
    api.clock.advance(TimeDelta::minutes(15));
    assert_eq!(
        sign_in(&api, "alice", password, "192.0.2.9").await.status,
        200
    );
}
