//! Passkeys and security keys.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    authenticator::Authenticator,
    request, send,
    session::{ask, cookie, sign_in},
    totp::{somebody, tell},
    with_json,
};

const PASSWORD: &str = "correct horse battery";

/// An answer with something wrong in it.
type Lie = fn(&mut Authenticator, &Value) -> Value;

async fn post(api: &Api, path: &str, body: &Value) -> Answer {
    send(&api.https, with_json(request(Method::POST, path), body)).await
}

async fn begin(api: &Api, cookie: &str, kind: &str) -> Value {
    let path = "/api/v1/account/passkeys/begin";
    tell(api, Method::POST, path, cookie, &json!({"kind": kind}))
        .await
        .ok()
}

async fn finish(api: &Api, cookie: &str, asked: &Value, credential: Value) -> Answer {
    let body = json!({"ceremony": asked["ceremony"], "name": "notebook", "credential": credential});
    tell(
        api,
        Method::POST,
        "/api/v1/account/passkeys/finish",
        cookie,
        &body,
    )
    .await
}

/// Adds one to the account that has this cookie.
async fn add(api: &Api, cookie: &str, kind: &str) -> (Authenticator, Value) {
    let asked = begin(api, cookie, kind).await;
    let mut authenticator = Authenticator::new();
    authenticator.verifies = kind == "passkey";
    let made = authenticator.make(&asked);
    let added = finish(api, cookie, &asked, made).await;
    assert_eq!(added.status, 201, "{added:?}");
    (authenticator, added.body)
}

/// Is asked who it is, with the password of `name` if there is one.
async fn question(api: &Api, name: Option<&str>) -> Value {
    let account = name.map(|name| json!({"name": name, "password": PASSWORD}));
    let body = json!({"account": account});
    post(api, "/api/v1/session/passkey/begin", &body).await.ok()
}

async fn enter(api: &Api, asked: &Value, credential: &Value) -> Answer {
    let body = json!({"ceremony": asked["ceremony"], "credential": credential});
    post(api, "/api/v1/session/passkey/finish", &body).await
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself_and_each_answer_once() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let asked = begin(&api, &alice, "passkey").await;
    let selection = &asked["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["userVerification"], "required");
    let (mut passkey, added) = add(&api, &alice, "passkey").await;
    assert_eq!(added["passkey"]["kind"], "passkey");
    assert_eq!(added["backup_codes"].as_array().unwrap().len(), 10);

    let asked = question(&api, None).await;
    assert_eq!(asked["options"]["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(
        asked["options"]["publicKey"]["userVerification"],
        "required"
    );
    let shown = passkey.show(&asked);
    let entered = enter(&api, &asked, &shown).await;
    assert_eq!(
        (entered.status.as_u16(), &entered.body["how"]),
        (200, &json!("passkey"))
    );
    assert_eq!(entered.body["name"], "alice");
    let session = ask(&api, Method::GET, "/api/v1/session", &cookie(&entered)).await;
    assert_eq!(session.ok()["name"], "alice");
    let replayed = enter(&api, &asked, &shown).await;
    assert_eq!(replayed.problem(), (401, "bad_passkey"));
    let other = question(&api, None).await;
    let replayed = enter(&api, &other, &shown).await;
    assert_eq!(replayed.problem(), (401, "bad_passkey"));

    // Now the password alone is not enough; with the passkey beside it it is, and with a backup code.
    let needed = sign_in(&api, "alice", PASSWORD, "192.0.2.1").await;
    assert_eq!(needed.problem(), (401, "code_needed"));
    let asked = question(&api, Some("alice")).await;
    let shown = passkey.show(&asked);
    let entered = enter(&api, &asked, &shown).await;
    assert_eq!(entered.body["how"], "password+passkey", "{entered:?}");
    let body = json!({"name": "alice", "password": PASSWORD, "code": added["backup_codes"][0]});
    let entered = post(&api, "/api/v1/session", &body).await;
    assert_eq!(entered.body["how"], "password+backup_code", "{entered:?}");
    let factors = ask(&api, Method::GET, "/api/v1/account/factors", &alice)
        .await
        .ok();
    assert_eq!(
        factors["passkeys"][0]["used_at"],
        "2026-03-03T14:05:00.000000Z"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_hold_is_refused_whatever_is_wrong_with_it() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let (mut passkey, _) = add(&api, &alice, "passkey").await;
    let bob = somebody(&api, "bob", "viewer").await;
    let (bobs, _) = add(&api, &bob, "passkey").await;
    passkey.counter = 1;
    let asked = question(&api, None).await;
    let shown = passkey.show(&asked);
    assert_eq!(enter(&api, &asked, &shown).await.status, 200);

    let lies: [(&str, Lie); 9] = [
        ("another origin", |key, asked| {
            let was = std::mem::replace(&mut key.origin, "https://localhost.example:8443".into());
            let shown = key.show(asked);
            key.origin = was;
            shown
        }),
        ("another port", |key, asked| {
            let was = std::mem::replace(&mut key.origin, "https://localhost:8444".into());
            let shown = key.show(asked);
            key.origin = was;
            shown
        }),
        ("another relying party", |key, asked| {
            let was = std::mem::replace(&mut key.rp, "example".into());
            let shown = key.show(asked);
            key.rp = was;
            shown
        }),
        ("nobody was verified", |key, asked| {
            key.verifies = false;
            let shown = key.show(asked);
            key.verifies = true;
            shown
        }),
        ("another challenge", |key, asked| {
            let mut other = asked.clone();
            other["options"]["publicKey"]["challenge"] = "AAAA".into();
            key.show(&other)
        }),
        (
            "a copy, which counts from where it was made",
            |key, asked| {
                let was = std::mem::replace(&mut key.counter, 1);
                let shown = key.sign("webauthn.get", asked);
                key.counter = was;
                shown
            },
        ),
        ("a registration", |key, asked| {
            key.counter += 1;
            key.sign("webauthn.create", asked)
        }),
        ("it does not say whose it is", |key, asked| {
            let was = key.user.take();
            let shown = key.show(asked);
            key.user = was;
            shown
        }),
        ("a damaged signature", |key, asked| {
            let mut shown = key.show(asked);
            let signature = shown["response"]["signature"].as_str().unwrap();
            let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            *signature.last_mut().unwrap() ^= 1;
            shown["response"]["signature"] = URL_SAFE_NO_PAD.encode(signature).into();
            shown
        }),
    ];
    for (lie, tell) in lies {
        let asked = question(&api, None).await;
        let shown = tell(&mut passkey, &asked);
        let refused = enter(&api, &asked, &shown).await;
        assert_eq!(refused.problem(), (401, "bad_passkey"), "{lie}");
        // A question is asked once, also when the answer was wrong.
        let right = passkey.show(&asked);
        let late = enter(&api, &asked, &right).await;
        assert_eq!(late.problem(), (401, "bad_passkey"), "{lie}");
    }

    // Bob's passkey says that it is Alice's; Alice's that it is Bob's.
    let asked = question(&api, None).await;
    let mut thief = bobs;
    thief.user = passkey.user.clone();
    let shown = thief.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );
    // Alice's password, and a passkey of Bob's.
    let asked = question(&api, Some("alice")).await;
    let shown = thief.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );
    // One that nobody has added.
    let asked = question(&api, None).await;
    let mut unknown = Authenticator::new();
    unknown.user = passkey.user.clone();
    let shown = unknown.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );

    // Too late; and for an account that is locked.
    let asked = question(&api, None).await;
    api.clock.advance(TimeDelta::minutes(5));
    let shown = passkey.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );
    api.sql("update account set disabled_at = now() where name = 'alice'")
        .await;
    let asked = question(&api, None).await;
    let shown = passkey.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );
    api.sql("update account set disabled_at = null").await;
    let asked = question(&api, None).await;
    let shown = passkey.show(&asked);
    assert_eq!(enter(&api, &asked, &shown).await.status, 200);
}

#[tokio::test]
async fn a_security_key_stands_beside_a_password_and_never_alone() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let asked = begin(&api, &alice, "security_key").await;
    // With it, browsers would refuse to ask: it fits only where the owner must be verified.
    let extensions = &asked["options"]["publicKey"]["extensions"];
    assert_eq!(extensions["credentialProtectionPolicy"], Value::Null);
    let (mut key, added) = add(&api, &alice, "security_key").await;
    assert_eq!(added["passkey"]["kind"], "security_key");
    let asked = question(&api, None).await;
    let shown = key.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );
    key.verifies = true;
    let asked = question(&api, None).await;
    let shown = key.show(&asked);
    assert_eq!(
        enter(&api, &asked, &shown).await.problem(),
        (401, "bad_passkey")
    );

    key.verifies = false;
    let wrong = json!({"account": {"name": "alice", "password": "wrong"}});
    let refused = post(&api, "/api/v1/session/passkey/begin", &wrong).await;
    assert_eq!(refused.problem(), (401, "bad_credentials"));
    let nobody = json!({"account": {"name": "nobody", "password": PASSWORD}});
    let refused = post(&api, "/api/v1/session/passkey/begin", &nobody).await;
    assert_eq!(refused.problem(), (401, "bad_credentials"));
    let asked = question(&api, Some("alice")).await;
    let shown = key.show(&asked);
    let entered = enter(&api, &asked, &shown).await;
    assert_eq!(entered.body["how"], "password+passkey", "{entered:?}");

    somebody(&api, "bob", "viewer").await;
    let none = json!({"account": {"name": "bob", "password": PASSWORD}});
    let none = post(&api, "/api/v1/session/passkey/begin", &none).await;
    assert_eq!(none.problem(), (404, "passkey_not_found"));
}

#[tokio::test]
async fn passwords_are_not_guessed_by_asking_for_a_passkey() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    add(&api, &alice, "security_key").await;
    for _ in 0..5 {
        let wrong = json!({"account": {"name": "alice", "password": "wrong"}});
        let refused = post(&api, "/api/v1/session/passkey/begin", &wrong).await;
        assert_eq!(refused.problem(), (401, "bad_credentials"));
    }
    let right = json!({"account": {"name": "alice", "password": PASSWORD}});
    let waits = post(&api, "/api/v1/session/passkey/begin", &right).await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));
}

#[tokio::test]
async fn only_what_was_asked_for_is_added_and_to_one_account() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let bob = somebody(&api, "bob", "viewer").await;

    let asked = begin(&api, &alice, "passkey").await;
    let mut stranger = Authenticator::new();
    stranger.origin = "https://openwatch.example".into();
    let made = stranger.make(&asked);
    let refused = finish(&api, &alice, &asked, made).await;
    assert_eq!(refused.problem(), (400, "passkey_refused"));
    let asked = begin(&api, &alice, "passkey").await;
    let mut unverified = Authenticator::new();
    unverified.verifies = false;
    let refused = finish(&api, &alice, &asked, unverified.make(&asked)).await;
    assert_eq!(refused.problem(), (400, "passkey_refused"));
    let refused = finish(&api, &alice, &asked, Authenticator::new().make(&asked)).await;
    assert_eq!(refused.problem(), (400, "passkey_refused"), "asked once");
    let asked = begin(&api, &alice, "passkey").await;
    let refused = finish(&api, &bob, &asked, Authenticator::new().make(&asked)).await;
    assert_eq!(
        refused.problem(),
        (400, "passkey_refused"),
        "asked of somebody else"
    );
    let question = question(&api, None).await;
    let refused = finish(&api, &alice, &question, Authenticator::new().make(&asked)).await;
    assert_eq!(
        refused.problem(),
        (400, "passkey_refused"),
        "asked for something else"
    );

    let (mut passkey, _) = add(&api, &alice, "passkey").await;
    let asked = begin(&api, &bob, "passkey").await;
    let taken = finish(&api, &bob, &asked, passkey.make(&asked)).await;
    assert_eq!(taken.problem(), (409, "passkey_exists"));
    api.clock.advance(TimeDelta::minutes(15));
    let path = "/api/v1/account/passkeys/begin";
    let old = tell(
        &api,
        Method::POST,
        path,
        &alice,
        &json!({"kind": "passkey"}),
    )
    .await;
    assert_eq!(old.problem(), (403, "proof_needed"));
}

#[tokio::test]
async fn passkeys_are_named_and_removed_by_their_owner() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let bob = somebody(&api, "bob", "viewer").await;
    let (_, added) = add(&api, &alice, "passkey").await;
    let path = format!(
        "/api/v1/account/passkeys/{}",
        added["passkey"]["id"].as_str().unwrap()
    );
    let name = json!({"name": "telephone"});
    let others = tell(&api, Method::PUT, &path, &bob, &name).await;
    assert_eq!(others.problem(), (404, "passkey_not_found"));
    let others = ask(&api, Method::DELETE, &path, &bob).await;
    assert_eq!(others.problem(), (404, "passkey_not_found"));
    let nameless = tell(&api, Method::PUT, &path, &alice, &json!({"name": " "})).await;
    assert_eq!(nameless.problem(), (400, "bad_parameter"));
    assert_eq!(
        tell(&api, Method::PUT, &path, &alice, &name).await.status,
        204
    );
    let factors = ask(&api, Method::GET, "/api/v1/account/factors", &alice)
        .await
        .ok();
    assert_eq!(factors["passkeys"][0]["name"], "telephone");
    assert_eq!(ask(&api, Method::DELETE, &path, &alice).await.status, 204);
    assert_eq!(
        ask(&api, Method::DELETE, &path, &alice).await.problem(),
        (404, "passkey_not_found")
    );
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "192.0.2.1").await.status,
        200
    );
}

#[tokio::test]
async fn a_passkey_shows_again_who_one_is_and_the_cookie_changes() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let (mut passkey, _) = add(&api, &alice, "passkey").await;
    api.clock.advance(TimeDelta::minutes(15));
    let path = "/api/v1/session/proof/passkey/begin";
    let asked = ask(&api, Method::POST, path, &alice).await.ok();
    let path = "/api/v1/session/proof/passkey/finish";
    // Neither somebody else's question, nor one for signing in.
    let foreign = question(&api, Some("alice")).await;
    let body = json!({"ceremony": foreign["ceremony"], "credential": passkey.show(&foreign)});
    let refused = tell(&api, Method::POST, path, &alice, &body).await;
    assert_eq!(refused.problem(), (400, "passkey_refused"));
    let bob = somebody(&api, "bob", "viewer").await;
    let body = json!({"ceremony": asked["ceremony"], "credential": passkey.show(&asked)});
    let refused = tell(&api, Method::POST, path, &bob, &body).await;
    assert_eq!(refused.problem(), (400, "passkey_refused"));

    let asked = ask(
        &api,
        Method::POST,
        "/api/v1/session/proof/passkey/begin",
        &alice,
    )
    .await
    .ok();
    let body = json!({"ceremony": asked["ceremony"], "credential": passkey.show(&asked)});
    let proved = tell(&api, Method::POST, path, &alice, &body).await;
    assert_eq!(proved.status, 200, "{proved:?}");
    let renewed = cookie(&proved);
    assert_ne!(renewed, alice);
    let old = ask(&api, Method::GET, "/api/v1/session", &alice).await;
    assert_eq!(old.problem(), (401, "unauthenticated"));
    let path = "/api/v1/account/backup-codes";
    assert_eq!(ask(&api, Method::POST, path, &renewed).await.status, 200);
}
