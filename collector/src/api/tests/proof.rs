//! One's own sessions, and showing again who one is.

use std::net::IpAddr;

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Api,
    account::{planted_token, records, tell},
    permit::{PASSWORD, somebody, with_token},
    request, send,
    session::{ask, cookie, sign_in},
    with_json,
};
use crate::api::Connection;

const OWN: &str = "/api/v1/account/sessions";
const PROOF: &str = "/api/v1/session/proof";
const SESSION: &str = "/api/v1/session";

/// Signs in with a browser that has this cookie.
async fn sign_in_over(api: &Api, name: &str, cookie: &str) -> Answer {
    let body = json!({"name": name, "password": PASSWORD});
    let request = request(Method::POST, SESSION)
        .header("cookie", cookie)
        .header("user-agent", "Browser/1");
    let mut request = with_json(request, &body);
    let peer: IpAddr = "192.0.2.7".parse().unwrap();
    request.extensions_mut().insert(Connection {
        peer: Some(peer),
        stopping: CancellationToken::new(),
    });
    send(&api.https, request).await
}

async fn status(api: &Api, cookie: &str) -> u16 {
    ask(api, Method::GET, SESSION, cookie).await.status.as_u16()
}

#[tokio::test]
async fn a_cookie_that_somebody_had_before_is_never_that_of_a_session() {
    let api = Api::new().await;
    somebody(&api, "alice", "viewer").await;
    // One that an attacker made up and planted.
    let planted = format!("openwatch_session={}", "A".repeat(43));
    let victim = cookie(&sign_in_over(&api, "alice", &planted).await);
    assert_ne!(victim, planted);
    assert_eq!(
        (status(&api, &planted).await, status(&api, &victim).await),
        (401, 200)
    );

    // One of the attacker's own account: after the sign-in it is nobody's.
    let attacker = somebody(&api, "mallory", "viewer").await;
    let victim = cookie(&sign_in_over(&api, "alice", &attacker).await);
    assert_ne!(victim, attacker);
    assert_eq!(
        (status(&api, &attacker).await, status(&api, &victim).await),
        (401, 200)
    );

    // One that the attacker has seen: what the victim shows later does not make it good for more.
    let seen = victim;
    let body = json!({"password": PASSWORD});
    let proved = tell(&api, Method::POST, PROOF, &seen, body).await;
    let victim = cookie(&proved);
    assert_eq!(proved.ok()["name"], "alice");
    assert_ne!(victim, seen);
    assert_eq!(
        (status(&api, &seen).await, status(&api, &victim).await),
        (401, 200)
    );
}

#[tokio::test]
async fn a_proof_opens_what_is_dangerous_for_a_while() {
    let api = Api::new().await;
    let admin = somebody(&api, "alice", "admin").await;
    let new = async |name: &str, cookie: &str| {
        tell(
            &api,
            Method::POST,
            "/api/v1/accounts",
            cookie,
            json!({"name": name}),
        )
        .await
    };
    api.clock.advance(TimeDelta::minutes(15));
    assert_eq!(new("bob", &admin).await.problem(), (403, "proof_needed"));
    let prove = async |cookie: &str, password: &str| {
        tell(
            &api,
            Method::POST,
            PROOF,
            cookie,
            json!({"password": password}),
        )
        .await
    };
    assert_eq!(
        prove(&admin, "wrong").await.problem(),
        (403, "wrong_password")
    );
    assert_eq!(new("bob", &admin).await.problem(), (403, "proof_needed"));
    let proved = prove(&admin, PASSWORD).await;
    let admin = cookie(&proved);
    // It is no longer than the session was.
    api.clock.advance(TimeDelta::minutes(14));
    assert_eq!(new("bob", &admin).await.status, 201);
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(new("carol", &admin).await.problem(), (403, "proof_needed"));
    let records = records(&api, "access").await;
    assert!(
        records
            .iter()
            .any(|record| record["action"] == "session.prove"),
        "{records:?}"
    );
}

#[tokio::test]
async fn guesses_at_a_proof_are_counted_like_those_at_a_sign_in() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let prove = async |password: &str| {
        tell(
            &api,
            Method::POST,
            PROOF,
            &alice,
            json!({"password": password}),
        )
        .await
    };
    for _ in 0..5 {
        assert_eq!(prove("wrong").await.problem(), (403, "wrong_password"));
    }
    let waits = prove(PASSWORD).await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
    assert!(waits.headers.contains_key("retry-after"));
    let waits = sign_in(&api, "alice", PASSWORD, "192.0.2.9").await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
}

#[tokio::test]
async fn only_people_show_who_they_are() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let token = planted_token(&api, "alice", &["hosts.read", "accounts.write"]).await;
    let body = json!({"password": PASSWORD});
    assert_eq!(
        api.post(PROOF, body.clone()).await.problem(),
        (403, "no_account")
    );
    let by_token = request(Method::POST, PROOF).header("authorization", format!("Bearer {token}"));
    let by_token = send(&api.https, with_json(by_token, &body)).await;
    assert_eq!(by_token.problem(), (403, "not_by_token"));
    for (method, path) in [(Method::GET, OWN), (Method::DELETE, OWN)] {
        let refused = with_token(&api, method, path, &token).await;
        assert_eq!(refused.problem(), (403, "not_by_token"));
    }
    for wrong in [
        json!({}),
        json!({"password": PASSWORD, "proved_at": "2030-01-01T00:00:00Z"}),
    ] {
        let refused = tell(&api, Method::POST, PROOF, &alice, wrong).await;
        assert_eq!(refused.problem(), (422, "bad_body"));
    }
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_sign_out_there() {
    let api = Api::new().await;
    let first = somebody(&api, "alice", "viewer").await;
    let bob = somebody(&api, "bob", "viewer").await;
    api.clock.advance(TimeDelta::minutes(1));
    let second = cookie(&sign_in_over(&api, "alice", "").await);
    api.clock.advance(TimeDelta::minutes(1));
    let third = cookie(&sign_in_over(&api, "alice", "").await);
    let list = ask(&api, Method::GET, OWN, &second).await.ok()["items"].clone();
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!(
        list[1],
        json!({
            "id": list[1]["id"], "current": true, "how": "password", "address": "192.0.2.7",
            "user_agent": "Browser/1", "created_at": "2026-03-03T14:06:00.000000Z",
            "used_at": "2026-03-03T14:07:00.000000Z", "proved_at": "2026-03-03T14:06:00.000000Z",
            "expires_at": "2026-03-03T14:37:00.000000Z",
        })
    );
    let page = ask(&api, Method::GET, &format!("{OWN}?limit=2"), &second)
        .await
        .ok();
    let next = format!("{OWN}?limit=2&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(
        ask(&api, Method::GET, &next, &second).await.items("id"),
        [list[2]["id"].clone()]
    );

    let of = |session: &Value| format!("{OWN}/{}", session["id"].as_str().unwrap());
    let refused = ask(&api, Method::DELETE, &of(&list[0]), &bob).await;
    assert_eq!(
        refused.problem(),
        (404, "session_not_found"),
        "another's is not there"
    );
    let refused = ask(&api, Method::DELETE, &format!("{OWN}/x"), &bob).await;
    assert_eq!(refused.problem(), (404, "session_not_found"));
    assert_eq!(
        ask(&api, Method::DELETE, &of(&list[0]), &second)
            .await
            .status,
        204
    );
    assert_eq!(
        (status(&api, &third).await, status(&api, &first).await),
        (401, 200)
    );
    assert_eq!(ask(&api, Method::DELETE, OWN, &second).await.status, 204);
    assert_eq!(
        (status(&api, &first).await, status(&api, &second).await),
        (401, 200)
    );
    assert_eq!(status(&api, &bob).await, 200);

    // What has been idle for too long is not shown.
    api.clock.advance(TimeDelta::minutes(29));
    sign_in_over(&api, "alice", "").await.ok();
    assert_eq!(
        ask(&api, Method::GET, OWN, &second).await.items("current"),
        [false, true]
    );
    api.clock.advance(TimeDelta::minutes(29));
    assert_eq!(
        ask(&api, Method::GET, OWN, &second).await.items("current"),
        [false, true]
    );
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        ask(&api, Method::GET, OWN, &second).await.items("current"),
        [true]
    );
}

#[tokio::test]
async fn administrators_sign_out_those_who_are_no_more_than_they() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let bob = somebody(&api, "bob", "viewer").await;
    let of_bob = "/api/v1/accounts/bob/sessions";
    let list = ask(&api, Method::GET, of_bob, &alice).await.ok()["items"].clone();
    assert_eq!(
        (&list[0]["address"], &list[0]["current"]),
        (&json!("192.0.2.1"), &json!(false))
    );
    assert_eq!(
        ask(&api, Method::GET, of_bob, &bob).await.problem(),
        (403, "forbidden")
    );
    assert_eq!(ask(&api, Method::DELETE, of_bob, &alice).await.status, 204);
    assert_eq!(
        (status(&api, &bob).await, status(&api, &alice).await),
        (401, 200)
    );
    let nobody = "/api/v1/accounts/nobody/sessions";
    assert_eq!(api.get(nobody).await.problem(), (404, "account_not_found"));
    assert_eq!(
        api.delete(nobody).await.problem(),
        (404, "account_not_found")
    );

    let desk = json!({"name": "desk", "permissions": ["accounts.read", "accounts.write"]});
    api.post("/api/v1/roles", desk).await.ok();
    let carol = somebody(&api, "carol", "desk").await;
    let refused = ask(
        &api,
        Method::DELETE,
        "/api/v1/accounts/alice/sessions",
        &carol,
    )
    .await;
    assert_eq!(refused.problem(), (403, "beyond_own_rights"));
}
