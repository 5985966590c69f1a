//! Authenticator apps and backup codes.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Answer, Api, request, send,
    session::{ask, cookie, sign_in},
    with_json,
};
use crate::factor::totp::Totp;

const PASSWORD: &str = "correct horse battery";
const FACTORS: &str = "/api/v1/account/factors";

/// Makes an account with this role, and signs in.
pub(super) async fn somebody(api: &Api, name: &str, role: &str) -> String {
    let body = json!({"name": name, "password": PASSWORD, "role": role});
    api.post("/api/v1/accounts", body).await.ok();
    cookie(&sign_in(api, name, PASSWORD, "192.0.2.1").await)
}

/// Sends a body as whoever has this cookie.
pub(super) async fn tell(
    api: &Api,
    method: Method,
    path: &str,
    cookie: &str,
    body: &Value,
) -> Answer {
    let request = request(method, path).header("cookie", cookie);
    send(&api.https, with_json(request, body)).await
}

async fn enter(api: &Api, name: &str, password: &str, code: &str) -> Answer {
    let body = json!({"name": name, "password": password, "code": code});
    let request = request(Method::POST, "/api/v1/session");
    send(&api.https, with_json(request, &body)).await
}

/// An app, as its owner has it.
struct App(totp_rs::Totp);

impl App {
    fn with(secret: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    /// What it shows so many steps from now.
    fn code(&self, api: &Api, steps: i64) -> String {
        let at = shared::clock::Clock::now(&*api.clock).timestamp() + 30 * steps;
        self.0.generate(at.try_into().unwrap()).to_string()
    }
}

/// Enrols an app; returns it with the backup codes.
async fn enrol(api: &Api, cookie: &str) -> (App, Vec<String>) {
    let begun = ask(api, Method::POST, "/api/v1/account/totp", cookie).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let app = App::with(begun.body["secret"].as_str().unwrap());
    let body = json!({"code": app.code(api, 0)});
    let path = "/api/v1/account/totp/confirm";
    let codes = tell(api, Method::POST, path, cookie, &body).await.ok();
    let codes = codes["backup_codes"].as_array().unwrap();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
    (app, codes.collect())
}

#[tokio::test]
async fn an_app_counts_when_a_code_of_it_was_shown_and_is_then_asked_for() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let confirm = "/api/v1/account/totp/confirm";
    let early = tell(
        &api,
        Method::POST,
        confirm,
        &alice,
        &json!({"code": "000000"}),
    )
    .await;
    assert_eq!(early.problem(), (409, "no_totp"));
    let begun = ask(&api, Method::POST, "/api/v1/account/totp", &alice).await;
    assert_eq!(begun.status, 201);
    let uri = begun.body["uri"].as_str().unwrap();
    assert!(
        uri.starts_with("otpauth://totp/OpenWatch:alice?secret="),
        "{uri}"
    );
    assert!(begun.body["qr"]["path"].as_str().unwrap().starts_with('M'));

    // Not confirmed, it is not asked for; the next one takes its place.
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "192.0.2.1").await.status,
        200
    );
    let first = App::with(begun.body["secret"].as_str().unwrap());
    let begun = ask(&api, Method::POST, "/api/v1/account/totp", &alice)
        .await
        .ok();
    let app = App::with(begun["secret"].as_str().unwrap());
    let old = json!({"code": first.code(&api, 0)});
    let wrong = tell(&api, Method::POST, confirm, &alice, &old).await;
    assert_eq!(wrong.problem(), (400, "wrong_code"));
    let code = app.code(&api, 0);
    let codes = tell(&api, Method::POST, confirm, &alice, &json!({"code": code}))
        .await
        .ok();
    assert_eq!(codes["backup_codes"].as_array().unwrap().len(), 10);
    let factors = ask(&api, Method::GET, FACTORS, &alice).await.ok();
    assert_eq!(factors["totp_since"], "2026-03-03T14:05:00.000000Z");
    assert_eq!(factors["backup_codes_left"], 10);
    let again = ask(&api, Method::POST, "/api/v1/account/totp", &alice).await;
    assert_eq!(again.problem(), (409, "totp_exists"));

    // Only who knows the password is told that a code is needed.
    let needed = sign_in(&api, "alice", PASSWORD, "192.0.2.1").await;
    assert_eq!(needed.problem(), (401, "code_needed"));
    assert!(!needed.headers.contains_key("set-cookie"));
    let wrong = enter(&api, "alice", "wrong", &app.code(&api, 1)).await;
    assert_eq!(wrong.problem(), (401, "bad_credentials"));
    // The code that confirmed it is used up.
    assert_eq!(
        enter(&api, "alice", PASSWORD, &code).await.problem(),
        (401, "bad_code")
    );
    let entered = enter(&api, "alice", PASSWORD, &app.code(&api, 1)).await;
    assert_eq!(entered.status, 200, "{entered:?}");
    assert_eq!(entered.body["how"], "password+code");
    // So is each, and all before it, also after the clock has moved on.
    for steps in [1, 0, -1] {
        let replayed = enter(&api, "alice", PASSWORD, &app.code(&api, steps)).await;
        assert_eq!(replayed.problem(), (401, "bad_code"), "{steps}");
    }
    api.clock.advance(TimeDelta::minutes(20));
    assert_eq!(
        enter(&api, "alice", PASSWORD, &app.code(&api, -2))
            .await
            .problem(),
        (401, "bad_code")
    );
    assert_eq!(
        enter(&api, "alice", PASSWORD, &app.code(&api, -1))
            .await
            .status,
        200
    );

    // Without it the password is enough again.
    let fresh = cookie(&enter(&api, "alice", PASSWORD, &app.code(&api, 0)).await);
    let gone = ask(&api, Method::DELETE, "/api/v1/account/totp", &fresh).await;
    assert_eq!(gone.status, 204);
    let gone = ask(&api, Method::DELETE, "/api/v1/account/totp", &fresh).await;
    assert_eq!(gone.problem(), (409, "no_totp"));
    let factors = ask(&api, Method::GET, FACTORS, &fresh).await.ok();
    assert_eq!(
        (&factors["totp_since"], &factors["backup_codes_left"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "192.0.2.1").await.status,
        200
    );
}

#[tokio::test]
async fn a_code_that_came_too_late_confirms_nothing() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let begun = ask(&api, Method::POST, "/api/v1/account/totp", &alice)
        .await
        .ok();
    let app = App::with(begun["secret"].as_str().unwrap());
    api.clock.advance(TimeDelta::minutes(11));
    let path = "/api/v1/account/totp/confirm";
    let late = tell(
        &api,
        Method::POST,
        path,
        &alice,
        &json!({"code": app.code(&api, 0)}),
    )
    .await;
    assert_eq!(late.problem(), (409, "no_totp"));
}

#[tokio::test]
async fn a_code_is_good_once_for_all_collectors_together() {
    let api = Api::new().await;
    let other = api.beside(|_| {});
    let alice = somebody(&api, "alice", "viewer").await;
    let (app, _) = enrol(&api, &alice).await;
    let code = app.code(&api, 1);
    let (here, there) = tokio::join!(
        enter(&api, "alice", PASSWORD, &code),
        enter(&other, "alice", PASSWORD, &code),
    );
    let mut statuses = [here.status.as_u16(), there.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn a_backup_code_is_good_once_and_until_others_are_made() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let early = ask(&api, Method::POST, "/api/v1/account/backup-codes", &alice).await;
    assert_eq!(early.problem(), (409, "no_factor"));
    let (_, codes) = enrol(&api, &alice).await;
    let bob = somebody(&api, "bob", "viewer").await;
    enrol(&api, &bob).await;

    let others = enter(&api, "bob", PASSWORD, &codes[0]).await;
    assert_eq!(others.problem(), (401, "bad_code"));
    let entered = enter(&api, "alice", PASSWORD, &codes[0].to_uppercase()).await;
    assert_eq!(entered.body["how"], "password+backup_code", "{entered:?}");
    let again = enter(&api, "alice", PASSWORD, &codes[0]).await;
    assert_eq!(again.problem(), (401, "bad_code"));
    let factors = ask(&api, Method::GET, FACTORS, &alice).await.ok();
    assert_eq!(factors["backup_codes_left"], 9);

    let renewed = ask(&api, Method::POST, "/api/v1/account/backup-codes", &alice)
        .await
        .ok();
    let old = enter(&api, "alice", PASSWORD, &codes[1]).await;
    assert_eq!(old.problem(), (401, "bad_code"));
    let new = renewed["backup_codes"][0].as_str().unwrap();
    assert_eq!(enter(&api, "alice", PASSWORD, new).await.status, 200);
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let (app, codes) = enrol(&api, &alice).await;
    // Whoever knows the password gets no more guesses by showing it without a code in between.
    for _ in 0..5 {
        let needed = enter(&api, "alice", PASSWORD, "").await;
        assert_eq!(needed.problem(), (401, "code_needed"));
        let wrong = enter(&api, "alice", PASSWORD, "000000").await;
        assert_eq!(wrong.problem(), (401, "bad_code"));
    }
    let waits = enter(&api, "alice", PASSWORD, &app.code(&api, 1)).await;
    assert_eq!(waits.problem(), (429, "too_many_attempts"));

    // And in all not more than a hundred, however long it takes.
    api.sql("update totp set failures = 99").await;
    api.clock.advance(TimeDelta::minutes(15));
    let wrong = enter(&api, "alice", PASSWORD, "000000").await;
    assert_eq!(wrong.problem(), (401, "bad_code"));
    let locked = enter(&api, "alice", PASSWORD, &app.code(&api, 0)).await;
    assert_eq!(locked.problem(), (401, "codes_locked"));
    let entered = enter(&api, "alice", PASSWORD, &codes[0]).await;
    assert_eq!(entered.status, 200, "{entered:?}");
}

#[tokio::test]
async fn what_one_signs_in_with_is_changed_by_oneself_alone_and_with_a_proof() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    enrol(&api, &alice).await;
    let changes = [
        (Method::POST, "/api/v1/account/totp"),
        (Method::DELETE, "/api/v1/account/totp"),
        (Method::POST, "/api/v1/account/backup-codes"),
    ];
    api.clock.advance(TimeDelta::minutes(15));
    for (method, path) in changes.clone() {
        let old = ask(&api, method, path, &alice).await;
        assert_eq!(old.problem(), (403, "proof_needed"), "{path}");
    }
    assert_eq!(ask(&api, Method::GET, FACTORS, &alice).await.status, 200);
    for (method, path) in changes {
        let request = request(method, path)
            .body(axum::body::Body::empty())
            .unwrap();
        let local = send(&api.local, request).await;
        assert_eq!(local.problem(), (403, "no_account"), "{path}");
    }
    let token = super::permit::token(&api, "alice", "{hosts.read}").await;
    let by_token = super::permit::with_token(&api, Method::GET, FACTORS, &token).await;
    assert_eq!(by_token.problem(), (403, "not_by_token"));
}

#[tokio::test]
async fn the_database_alone_tells_no_secret() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let begun = ask(&api, Method::POST, "/api/v1/account/totp", &alice)
        .await
        .ok();
    let text = begun["secret"].as_str().unwrap();
    let secret = totp_rs::Secret::try_from_base32(text).unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("select secret from totp")
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert!(
        !kept
            .windows(8)
            .any(|part| secret.as_bytes().starts_with(part))
    );
    let audited: String = sqlx::query_scalar("select string_agg(body, '') from audit_record")
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert!(audited.contains("totp.begin") && !audited.contains(text));
    assert!(Totp::new("alice", secret.as_bytes()).is_ok());
}

#[tokio::test]
async fn an_administrator_helps_who_has_lost_their_telephone() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    enrol(&api, &alice).await;
    let bob = somebody(&api, "bob", "admin").await;
    let path = "/api/v1/accounts/alice/factors";
    let carol = somebody(&api, "carol", "security_admin").await;
    let refused = ask(&api, Method::DELETE, path, &carol).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let nobody = ask(&api, Method::DELETE, "/api/v1/accounts/dave/factors", &bob).await;
    assert_eq!(nobody.problem(), (404, "account_not_found"));
    assert_eq!(ask(&api, Method::DELETE, path, &bob).await.status, 204);
    let ended = ask(&api, Method::GET, FACTORS, &alice).await;
    assert_eq!(ended.problem(), (401, "unauthenticated"));
    assert_eq!(
        sign_in(&api, "alice", PASSWORD, "192.0.2.1").await.status,
        200
    );

    // Who may make accounts, and not everything, does not weaken those of who may.
    api.sql(
        "insert into role (name, description, permissions, created_at, created_by)
         values ('desk', '', '{accounts.write}', now(), 'test');
         insert into role_binding (id, account_id, role, created_at, created_by)
         select gen_random_uuid(), id, 'desk', now(), 'test' from account where name = 'carol'",
    )
    .await;
    let above = ask(&api, Method::DELETE, "/api/v1/accounts/bob/factors", &carol).await;
    assert_eq!(above.problem(), (403, "beyond_own_rights"));
    assert_eq!(ask(&api, Method::DELETE, path, &carol).await.status, 204);
}

#[tokio::test]
async fn where_it_is_required_who_has_none_can_only_set_one_up() {
    let api = Api::new().await;
    let strict = api.beside(|state| state.required.factor = true);
    let alice = somebody(&strict, "alice", "admin").await;
    let session = ask(&strict, Method::GET, "/api/v1/session", &alice)
        .await
        .ok();
    assert_eq!(session["factor_needed"], true);
    for (method, path) in [
        (Method::GET, "/api/v1/hosts"),
        (Method::GET, "/api/v1/live"),
        (Method::GET, "/api/v1/info"),
        (Method::POST, "/api/v1/groups"),
    ] {
        let held = ask(&strict, method, path, &alice).await;
        assert_eq!(held.problem(), (403, "factor_needed"), "{path}");
    }
    assert_eq!(
        ask(&api, Method::GET, "/api/v1/hosts", &alice).await.status,
        200
    );

    let (app, _) = enrol(&strict, &alice).await;
    let session = ask(&strict, Method::GET, "/api/v1/session", &alice)
        .await
        .ok();
    assert_eq!(session["factor_needed"], false);
    assert_eq!(
        ask(&strict, Method::GET, "/api/v1/hosts", &alice)
            .await
            .status,
        200
    );
    let entered = enter(&strict, "alice", PASSWORD, &app.code(&strict, 1)).await;
    assert_eq!(
        (entered.status.as_u16(), &entered.body["factor_needed"]),
        (200, &json!(false))
    );
    // Without it, also who signed in with it is held.
    let alice = cookie(&entered);
    let gone = ask(&strict, Method::DELETE, "/api/v1/account/totp", &alice).await;
    assert_eq!(gone.status, 204);
    let held = ask(&strict, Method::GET, "/api/v1/hosts", &alice).await;
    assert_eq!(held.problem(), (403, "factor_needed"));
}

#[tokio::test]
async fn a_proof_needs_the_code_beside_the_password() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let (app, _) = enrol(&api, &alice).await;
    let path = "/api/v1/session/proof";
    let prove = async |code: Option<String>| {
        let body = json!({"password": PASSWORD, "code": code});
        tell(&api, Method::POST, path, &alice, &body).await
    };
    assert_eq!(prove(None).await.problem(), (401, "code_needed"));
    let wrong = prove(Some("000000".into())).await;
    assert_eq!(wrong.problem(), (401, "bad_code"));
    let proved = prove(Some(app.code(&api, 1))).await;
    assert_eq!(proved.status, 200, "{proved:?}");
    assert_ne!(cookie(&proved), alice);
}
