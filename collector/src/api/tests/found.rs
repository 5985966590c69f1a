//! What was answered with 500, or otherwise than the document says, once: requests that schemathesis thought of (`tests/it/document.rs`), or that came of
//! what it thought of.

use axum::http::Method;
use serde_json::json;

use super::{
    Api,
    permit::{somebody, with_token},
};
use crate::access::Permission;

/// Postgres has no text with U+0000.
#[tokio::test]
async fn a_text_with_u_0000_is_refused_wherever_it_stands() {
    let api = Api::new().await;
    for path in [
        "/api/v1/hosts?q=%00",
        "/api/v1/hosts?group=a%00b",
        "/api/v1/facts?kind=%00",
        "/api/v1/facts?kind=package&key=%00",
        "/api/v1/facts?kind=package&value.version=%00",
        "/api/v1/results?rule=%00",
        "/api/v1/audit?actor=%00",
        "/api/v1/audit/%00/1",
        "/api/v1/identity-providers/%00",
        "/api/v1/session/oidc/%00/begin",
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.problem(), (400, "bad_parameter"), "{path}");
    }
    let nul = json!({"name": "a\u{0}b"});
    for path in ["/api/v1/groups", "/api/v1/roles", "/api/v1/accounts"] {
        let answer = api.post(path, nul.clone()).await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
    }
}

/// There is no session to end, and a cookie beside a token counts for nothing.
#[tokio::test]
async fn a_token_does_not_sign_out() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let body = json!({"name": "ci", "permissions": [Permission::HostsRead.code()]});
    let token =
        super::account::tell(&api, Method::POST, "/api/v1/account/tokens", &alice, body).await;
    let token = token.ok()["token"].as_str().unwrap().to_owned();
    let refused = with_token(&api, Method::DELETE, "/api/v1/session", &token).await;
    assert_eq!(refused.problem(), (403, "not_by_token"));
    let local = api.delete("/api/v1/session").await;
    assert_eq!(local.problem(), (403, "no_account"));
}

#[tokio::test]
async fn a_list_is_not_taken_for_an_object() {
    let api = Api::new().await;
    for body in [json!([null, null]), json!({"metrics": [null, null]})] {
        let answer = api.put("/api/v1/settings", body.clone()).await;
        assert_eq!(answer.problem(), (422, "bad_body"), "{body}");
    }
}

/// An hour before the year 0 is an instant that RFC 3339 cannot write.
#[tokio::test]
async fn an_instant_before_there_were_computers_is_none() {
    let api = Api::new().await;
    let host = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001";
    for path in [
        format!("{host}/metrics?to=0000-01-01T00:00:00Z"),
        format!("{host}/facts?at=1969-12-31T23:59:59Z"),
    ] {
        let answer = api.get(&path).await;
        assert_eq!(answer.problem(), (400, "bad_parameter"), "{path}");
    }
}
