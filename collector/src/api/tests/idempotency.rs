//! Requests that are done once, however often they are sent.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, header::RETRY_AFTER},
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{
    Answer, Api, account::records, permit::somebody, request, send, session::ask, with_json,
};

const ACCOUNTS: &str = "/api/v1/accounts";
const GROUPS: &str = "/api/v1/groups";

fn post(path: &str, key: &str, body: &Value) -> Request<Body> {
    with_json(
        request(Method::POST, path).header("idempotency-key", key),
        body,
    )
}

/// As the local administrator.
async fn tell(router: &Router, path: &str, key: &str, body: Value) -> Answer {
    send(router, post(path, key, &body)).await
}

/// As whoever has this cookie.
async fn tell_as(api: &Api, cookie: &str, path: &str, key: &str, body: Value) -> Answer {
    let mut request = post(path, key, &body);
    request
        .headers_mut()
        .insert("cookie", cookie.parse().unwrap());
    send(&api.https, request).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some()
}

/// So many of the requests that are kept stand so.
async fn kept(api: &Api, done: bool) -> i64 {
    sqlx::query_scalar("select count(*) from idempotency where (status is not null) = $1")
        .bind(done)
        .fetch_one(&api.db)
        .await
        .unwrap()
}

async fn wait_until_kept(api: &Api, done: bool) {
    while kept(api, done).await == 0 {
        tokio::task::yield_now().await;
    }
}

/// Nobody adds a group until it is dropped.
async fn hold_up(api: &Api) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = api.db.begin().await.unwrap();
    sqlx::raw_sql("lock table host_group in share mode")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

#[tokio::test]
async fn what_is_sent_again_is_answered_again_and_done_once() {
    let api = Api::new().await;
    let body = json!({"name": "carol", "role": "viewer"});
    let first = tell(&api.local, ACCOUNTS, "k1", body.clone()).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert!(!is_replayed(&first));
    let password = first.body["password"].as_str().unwrap().to_owned();
    let told = records(&api, "change").await.len();

    let again = tell(&api.local, ACCOUNTS, "k1", body.clone()).await;
    let other = api.beside(|_| {});
    let elsewhere = tell(&other.local, ACCOUNTS, "k1", body.clone()).await;
    for again in [again, elsewhere] {
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let kind = "content-type";
        assert_eq!(again.headers[kind], first.headers[kind]);
        assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    }
    assert_eq!(records(&api, "change").await.len(), told);
    assert_eq!(api.metrics.audit_unnoted.get(), 0);
    // Without a key, and with another, it is another request.
    for key in ["k2", "K1"] {
        let other = tell(&api.local, ACCOUNTS, key, body.clone()).await;
        assert_eq!(other.problem(), (409, "account_exists"));
    }
    let without = api.post(ACCOUNTS, body).await;
    assert_eq!(without.problem(), (409, "account_exists"));

    let row: String =
        sqlx::query_scalar("select i::text || encode(answer, 'escape') from idempotency i")
            .fetch_one(&api.db)
            .await
            .unwrap();
    for secret in [&password, "password", "carol"] {
        assert!(!row.contains(secret), "{secret} is in {row}");
    }
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let api = Api::new().await;
    let made = tell(&api.local, GROUPS, "k", json!({"name": "web"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let members = format!("{GROUPS}/{}/members", made.body["id"].as_str().unwrap());
    for (path, body) in [
        (GROUPS, json!({"name": "db"})),
        (ACCOUNTS, json!({"name": "web"})),
        (&members, json!({"name": "web"})),
        ("/api/v1/groups?x=1", json!({"name": "web"})),
    ] {
        let refused = tell(&api.local, path, "k", body).await;
        assert_eq!(refused.problem(), (422, "idempotency_mismatch"), "{path}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains("POST /api/v1/groups"), "{detail}");
    }
    assert_eq!(api.get(GROUPS).await.items("name"), ["web"]);
}

#[tokio::test]
async fn somebody_elses_key_is_another_key() {
    let api = Api::new().await;
    let (alice, bob) = (
        somebody(&api, "alice", "admin").await,
        somebody(&api, "bob", "admin").await,
    );
    let tokens = "/api/v1/account/tokens";
    let body = json!({"name": "ci", "permissions": ["tokens.own", "rules.read"]});
    let of_alice = tell_as(&api, &alice, tokens, "k", body.clone()).await.ok();
    let of_bob = tell_as(&api, &bob, tokens, "k", body.clone()).await;
    assert!(!is_replayed(&of_bob));
    let of_bob = of_bob.ok();
    assert_ne!(of_alice["token"], of_bob["token"]);
    assert_eq!(of_bob["account"], "bob");
    // Nor is what an account was told told to a token of it.
    let mut by_token = post(tokens, "k", &body);
    let bearer = format!("Bearer {}", of_alice["token"].as_str().unwrap());
    by_token
        .headers_mut()
        .insert("authorization", bearer.parse().unwrap());
    let by_token = send(&api.https, by_token).await;
    assert!(!is_replayed(&by_token), "{by_token:?}");
    assert!(
        !by_token
            .body
            .to_string()
            .contains(of_alice["token"].as_str().unwrap())
    );
    let nobody = send(&api.https, post(tokens, "k", &body)).await;
    assert_eq!(nobody.problem(), (401, "unauthenticated"));

    // Who has the database puts an answer into another's row in vain.
    api.sql(
        "update idempotency set answer = (select answer from idempotency i join account a
             on i.actor = 'account:' || a.id where a.name = 'alice')",
    )
    .await;
    let moved = tell_as(&api, &bob, tokens, "k", body.clone()).await;
    assert_eq!(moved.problem(), (500, "internal"));
    assert_eq!(
        tell_as(&api, &alice, tokens, "k", body).await.ok(),
        of_alice
    );
}

#[tokio::test]
async fn who_may_not_any_more_is_refused_and_not_answered_again() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "security_admin").await;
    let body = json!({"name": "web"});
    let made = tell_as(&api, &alice, GROUPS, "k", body.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    api.sql("update role_binding set role = 'viewer'").await;
    let refused = tell_as(&api, &alice, GROUPS, "k", body).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    assert_eq!(
        ask(&api, Method::GET, GROUPS, &alice).await.items("name"),
        ["web"]
    );
}

#[tokio::test]
async fn what_was_refused_may_be_mended_under_its_key() {
    let api = Api::new().await;
    for wrong in [json!({"name": ""}), json!({"nam": "web"}), json!([])] {
        let refused = tell(&api.local, GROUPS, "k", wrong).await;
        assert!(refused.status.is_client_error(), "{refused:?}");
    }
    let long = json!({"name": "w".repeat(1 << 20)});
    let refused = tell(&api.local, GROUPS, "k", long).await;
    assert_eq!(refused.problem().0, 413);
    assert_eq!(kept(&api, false).await, 0);
    let made = tell(&api.local, GROUPS, "k", json!({"name": "web"})).await;
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_other_methods_have_none() {
    let api = Api::new().await;
    for key in ["", "a b", &"k".repeat(256)] {
        let refused = tell(&api.local, GROUPS, key, json!({"name": "web"})).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{key}");
    }
    for seconds in [600, 700] {
        let put = request(Method::PUT, "/api/v1/settings").header("idempotency-key", "k");
        let put = with_json(put, &json!({"reconcile_s": seconds}));
        let answer = send(&api.local, put).await;
        assert!(
            answer.status.is_success() && !is_replayed(&answer),
            "{answer:?}"
        );
    }
    assert_eq!((kept(&api, true).await, kept(&api, false).await), (0, 0));
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let api = Api::new().await;
    let (body, before) = (json!({"name": "web"}), records(&api, "change").await.len());
    let all = (0..8).map(|_| tell(&api.local, GROUPS, "k", body.clone()));
    let answers = join_all(all).await;
    let mut done = 0;
    for answer in &answers {
        match answer.status.as_u16() {
            201 if is_replayed(answer) => {}
            201 => done += 1,
            _ => assert_eq!(answer.problem(), (409, "idempotency_in_progress")),
        }
    }
    assert_eq!(done, 1, "{answers:?}");
    assert_eq!(records(&api, "change").await.len(), before + 1);
}

#[tokio::test]
async fn what_is_being_done_is_asked_for_again_later() {
    let api = Api::new().await;
    let body = json!({"name": "web"});
    let held = hold_up(&api).await;
    let first = tell(&api.local, GROUPS, "k", body.clone());
    let meanwhile = async {
        wait_until_kept(&api, false).await;
        let second = tell(&api.local, GROUPS, "k", body.clone()).await;
        let other = tell(&api.local, GROUPS, "k", json!({"name": "db"})).await;
        held.rollback().await.unwrap();
        (second, other)
    };
    let (first, (second, other)) = tokio::join!(first, meanwhile);
    assert_eq!(second.problem(), (409, "idempotency_in_progress"));
    assert_eq!(second.headers[RETRY_AFTER], "1");
    assert_eq!(other.problem(), (422, "idempotency_mismatch"));
    assert_eq!(first.status, 201, "{first:?}");
    let third = tell(&api.local, GROUPS, "k", body).await;
    assert_eq!((third.status, &third.body), (first.status, &first.body));
    assert!(is_replayed(&third));
}

#[tokio::test]
async fn it_is_done_to_its_end_though_whoever_asked_is_gone() {
    let api = Api::new().await;
    let body = json!({"name": "web"});
    let held = hold_up(&api).await;
    let request = post(GROUPS, "k", &body);
    let gone = api.local.clone().oneshot(request);
    tokio::select! {
        _ = gone => panic!("it was held up"),
        () = wait_until_kept(&api, false) => {}
    }
    held.rollback().await.unwrap();
    wait_until_kept(&api, true).await;
    let again = tell(&api.local, GROUPS, "k", body).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert!(is_replayed(&again));
    assert_eq!(api.get(GROUPS).await.items("name"), ["web"]);
}

#[tokio::test]
async fn what_a_crash_left_is_free_after_a_while_and_an_answer_after_a_day() {
    let api = Api::new().await;
    let body = json!({"name": "web"});
    api.sql(
        "insert into idempotency (actor, key, operation, request, attempt, begun_at)
         values ('local', 'k', 'POST /api/v1/groups', '', gen_random_uuid(), '2026-03-03T14:05:00Z')",
    )
    .await;
    // It is not known what was asked: while somebody may be doing it, it is something else.
    let early = tell(&api.local, GROUPS, "k", body.clone()).await;
    assert_eq!(early.problem(), (422, "idempotency_mismatch"));
    api.clock.advance(TimeDelta::seconds(59));
    let early = tell(&api.local, GROUPS, "k", body.clone()).await;
    assert_eq!(early.problem(), (422, "idempotency_mismatch"));
    api.clock.advance(TimeDelta::seconds(1));
    let made = tell(&api.local, GROUPS, "k", body.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");

    api.clock
        .advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let again = tell(&api.local, GROUPS, "k", body.clone()).await;
    assert!(is_replayed(&again), "{again:?}");
    let mut conn = api.db.acquire().await.unwrap();
    let long_ago = super::start() + TimeDelta::seconds(60);
    crate::store::idempotency::delete_before(&mut conn, long_ago)
        .await
        .unwrap();
    assert_eq!(kept(&api, true).await, 1);
    api.clock.advance(TimeDelta::seconds(1));
    let anew = tell(&api.local, GROUPS, "k", body).await;
    assert_eq!(anew.problem(), (409, "group_exists"));
    // What came to nothing leaves nothing; what is old is deleted.
    assert_eq!(kept(&api, true).await, 0);
    tell(&api.local, GROUPS, "k", json!({"name": "db"}))
        .await
        .ok();
    let later = super::start() + TimeDelta::days(3);
    crate::store::idempotency::delete_before(&mut conn, later)
        .await
        .unwrap();
    assert_eq!(kept(&api, true).await, 0);
}

#[tokio::test]
async fn the_document_tells_of_the_key_at_each_post_that_takes_one() {
    let document = serde_json::to_value(crate::api::openapi()).unwrap();
    let mut keys = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            let takes = parameters.is_some_and(|all| {
                all.iter()
                    .any(|one| one["name"] == "Idempotency-Key" && one["in"] == "header")
            });
            let anonymous = operation["x-openwatch-permission"] == "anonymous";
            assert_eq!(takes, method == "post" && !anonymous, "{method} {path}");
            keys += usize::from(takes);
            let limited = operation["responses"]["429"].is_object();
            assert_eq!(limited, path.starts_with("/api/"), "{method} {path}");
            for status in ["409", "422"].iter().filter(|_| takes) {
                assert!(
                    operation["responses"][status].is_object(),
                    "{method} {path}"
                );
            }
        }
    }
    assert!(keys > 20, "{keys}");
}
