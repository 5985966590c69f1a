//! Cursors go where they come from, and nowhere else.

use axum::http::Method;
use serde_json::json;

use super::{
    Api,
    permit::{somebody, with_token},
    request, send,
    session::ask,
    with_json,
};

const RULES: &str = "/api/v1/rules";

#[tokio::test]
async fn a_cursor_is_good_for_whoever_got_it() {
    let api = Api::new().await;
    let (alice, bob) = (
        somebody(&api, "alice", "viewer").await,
        somebody(&api, "bob", "viewer").await,
    );
    let body = json!({"name": "ci", "permissions": ["rules.read"]});
    let minted = request(Method::POST, "/api/v1/account/tokens").header("cookie", &alice);
    let token = send(&api.https, with_json(minted, &body)).await.ok();
    let token = token["token"].as_str().unwrap();

    let first = format!("{RULES}?limit=1");
    let page = ask(&api, Method::GET, &first, &alice).await.ok();
    let goes_on = format!("{RULES}?limit=1&cursor={}", page["next"].as_str().unwrap());
    let next = ask(&api, Method::GET, &goes_on, &alice).await.ok();
    assert_ne!(next["items"][0]["id"], page["items"][0]["id"]);
    for refused in [
        ask(&api, Method::GET, &goes_on, &bob).await,
        with_token(&api, Method::GET, &goes_on, token).await,
        api.get(&goes_on).await,
    ] {
        assert_eq!(refused.problem(), (400, "bad_cursor"));
    }
    // Another collector of the installation goes on with it.
    let other = ask(&api.beside(|_| {}), Method::GET, &goes_on, &alice).await;
    assert_eq!(other.ok(), next);
}

#[tokio::test]
async fn it_is_good_for_the_filters_and_the_list_that_it_came_from() {
    let api = Api::new().await;
    let page = api.get(&format!("{RULES}?limit=1&q=o")).await.ok();
    let cursor = page["next"].as_str().unwrap();
    let good = api
        .get(&format!("{RULES}?cursor={cursor}&q=o&limit=5"))
        .await;
    assert_eq!(good.status, 200);
    let mut tampered = cursor.to_owned();
    tampered.insert(cursor.len() / 2, 'A');
    for other in [
        format!("{RULES}?cursor={cursor}"),
        format!("{RULES}?q=a&cursor={cursor}"),
        format!("{RULES}?q=o&severity=high&cursor={cursor}"),
        format!("/api/v1/accounts?cursor={cursor}"),
        format!("{RULES}?q=o&cursor={tampered}"),
    ] {
        let refused = api.get(&other).await;
        assert_eq!(refused.problem(), (400, "bad_cursor"), "{other}");
    }
}
