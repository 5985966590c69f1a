//! Passwords: which may be chosen, by whom, and what a guess is told.

use axum::{body::Body, http::Method};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    account::{records, tell},
    permit::{PASSWORD, somebody},
    request, send,
    session::{ask, cookie, sign_in},
    with_json,
};

const ACCOUNTS: &str = "/api/v1/accounts";
const OWN: &str = "/api/v1/account/password";
const REDEEM: &str = "/api/v1/invitations/redeem";
const NEW: &str = "staple gravel umbrella";

async fn redeem(api: &Api, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    send(&api.https, with_json(request(Method::POST, REDEEM), &body)).await
}

/// The token of a new link.
async fn link(api: &Api, path: &str) -> String {
    let made = api.post(path, json!(null)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let token = made.body["token"].as_str().unwrap();
    assert_eq!(made.body["path"], format!("/invitation#{token}"));
    token.to_owned()
}

#[tokio::test]
async fn a_password_that_attackers_try_first_is_chosen_nowhere() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    api.post(ACCOUNTS, json!({"name": "bob", "without_password": true}))
        .await
        .ok();
    let token = link(&api, &format!("{ACCOUNTS}/bob/invitation")).await;
    for bad in [
        "fourteen chars",
        "passwordpassword",
        "1qaz2wsx3edc4rfv",
        "openwatch-bob-alice",
    ] {
        let new = json!({"name": "bob-alice", "password": bad});
        let made = api.post(ACCOUNTS, new).await;
        let own = json!({"present": PASSWORD, "password": bad});
        let changed = tell(&api, Method::PUT, OWN, &alice, own).await;
        let reset = json!({"name": "alice", "reset": true, "password": bad});
        let answers = [
            made,
            api.post(ACCOUNTS, reset).await,
            redeem(&api, &token, bad).await,
            changed,
        ];
        for answer in &answers[..if bad.contains("bob") { 1 } else { 4 }] {
            assert_eq!(answer.problem(), (400, "bad_parameter"), "{bad}");
            assert!(
                answer.body["detail"]
                    .as_str()
                    .unwrap()
                    .starts_with("password: "),
                "{answer:?}"
            );
        }
    }
    // A link is not used up by a password that was refused.
    assert_eq!(redeem(&api, &token, NEW).await.status, 204);
}

/// What anybody may ask who may do everything.
const PATHS: [&str; 5] = [
    "/api/v1/hosts",
    "/api/v1/info",
    "/api/v1/notifications",
    "/api/v1/saved-queries",
    "/api/v1/account/notification-preferences",
];

#[tokio::test]
async fn a_password_that_was_given_is_good_for_choosing_another() {
    let api = Api::set(|state| state.required.own_password = true).await;
    let alice = somebody(&api, "alice", "admin").await;
    let held = async |cookie: &str| {
        let session = ask(&api, Method::GET, "/api/v1/session", cookie).await.ok();
        let mut answered = Vec::new();
        for path in PATHS {
            let answer = ask(&api, Method::GET, path, cookie).await;
            if answer.status.is_success() || answer.problem() != (403, "password_needed") {
                answered.push(path);
            }
        }
        (session["password_needed"].as_bool().unwrap(), answered)
    };
    let choose = async |cookie_: &str, present: &str, password: &str| {
        let body = json!({"present": present, "password": password});
        cookie(&tell(&api, Method::PUT, OWN, cookie_, body).await)
    };
    assert_eq!(held(&alice).await, (true, vec![]));
    let alice = choose(&alice, PASSWORD, NEW).await;
    assert_eq!(held(&alice).await, (false, PATHS.to_vec()));

    // Whoever gives another one knows it too.
    let reset = json!({"name": "alice", "reset": true});
    let made = api.post(ACCOUNTS, reset).await.ok();
    let made = made["password"].as_str().unwrap();
    let alice = cookie(&sign_in(&api, "alice", made, "192.0.2.1").await);
    assert_eq!(held(&alice).await, (true, vec![]));
    // Not so with a link, and with the one for emergencies, which is nobody's.
    let token = link(&api, &format!("{ACCOUNTS}/alice/reset")).await;
    assert_eq!(redeem(&api, &token, NEW).await.status, 204);
    let alice = cookie(&sign_in(&api, "alice", NEW, "192.0.2.1").await);
    assert_eq!(held(&alice).await, (false, PATHS.to_vec()));
    let sealed = api
        .post("/api/v1/break-glass", json!({"name": "red"}))
        .await;
    let sealed = sealed.ok()["password"].as_str().unwrap().to_owned();
    let red = cookie(&sign_in(&api, "red", &sealed, "192.0.2.1").await);
    assert_eq!(held(&red).await, (false, PATHS.to_vec()));
}

#[tokio::test]
async fn people_change_their_password_with_the_one_they_have() {
    let api = Api::new().await;
    let other = somebody(&api, "alice", "admin").await;
    let seen = cookie(&sign_in(&api, "alice", PASSWORD, "192.0.2.1").await);
    api.clock.advance(TimeDelta::minutes(20));
    let change = async |cookie: &str, present: &str| {
        let body = json!({"present": present, "password": NEW});
        tell(&api, Method::PUT, OWN, cookie, body).await
    };
    assert_eq!(
        change(&seen, "wrong").await.problem(),
        (403, "wrong_password")
    );
    assert_eq!(
        api.put(OWN, json!({"present": "x", "password": NEW}))
            .await
            .problem()
            .0,
        403
    );
    let changed = change(&seen, PASSWORD).await;
    let mine = cookie(&changed);
    let status = async |cookie: &str| {
        ask(&api, Method::GET, "/api/v1/session", cookie)
            .await
            .status
    };
    assert_eq!(status(&other).await, 401, "all others end");
    assert_eq!(
        status(&seen).await,
        401,
        "and whoever has seen the cookie has nothing"
    );
    assert_eq!(status(&mine).await, 200);
    // It was shown again who it is.
    let made = tell(&api, Method::POST, ACCOUNTS, &mine, json!({"name": "bob"})).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "192.0.2.1")
            .await
            .problem()
            .0,
        401
    );
    assert_eq!(sign_in(&api, "alice", NEW, "192.0.2.1").await.status, 200);

    let all = [records(&api, "change").await, records(&api, "access").await].concat();
    assert!(
        all.iter()
            .any(|record| record["action"] == "account.set_password")
    );
    assert!(!serde_json::to_string(&all).unwrap().contains(NEW));
    // A stolen cookie is no place to guess at the password.
    for _ in 0..5 {
        change(&mine, "wrong").await;
    }
    assert_eq!(
        change(&mine, NEW).await.problem(),
        (429, "too_many_attempts")
    );
}

#[tokio::test]
async fn the_account_for_emergencies_keeps_a_longer_one() {
    let api = Api::new().await;
    let made = api
        .post("/api/v1/break-glass", json!({"name": "safe"}))
        .await
        .ok();
    let password = made["password"].as_str().unwrap();
    let safe = cookie(&sign_in(&api, "safe", password, "192.0.2.1").await);
    let change = async |new: &str| {
        let body = json!({"present": password, "password": new});
        tell(&api, Method::PUT, OWN, &safe, body).await
    };
    assert_eq!(
        change(NEW).await.problem(),
        (400, "bad_parameter"),
        "22 characters"
    );
    assert_eq!(change(&format!("{NEW} window")).await.status, 200);
}

#[tokio::test]
async fn a_password_fits_however_its_letters_were_composed() {
    let api = Api::new().await;
    let new = json!({"name": "alice", "password": "Gru\u{308}ße aus Tu\u{308}bingen"});
    api.post(ACCOUNTS, new).await.ok();
    let answer = sign_in(&api, "alice", "Grüße aus Tübingen", "192.0.2.1").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_day() {
    let api = Api::new().await;
    somebody(&api, "root", "admin").await;
    api.post(
        ACCOUNTS,
        json!({"name": "bob", "without_password": true, "role": "viewer"}),
    )
    .await
    .ok();
    let invitation = format!("{ACCOUNTS}/bob/invitation");
    let reset = format!("{ACCOUNTS}/bob/reset");
    assert_eq!(
        api.post(&reset, json!(null)).await.problem(),
        (409, "no_password")
    );
    let first = link(&api, &invitation).await;
    let about = api.get(&format!("{ACCOUNTS}/bob")).await.ok();
    assert_eq!(
        (&about["state"], &about["invited_until"]),
        (&json!("invited"), &json!("2026-03-04T14:05:00.000000Z"))
    );
    let second = link(&api, &invitation).await;
    assert_eq!(
        redeem(&api, &first, NEW).await.problem(),
        (404, "link_not_good")
    );
    assert_eq!(
        sign_in(&api, "bob", NEW, "192.0.2.1").await.problem().0,
        401
    );
    assert_eq!(redeem(&api, &second, NEW).await.status, 204);
    assert_eq!(
        redeem(&api, &second, NEW).await.problem(),
        (404, "link_not_good"),
        "once"
    );
    let bob = cookie(&sign_in(&api, "bob", NEW, "192.0.2.1").await);
    assert_eq!(
        api.post(&invitation, json!(null)).await.problem(),
        (409, "has_password")
    );

    // A reset changes nothing until somebody chooses; then it signs out.
    let other = link(&api, &reset).await;
    let status = async |cookie: &str| {
        ask(&api, Method::GET, "/api/v1/session", cookie)
            .await
            .status
    };
    assert_eq!(status(&bob).await, 200);
    assert_eq!(redeem(&api, &other, PASSWORD).await.status, 204);
    assert_eq!(status(&bob).await, 401);
    assert_eq!(
        sign_in(&api, "bob", NEW, "192.0.2.1").await.problem().0,
        401
    );
    assert_eq!(
        sign_in(&api, "bob", PASSWORD, "192.0.2.1").await.status,
        200
    );

    let late = link(&api, &reset).await;
    api.clock.advance(TimeDelta::hours(24));
    assert_eq!(
        redeem(&api, &late, NEW).await.problem(),
        (404, "link_not_good")
    );
    // Another way to a password ends the link.
    let over = link(&api, &reset).await;
    api.post(ACCOUNTS, json!({"name": "bob", "reset": true}))
        .await
        .ok();
    assert_eq!(
        redeem(&api, &over, NEW).await.problem(),
        (404, "link_not_good")
    );
    let locked = link(&api, &reset).await;
    api.put(&format!("{ACCOUNTS}/bob"), json!({"disabled": true}))
        .await
        .ok();
    assert_eq!(
        redeem(&api, &locked, NEW).await.problem(),
        (404, "link_not_good")
    );
    assert_eq!(
        api.post(&format!("{ACCOUNTS}/nobody/reset"), json!(null))
            .await
            .problem()
            .0,
        404
    );

    let all = [records(&api, "change").await, records(&api, "access").await].concat();
    let acts: Vec<_> = all
        .iter()
        .map(|record| record["action"].as_str().unwrap())
        .collect();
    for act in ["account.invite", "account.offer_reset", "invitation.redeem"] {
        assert!(acts.contains(&act), "{act}");
    }
    let text = serde_json::to_string(&all).unwrap();
    assert!(
        !text.contains(&locked[4..]) && !text.contains(NEW),
        "{text}"
    );
}

#[tokio::test]
async fn nobody_takes_an_account_over_with_a_link() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let desk = json!({"name": "desk", "permissions": ["accounts.write"]});
    api.post("/api/v1/roles", desk).await.ok();
    let bob = somebody(&api, "bob", "desk").await;
    let new = json!({"name": "carol", "without_password": true, "role": "admin"});
    api.post(ACCOUNTS, new).await.ok();
    for path in ["alice/reset", "carol/invitation"] {
        let refused = ask(&api, Method::POST, &format!("{ACCOUNTS}/{path}"), &bob).await;
        assert_eq!(refused.problem(), (403, "beyond_own_rights"), "{path}");
    }
    let own = ask(
        &api,
        Method::POST,
        &format!("{ACCOUNTS}/alice/reset"),
        &alice,
    )
    .await;
    assert_eq!(own.problem(), (409, "own_account"));
    // One who has not come yet is not an administrator who can sign in.
    link(&api, &format!("{ACCOUNTS}/carol/invitation")).await;
    let last = api.delete(&format!("{ACCOUNTS}/alice")).await;
    assert_eq!(last.problem(), (409, "last_admin"));
}

/// How often argon2 ran for an answer: what the time of the answer is made of.
async fn runs(api: &Api, answer: impl Future<Output = Answer>) -> (u64, Answer) {
    let before = api.metrics.password_hashes.get();
    let answer = answer.await;
    (api.metrics.password_hashes.get() - before, answer)
}

#[tokio::test]
async fn neither_answer_nor_work_tells_which_accounts_and_links_there_are() {
    let api = Api::new().await;
    for name in ["alice", "locked"] {
        somebody(&api, name, "viewer").await;
    }
    api.put(&format!("{ACCOUNTS}/locked"), json!({"disabled": true}))
        .await
        .ok();
    api.post(
        ACCOUNTS,
        json!({"name": "invited", "without_password": true}),
    )
    .await
    .ok();
    let made = api
        .post("/api/v1/break-glass", json!({"name": "safe"}))
        .await;
    assert_eq!(made.status, 201);
    let mut told: Option<Value> = None;
    for (name, password) in [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("locked", PASSWORD),
        ("invited", PASSWORD),
        ("safe", "wrong"),
        ("", ""),
    ] {
        let (runs, answer) = runs(&api, sign_in(&api, name, password, "192.0.2.1")).await;
        assert_eq!(runs, 1, "{name}");
        assert_eq!(answer.problem(), (401, "bad_credentials"), "{name}");
        assert_eq!(
            *told.get_or_insert(answer.body.clone()),
            answer.body,
            "{name}"
        );
        api.clock.advance(TimeDelta::minutes(16));
    }

    let used = link(&api, &format!("{ACCOUNTS}/invited/invitation")).await;
    assert_eq!(runs(&api, redeem(&api, &used, NEW)).await.0, 1);
    let of_locked = link(&api, &format!("{ACCOUNTS}/locked/reset")).await;
    let old = link(&api, &format!("{ACCOUNTS}/alice/reset")).await;
    api.clock.advance(TimeDelta::hours(24));
    let never = format!("owi_{}", "A".repeat(43));
    let mut told: Option<Value> = None;
    for token in [&used, &of_locked, &old, &never, "", "owi_"] {
        let (runs, answer) = runs(&api, redeem(&api, token, NEW)).await;
        assert_eq!(runs, 1, "{token}");
        assert_eq!(answer.problem(), (404, "link_not_good"), "{token}");
        assert_eq!(
            *told.get_or_insert(answer.body.clone()),
            answer.body,
            "{token}"
        );
    }
}

#[tokio::test]
async fn guesses_are_bounded_by_name_and_by_address_and_the_header_is_true() {
    let api = Api::new().await;
    somebody(&api, "alice", "viewer").await;
    api.clock.advance(TimeDelta::minutes(1));
    for n in 0..5 {
        sign_in(&api, "alice", "wrong", &format!("192.0.2.{n}")).await;
        api.clock.advance(TimeDelta::milliseconds(1300));
    }
    let waits = sign_in(&api, "alice", PASSWORD, "198.51.100.1").await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
    let wait: i64 = waits.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(wait, 894);
    api.clock.advance(TimeDelta::seconds(wait - 1));
    let early = sign_in(&api, "alice", PASSWORD, "198.51.100.1").await;
    assert_eq!(early.problem(), (429, "too_many_attempts"));
    assert_eq!(early.headers["retry-after"], "1");
    api.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "198.51.100.1")
            .await
            .status,
        200
    );

    // Name after name from one address; another address may.
    for n in 0..5 {
        sign_in(&api, &format!("guess{n}"), "wrong", "203.0.113.1").await;
    }
    let waits = sign_in(&api, "alice", PASSWORD, "203.0.113.1").await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
    let (runs, _) = runs(&api, sign_in(&api, "alice", PASSWORD, "203.0.113.1")).await;
    assert_eq!(runs, 0, "what is refused costs nothing");
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "203.0.113.2").await.status,
        200
    );
}

#[tokio::test]
async fn links_are_not_guessed_at_either() {
    let api = Api::new().await;
    let guess = async || {
        let body = json!({"token": "owi_x", "password": NEW});
        let mut request = with_json(request(Method::POST, REDEEM), &body);
        request.extensions_mut().insert(crate::api::Connection {
            peer: Some("192.0.2.1".parse().unwrap()),
            stopping: Default::default(),
        });
        send(&api.https, request).await
    };
    for _ in 0..5 {
        assert_eq!(guess().await.problem(), (404, "link_not_good"));
    }
    assert_eq!(guess().await.problem(), (429, "too_many_attempts"));
    let empty = request(Method::POST, REDEEM).body(Body::empty()).unwrap();
    assert_eq!(send(&api.https, empty).await.problem(), (415, "bad_body"));
    for wrong in [
        json!({"token": "x"}),
        json!({"token": "x", "password": NEW, "account": "alice"}),
    ] {
        let request = with_json(request(Method::POST, REDEEM), &wrong);
        assert_eq!(send(&api.https, request).await.problem(), (422, "bad_body"));
    }
}
