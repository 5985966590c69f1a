//! Accounts and their roles.

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    permit::{PASSWORD, somebody, with_token},
    request, send,
    session::{ask, cookie, sign_in},
    with_json,
};

const ACCOUNTS: &str = "/api/v1/accounts";

/// A request with a body by whoever has this cookie.
pub(super) async fn tell(
    api: &Api,
    method: Method,
    path: &str,
    cookie: &str,
    body: Value,
) -> Answer {
    let request = request(method, path).header("cookie", cookie);
    send(&api.https, with_json(request, &body)).await
}

/// The bodies of the records of a stream of the audit log, in their order.
pub(super) async fn records(api: &Api, stream: &str) -> Vec<Value> {
    let bodies: Vec<String> =
        sqlx::query_scalar("select body from audit_record where stream = $1 order by seq")
            .bind(stream)
            .fetch_all(&api.db)
            .await
            .unwrap();
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

/// A token of this account with these permissions, made behind the API's back.
pub(super) async fn planted_token(api: &Api, account: &str, permissions: &[&str]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use sha2::{Digest as _, Sha256};
    let secret = [9; 32];
    sqlx::query(
        "insert into api_token (id, hash, account_id, name, permissions, created_at, expires_at)
         select gen_random_uuid(), $1, id, 'planted', $2, $3, $3 + interval '90 days'
         from account where name = $4",
    )
    .bind(&Sha256::digest(secret)[..])
    .bind(permissions)
    .bind(super::start())
    .bind(account)
    .execute(&api.db)
    .await
    .unwrap();
    format!("owt_{}", URL_SAFE_NO_PAD.encode(secret))
}

#[tokio::test]
async fn an_account_is_made_shown_changed_and_deleted() {
    let api = Api::new().await;
    let admin = somebody(&api, "alice", "admin").await;
    let new =
        json!({"name": "bob", "display_name": " Bob ", "password": PASSWORD, "role": "viewer"});
    let made = tell(&api, Method::POST, ACCOUNTS, &admin, new.clone()).await;
    assert_eq!(made.status, 201);
    let mut bob = made.body;
    assert_eq!(
        bob.as_object_mut().unwrap().remove("password"),
        Some(json!(null))
    );
    let binding = bob["bindings"][0].clone();
    assert_eq!(
        bob,
        json!({
            "name": "bob", "display_name": "Bob", "state": "active", "has_password": true,
            "break_glass": false, "created_at": "2026-03-03T14:05:00.000000Z", "created_by": "alice",
            "disabled_at": null, "signed_in_at": null, "invited_until": null, "bindings": [binding],
        })
    );
    assert_eq!(
        (&binding["role"], &binding["group"], &binding["created_by"]),
        (&json!("viewer"), &json!(null), &json!("alice"))
    );
    let path = format!("{ACCOUNTS}/bob");
    assert_eq!(ask(&api, Method::GET, &path, &admin).await.ok(), bob);
    let again = tell(&api, Method::POST, ACCOUNTS, &admin, new).await;
    assert_eq!(again.problem(), (409, "account_exists"));

    sign_in(&api, "bob", PASSWORD, "192.0.2.1").await.ok();
    let fields = json!({"display_name": "Robert"});
    let changed = tell(&api, Method::PUT, &path, &admin, fields).await.ok();
    assert_eq!(
        (&changed["display_name"], &changed["signed_in_at"]),
        (&json!("Robert"), &json!("2026-03-03T14:05:00.000000Z"))
    );
    for name in ["carol", "dan"] {
        api.post(ACCOUNTS, json!({"name": name, "without_password": true}))
            .await
            .ok();
    }
    assert_eq!(
        api.pages(ACCOUNTS, 3, "name").await,
        ["alice", "bob", "carol", "dan"]
    );
    assert_eq!(
        api.get(&format!("{ACCOUNTS}/carol")).await.ok()["has_password"],
        false
    );

    assert_eq!(ask(&api, Method::DELETE, &path, &admin).await.status, 204);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::GET, format!("{path}/bindings")),
        (
            Method::DELETE,
            format!("{path}/bindings/{}", binding["id"].as_str().unwrap()),
        ),
    ] {
        let gone = ask(&api, method, &path, &admin).await;
        assert_eq!(gone.problem(), (404, "account_not_found"), "{path}");
    }
    for wrong in [
        json!({"name": "eve", "display_name": "a\nb"}),
        json!({"name": "eve", "without_password": true, "password": PASSWORD}),
        json!({"name": "alice", "reset": true, "role": "admin"}),
        json!({"name": "eve", "role": "nonsense"}),
    ] {
        let refused = api.post(ACCOUNTS, wrong.clone()).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{wrong}");
    }

    // Each is written down, with before and after and without the password.
    let records = records(&api, "change").await;
    let acts: Vec<_> = records
        .iter()
        .map(|r| r["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts,
        [
            "account.create",
            "account.create",
            "account.replace",
            "account.create",
            "account.create",
            "account.delete",
        ]
    );
    let replaced = &records[2];
    assert_eq!(replaced["before"]["display_name"], "Bob");
    assert_eq!(replaced["after"]["display_name"], "Robert");
    assert_eq!(
        (&replaced["actor"], &replaced["target"]["name"]),
        (&json!("alice"), &json!("bob"))
    );
    let text = serde_json::to_string(&records).unwrap();
    assert!(
        !text.contains(PASSWORD) && !text.contains("argon2"),
        "{text}"
    );
}

#[tokio::test]
async fn locking_an_account_ends_what_it_is_signed_in_with_at_once() {
    let api = Api::new().await;
    somebody(&api, "alice", "admin").await;
    let session = somebody(&api, "bob", "viewer").await;
    let token = planted_token(&api, "bob", &["hosts.read"]).await;
    let hosts = "/api/v1/hosts";
    assert_eq!(ask(&api, Method::GET, hosts, &session).await.status, 200);
    assert_eq!(
        with_token(&api, Method::GET, hosts, &token).await.status,
        200
    );

    let path = format!("{ACCOUNTS}/bob");
    let locked = api.put(&path, json!({"disabled": true})).await.ok();
    assert_eq!(
        (&locked["state"], &locked["disabled_at"]),
        (&json!("disabled"), &json!("2026-03-03T14:05:00.000000Z"))
    );
    assert_eq!(
        ask(&api, Method::GET, hosts, &session).await.problem().0,
        401
    );
    assert_eq!(
        with_token(&api, Method::GET, hosts, &token)
            .await
            .problem()
            .0,
        401
    );
    let refused = sign_in(&api, "bob", PASSWORD, "192.0.2.1").await;
    assert_eq!(refused.problem(), (401, "bad_credentials"));

    // It is locked since then, however often that is said.
    api.clock.advance(chrono::TimeDelta::minutes(1));
    let again = api.put(&path, json!({"disabled": true})).await.ok();
    assert_eq!(again["disabled_at"], locked["disabled_at"]);
    assert_eq!(api.put(&path, json!({})).await.ok()["state"], "active");
    // The session has ended for good, the token is the account's.
    assert_eq!(
        ask(&api, Method::GET, hosts, &session).await.problem().0,
        401
    );
    assert_eq!(
        with_token(&api, Method::GET, hosts, &token).await.status,
        200
    );
}

#[tokio::test]
async fn nobody_locks_themselves_out_and_the_last_administrator_stays() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let own = format!("{ACCOUNTS}/alice");
    let disabled = json!({"disabled": true});
    let bound = api.get(&own).await.ok()["bindings"][0]["id"].clone();
    let bound = format!("{own}/bindings/{}", bound.as_str().unwrap());
    // Not even by the local administrator.
    assert_eq!(
        api.put(&own, disabled.clone()).await.problem(),
        (409, "last_admin")
    );
    assert_eq!(api.delete(&own).await.problem(), (409, "last_admin"));
    assert_eq!(api.delete(&bound).await.problem(), (409, "last_admin"));

    // None of these is another one: locked, for emergencies, for a group only, not yet signed in to.
    api.post(ACCOUNTS, json!({"name": "bob", "password": PASSWORD}))
        .await
        .ok();
    let refused = tell(&api, Method::PUT, &own, &alice, disabled.clone()).await;
    assert_eq!(refused.problem(), (409, "own_account"));
    let refused = ask(&api, Method::DELETE, &own, &alice).await;
    assert_eq!(refused.problem(), (409, "own_account"));
    let reset = json!({"name": "alice", "reset": true});
    let refused = tell(&api, Method::POST, ACCOUNTS, &alice, reset).await;
    assert_eq!(refused.problem(), (409, "own_account"));
    api.put(&format!("{ACCOUNTS}/bob"), disabled.clone())
        .await
        .ok();
    assert_eq!(api.delete(&own).await.problem(), (409, "last_admin"));
    api.post("/api/v1/break-glass", json!({"name": "safe"}))
        .await
        .ok();
    assert_eq!(api.delete(&own).await.problem(), (409, "last_admin"));
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    api.post(
        ACCOUNTS,
        json!({"name": "carol", "role": "viewer", "password": PASSWORD}),
    )
    .await
    .ok();
    let of_group = json!({"role": "admin", "group": group["id"]});
    api.post(&format!("{ACCOUNTS}/carol/bindings"), of_group)
        .await
        .ok();
    assert_eq!(api.delete(&own).await.problem(), (409, "last_admin"));

    api.put(&format!("{ACCOUNTS}/bob"), json!({})).await.ok();
    assert_eq!(api.delete(&bound).await.status, 204);
    let bob = api.put(&format!("{ACCOUNTS}/bob"), disabled).await;
    assert_eq!(bob.problem(), (409, "last_admin"));
    assert_eq!(api.delete(&own).await.status, 204);
}

#[tokio::test]
async fn an_account_gets_roles_and_loses_them() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    somebody(&api, "bob", "admin").await;
    let path = format!("{ACCOUNTS}/alice/bindings");
    let label = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001/labels";
    let labels = async || {
        tell(&api, Method::PUT, label, &alice, json!({}))
            .await
            .status
            .as_u16()
    };
    assert_eq!(labels().await, 403);
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let new = json!({"role": "operator", "group": group["id"]});
    let made = api.post(&path, new.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body["group"],
        json!({"id": group["id"], "name": "web"})
    );
    assert_eq!(labels().await, 404, "from the next request on");
    assert_eq!(
        api.post(&path, new).await.problem(),
        (409, "binding_exists")
    );
    assert_eq!(api.get(&path).await.items("role"), ["viewer", "operator"]);

    let nowhere = json!({"role": "viewer", "group": "0193a000-0000-7000-8000-000000000001"});
    assert_eq!(
        api.post(&path, nowhere).await.problem(),
        (404, "group_not_found")
    );
    let unknown = api.post(&path, json!({"role": "root"})).await;
    assert_eq!(unknown.problem(), (400, "bad_parameter"));
    let of_other = format!(
        "{ACCOUNTS}/bob/bindings/{}",
        made.body["id"].as_str().unwrap()
    );
    assert_eq!(
        api.delete(&of_other).await.problem(),
        (404, "binding_not_found")
    );
    assert_eq!(
        api.delete(&format!("{path}/x")).await.problem(),
        (404, "binding_not_found")
    );

    let path = format!("{path}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(labels().await, 403);
    assert_eq!(
        api.delete(&path).await.problem(),
        (404, "binding_not_found")
    );
    let acts = records(&api, "change").await;
    let acts: Vec<_> = acts.iter().map(|record| &record["action"]).collect();
    assert_eq!(acts[acts.len() - 2..], ["binding.create", "binding.delete"]);
}

#[tokio::test]
async fn whoever_may_manage_accounts_does_not_become_more_by_it() {
    let api = Api::new().await;
    somebody(&api, "alice", "admin").await;
    let helpdesk = [
        "hosts.read",
        "rules.read",
        "accounts.read",
        "accounts.write",
        "roles.write",
    ];
    let role = json!({"name": "helpdesk", "permissions": helpdesk});
    api.post("/api/v1/roles", role).await.ok();
    let power = json!({"name": "power", "permissions": ["hosts.read", "hosts.revoke"]});
    api.post("/api/v1/roles", power).await.ok();
    let bob = somebody(&api, "bob", "helpdesk").await;
    let of_alice = api.get(&format!("{ACCOUNTS}/alice")).await.ok()["bindings"][0]["id"].clone();
    let of_alice = format!(
        "/api/v1/accounts/alice/bindings/{}",
        of_alice.as_str().unwrap()
    );

    let more = json!(["hosts.read", "hosts.revoke"]);
    for (method, path, body) in [
        // Himself, or somebody whose password he then knows.
        (
            Method::POST,
            "/api/v1/accounts/bob/bindings",
            json!({"role": "admin"}),
        ),
        (
            Method::POST,
            "/api/v1/accounts/bob/bindings",
            json!({"role": "power"}),
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"name": "eve", "role": "admin"}),
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"name": "alice", "reset": true}),
        ),
        // Nor does he take from those who may more.
        (
            Method::PUT,
            "/api/v1/accounts/alice",
            json!({"disabled": true}),
        ),
        (Method::DELETE, "/api/v1/accounts/alice", json!(null)),
        (Method::DELETE, &of_alice, json!(null)),
        (
            Method::POST,
            "/api/v1/accounts/alice/bindings",
            json!({"role": "helpdesk"}),
        ),
        // Roles: his own made more, a new one, one that has more made his.
        (
            Method::PUT,
            "/api/v1/roles/helpdesk",
            json!({"permissions": more}),
        ),
        (
            Method::POST,
            "/api/v1/roles",
            json!({"name": "mine", "permissions": more}),
        ),
        (
            Method::PUT,
            "/api/v1/roles/power",
            json!({"permissions": ["hosts.read"]}),
        ),
        (Method::DELETE, "/api/v1/roles/power", json!(null)),
    ] {
        let refused = tell(&api, method.clone(), path, &bob, body.clone()).await;
        assert_eq!(
            refused.problem(),
            (403, "beyond_own_rights"),
            "{method} {path} {body}"
        );
    }
    assert_eq!(api.get(ACCOUNTS).await.items("name"), ["alice", "bob"]);

    // What he has he gives.
    let role = json!({"name": "reader", "permissions": ["hosts.read"]});
    assert_eq!(
        tell(&api, Method::POST, "/api/v1/roles", &bob, role)
            .await
            .status,
        201
    );
    let new = json!({"name": "carol", "role": "reader"});
    assert_eq!(
        tell(&api, Method::POST, ACCOUNTS, &bob, new).await.status,
        201
    );
    // Without roles.write he gives none with a new account either.
    api.put(
        "/api/v1/roles/helpdesk",
        json!({"permissions": helpdesk[..4]}),
    )
    .await
    .ok();
    let new = json!({"name": "dan", "role": "reader"});
    let refused = tell(&api, Method::POST, ACCOUNTS, &bob, new).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let new = json!({"name": "dan"});
    let made = tell(&api, Method::POST, ACCOUNTS, &bob, new).await.ok();
    assert_eq!(made["bindings"], json!([]));
}

#[tokio::test]
async fn a_role_is_given_no_further_than_one_has_it() {
    let api = Api::new().await;
    somebody(&api, "alice", "admin").await;
    let bob = somebody(&api, "bob", "viewer").await;
    somebody(&api, "carol", "viewer").await;
    let roles = json!({"name": "roles", "permissions": ["roles.write"]});
    api.post("/api/v1/roles", roles).await.ok();
    let group = |name| api.post("/api/v1/groups", json!({"name": name}));
    let (web, db) = (
        group("web").await.ok()["id"].clone(),
        group("db").await.ok()["id"].clone(),
    );
    let of_bob = format!("{ACCOUNTS}/bob/bindings");
    api.post(&of_bob, json!({"role": "roles"})).await.ok();
    api.post(&of_bob, json!({"role": "operator", "group": web}))
        .await
        .ok();

    let label = json!({"name": "label", "permissions": ["hosts.label"]});
    let refused = tell(&api, Method::POST, "/api/v1/roles", &bob, label.clone()).await;
    assert_eq!(
        refused.problem(),
        (403, "beyond_own_rights"),
        "it could be given everywhere"
    );
    api.post("/api/v1/roles", label).await.ok();
    let of_carol = format!("{ACCOUNTS}/carol/bindings");
    for elsewhere in [
        json!({"role": "label"}),
        json!({"role": "label", "group": db}),
    ] {
        let refused = tell(&api, Method::POST, &of_carol, &bob, elsewhere.clone()).await;
        assert_eq!(refused.problem(), (403, "beyond_own_rights"), "{elsewhere}");
    }
    let here = json!({"role": "label", "group": web});
    assert_eq!(
        tell(&api, Method::POST, &of_carol, &bob, here).await.status,
        201
    );
}

#[tokio::test]
async fn fields_that_nobody_may_set_are_refused_and_not_left_aside() {
    let api = Api::new().await;
    somebody(&api, "alice", "admin").await;
    let permissions = ["hosts.read"];
    let role = json!({"name": "reader", "permissions": permissions});
    api.post("/api/v1/roles", role.clone()).await.ok();
    let account = json!({"name": "eve"});
    let binding = json!({"role": "viewer"});
    for (path, put, body, fields) in [
        (
            ACCOUNTS,
            false,
            account,
            &[
                "break_glass",
                "bindings",
                "id",
                "created_by",
                "password_hash",
            ][..],
        ),
        (
            "/api/v1/accounts/alice",
            true,
            json!({}),
            &["break_glass", "name", "role", "bindings"],
        ),
        (
            "/api/v1/accounts/alice/bindings",
            false,
            binding,
            &["account", "id", "scope"],
        ),
        (
            "/api/v1/roles",
            false,
            json!({"name": "r", "permissions": permissions}),
            &["built_in"],
        ),
        (
            "/api/v1/roles/reader",
            true,
            json!({"permissions": permissions}),
            &["name", "created_by"],
        ),
        (
            "/api/v1/break-glass",
            false,
            json!({"name": "safe"}),
            &["role", "password"],
        ),
    ] {
        for field in fields {
            let mut body = body.clone();
            body[*field] = json!("x");
            let answer = match put {
                true => api.put(path, body).await,
                false => api.post(path, body).await,
            };
            assert_eq!(answer.problem(), (422, "bad_body"), "{path} {field}");
            assert!(
                answer.body["detail"].as_str().unwrap().contains(field),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_text_that_the_database_cannot_have_is_the_name_of_nothing() {
    let api = Api::new().await;
    somebody(&api, "alice", "admin").await;
    assert_eq!(
        sign_in(&api, "a\0", PASSWORD, "192.0.2.1").await.problem(),
        (401, "bad_credentials")
    );
    for path in [
        "/api/v1/accounts/%00",
        "/api/v1/accounts/%00/bindings",
        "/api/v1/roles/%00",
    ] {
        assert_eq!(api.get(path).await.problem().0, 404, "{path}");
    }
    let role = api
        .post("/api/v1/accounts/alice/bindings", json!({"role": "\0"}))
        .await;
    assert_eq!(role.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn the_account_for_emergencies_is_never_used_unnoticed() {
    let api = Api::new().await;
    let made = api
        .post("/api/v1/break-glass", json!({"name": "safe"}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["break_glass"], true);
    assert_eq!(made.body["bindings"][0]["role"], "admin");
    let password = made.body["password"].as_str().unwrap();
    assert_eq!(password.len(), 24);
    let again = api
        .post("/api/v1/break-glass", json!({"name": "safe"}))
        .await;
    assert_eq!(again.problem(), (409, "account_exists"));
    assert_eq!(api.metrics.break_glass_sign_ins.get(), 0);

    assert_eq!(
        sign_in(&api, "safe", "wrong", "192.0.2.1")
            .await
            .problem()
            .0,
        401
    );
    let answer = sign_in(&api, "safe", password, "192.0.2.1").await;
    let cookie = cookie(&answer);
    assert_eq!(answer.ok()["alert"], true);
    let session = ask(&api, Method::GET, "/api/v1/session", &cookie)
        .await
        .ok();
    assert_eq!(session["alert"], true);
    assert_eq!(api.metrics.break_glass_sign_ins.get(), 1);
    let records = records(&api, "access").await;
    let used = records
        .iter()
        .find(|record| record["action"] == "break_glass.use")
        .unwrap();
    assert_eq!(
        (&used["actor"], &used["address"]),
        (&json!("safe"), &json!("192.0.2.1"))
    );

    let other = somebody(&api, "alice", "admin").await;
    let session = ask(&api, Method::GET, "/api/v1/session", &other).await.ok();
    assert_eq!(session["alert"], false);
    assert_eq!(api.metrics.break_glass_sign_ins.get(), 1);
}
