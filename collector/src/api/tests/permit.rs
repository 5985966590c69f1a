//! Who may what.

use axum::{body::Body, http::Method};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Answer, Api, request, send,
    session::{ask, cookie, sign_in},
};

pub(super) const PASSWORD: &str = "correct horse battery";
const STRANGER: &str = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001";

/// Makes an account with this role, and signs in.
pub(super) async fn somebody(api: &Api, name: &str, role: &str) -> String {
    let body = json!({"name": name, "password": PASSWORD, "role": role});
    api.post("/api/v1/accounts", body).await.ok();
    cookie(&sign_in(api, name, PASSWORD, "192.0.2.1").await)
}

#[tokio::test]
async fn a_viewer_sees_and_changes_nothing() {
    let api = Api::new().await;
    let viewer = somebody(&api, "alice", "viewer").await;
    for path in ["/api/v1/hosts", "/api/v1/rules", "/api/v1/groups"] {
        assert_eq!(
            ask(&api, Method::GET, path, &viewer).await.status,
            200,
            "{path}"
        );
    }
    let revoke = format!("{STRANGER}/revoke");
    for (method, path) in [
        (Method::POST, revoke.as_str()),
        (Method::POST, "/api/v1/groups"),
        (Method::DELETE, "/api/v1/settings"),
        (Method::GET, "/api/v1/content"),
    ] {
        let refused = ask(&api, method, path, &viewer).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{path}");
    }
    let unknown = json!({"name": "bob", "role": "root"});
    let refused = api.post("/api/v1/accounts", unknown).await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn what_is_dangerous_needs_a_proof_that_is_not_old() {
    let api = Api::new().await;
    let admin = somebody(&api, "alice", "admin").await;
    let path = format!("{STRANGER}/revoke");
    let fresh = ask(&api, Method::POST, &path, &admin).await;
    assert_eq!(fresh.problem(), (404, "host_not_found"));
    api.clock.advance(TimeDelta::minutes(15));
    let old = ask(&api, Method::POST, &path, &admin).await;
    assert_eq!(old.problem(), (403, "proof_needed"));
    let plain = ask(&api, Method::POST, &format!("{STRANGER}/release"), &admin).await;
    assert_eq!(plain.problem(), (404, "host_not_found"));
}

pub(super) async fn with_token(api: &Api, method: Method, path: &str, token: &str) -> Answer {
    let request = request(method, path).header("authorization", format!("Bearer {token}"));
    send(&api.https, request.body(Body::empty()).unwrap()).await
}

/// A token of an account, good for a day.
pub(super) async fn token(api: &Api, name: &str, permissions: &str) -> String {
    let secret = [7; 32];
    sqlx::query(
        "insert into api_token (id, hash, account_id, name, permissions, created_at, expires_at)
         select gen_random_uuid(), $1, id, 'ci', $4::text[], $2, $2 + interval '1 day'
         from account where name = $3",
    )
    .bind(&Sha256::digest(secret)[..])
    .bind(super::start())
    .bind(name)
    .bind(permissions)
    .execute(&api.db)
    .await
    .unwrap();
    format!("owt_{}", URL_SAFE_NO_PAD.encode(secret))
}

#[tokio::test]
async fn a_token_gives_what_it_names_of_what_its_maker_may_until_it_ends() {
    let api = Api::new().await;
    let cookie = somebody(&api, "alice", "viewer").await;
    let token = token(&api, "alice", "{hosts.read,groups.write}").await;

    let hosts = with_token(&api, Method::GET, "/api/v1/hosts", &token).await;
    assert_eq!(hosts.status, 200);
    // Its maker may, it does not name it; it names it, its maker may not.
    for (method, path) in [
        (Method::GET, "/api/v1/rules"),
        (Method::POST, "/api/v1/groups"),
    ] {
        let refused = with_token(&api, method, path, &token).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{path}");
    }
    // A word that is no token is not helped by a cookie that is good.
    for wrong in ["owt_", "owt_AAAA", &token[4..], &token.to_uppercase()] {
        let both = request(Method::GET, "/api/v1/hosts")
            .header("authorization", format!("Bearer {wrong}"))
            .header("cookie", &cookie);
        let refused = send(&api.https, both.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.problem(), (401, "unauthenticated"), "{wrong}");
    }
    api.sql("update account set disabled_at = now()").await;
    let locked = with_token(&api, Method::GET, "/api/v1/hosts", &token).await;
    assert_eq!(locked.problem(), (401, "unauthenticated"));
    let locked = ask(&api, Method::GET, "/api/v1/hosts", &cookie).await;
    assert_eq!(locked.problem(), (401, "unauthenticated"));
    let locked = sign_in(&api, "alice", PASSWORD, "192.0.2.1").await;
    assert_eq!(locked.problem(), (401, "bad_credentials"));
    api.sql("update account set disabled_at = null").await;
    api.clock.advance(TimeDelta::days(1));
    let ended = with_token(&api, Method::GET, "/api/v1/hosts", &token).await;
    assert_eq!(ended.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn a_page_that_looks_again_by_itself_keeps_no_session_alive() {
    let api = Api::new().await;
    let viewer = somebody(&api, "alice", "viewer").await;
    for _ in 0..3 {
        api.clock.advance(TimeDelta::minutes(9));
        let looks = request(Method::GET, "/api/v1/hosts")
            .header("cookie", &viewer)
            .header("x-openwatch-background", "1");
        assert_eq!(
            send(&api.https, looks.body(Body::empty()).unwrap())
                .await
                .status,
            200
        );
    }
    api.clock.advance(TimeDelta::minutes(4));
    let after = ask(&api, Method::GET, "/api/v1/hosts", &viewer).await;
    assert_eq!(after.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn who_signs_in_is_written_down_and_that_cannot_be_changed() {
    let api = Api::new().await;
    somebody(&api, "alice", "viewer").await;
    let records: Vec<(String, String, String)> = sqlx::query_as(
        "select stream, actor, action from audit_record order by at, stream desc, seq",
    )
    .fetch_all(&api.db)
    .await
    .unwrap();
    let records: Vec<_> = records.iter().map(|(s, a, b)| (&**s, &**a, &**b)).collect();
    assert_eq!(
        records,
        [
            ("change", "local administrator", "account.create"),
            ("access", "alice", "session.begin"),
        ]
    );
    for text in [
        "update audit_record set body = '{}'",
        "delete from audit_record",
        "truncate audit_record",
    ] {
        assert!(
            sqlx::raw_sql(text).execute(&api.db).await.is_err(),
            "{text}"
        );
    }
}
