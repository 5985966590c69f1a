//! API tokens.

use axum::{body::Body, http::Method};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Answer, Api,
    account::{records, tell},
    permit::{somebody, with_token},
    request, send,
    session::{ask, cookie, sign_in},
    with_json,
};

const OWN: &str = "/api/v1/account/tokens";

/// Makes a token, and returns it with its text.
async fn mint(api: &Api, cookie: &str, body: Value) -> (Value, String) {
    let made = tell(api, Method::POST, OWN, cookie, body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut about = made.body;
    let text = about.as_object_mut().unwrap().remove("token").unwrap();
    (about, text.as_str().unwrap().to_owned())
}

/// The same by a token.
async fn tell_by(api: &Api, method: Method, path: &str, token: &str, body: Value) -> Answer {
    let request = request(method, path).header("authorization", format!("Bearer {token}"));
    send(&api.https, with_json(request, &body)).await
}

fn id(token: &Value) -> &str {
    token["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_ended() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let body = json!({"name": " ci ", "permissions": ["rules.read", "hosts.read", "hosts.read"]});
    let (about, text) = mint(&api, &alice, body).await;
    assert_eq!(text.len(), 47);
    assert_eq!(
        about,
        json!({
            "id": about["id"], "name": "ci", "account": "alice",
            "permissions": ["hosts.read", "rules.read"], "groups": null,
            "created_at": "2026-03-03T14:05:00.000000Z", "created_by": "password",
            "expires_at": "2026-06-01T14:05:00.000000Z", "used_at": null, "revoked_at": null,
            "replaced_by": null, "state": "active",
        })
    );
    assert_eq!(
        with_token(&api, Method::GET, "/api/v1/hosts", &text)
            .await
            .status,
        200
    );
    let session = with_token(&api, Method::GET, "/api/v1/session", &text)
        .await
        .ok();
    assert_eq!(session["how"], format!("token:{}", id(&about)));
    let list = ask(&api, Method::GET, OWN, &alice).await.ok();
    assert_eq!(list["items"][0]["used_at"], "2026-03-03T14:05:00.000000Z");
    let kept: Vec<u8> = sqlx::query_scalar("select hash from api_token")
        .fetch_one(&api.db)
        .await
        .unwrap();
    assert_eq!(kept, crate::api::identity::hash(&text[4..]).unwrap());

    let path = format!("{OWN}/{}", id(&about));
    assert_eq!(ask(&api, Method::DELETE, &path, &alice).await.status, 204);
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(ask(&api, Method::DELETE, &path, &alice).await.status, 204);
    let ended = ask(&api, Method::GET, OWN, &alice).await.ok()["items"][0].clone();
    assert_eq!(
        (&ended["state"], &ended["revoked_at"]),
        (&json!("revoked"), &json!("2026-03-03T14:05:00.000000Z"))
    );
    let refused = with_token(&api, Method::GET, "/api/v1/hosts", &text).await;
    assert_eq!(refused.problem(), (401, "unauthenticated"));
    for unknown in ["x", "0193a000-0000-7000-8000-000000000001"] {
        let answer = ask(&api, Method::DELETE, &format!("{OWN}/{unknown}"), &alice).await;
        assert_eq!(answer.problem(), (404, "api_token_not_found"));
    }
    let all = serde_json::to_string(&records(&api, "change").await).unwrap();
    assert!(all.contains("token.create") && all.contains("token.delete"));
    assert!(!all.contains(&text[4..]), "its text is written down");
}

#[tokio::test]
async fn a_token_is_never_made_with_more_than_its_maker_has() {
    let api = Api::new().await;
    somebody(&api, "alice", "viewer").await;
    let group = |name| api.post("/api/v1/groups", json!({"name": name}));
    let (web, db) = (
        group("web").await.ok()["id"].clone(),
        group("db").await.ok()["id"].clone(),
    );
    let viewer = api.get("/api/v1/accounts/alice").await.ok()["bindings"][0]["id"].clone();
    let bindings = "/api/v1/accounts/alice/bindings";
    for role in ["viewer", "operator"] {
        api.post(bindings, json!({"role": role, "group": web}))
            .await
            .ok();
    }
    api.delete(&format!("{bindings}/{}", viewer.as_str().unwrap()))
        .await
        .ok();
    let alice = cookie(&sign_in(&api, "alice", super::permit::PASSWORD, "192.0.2.1").await);

    for (body, problem) in [
        (
            json!({"permissions": ["hosts.revoke"]}),
            (403, "beyond_own_rights"),
        ),
        (
            json!({"permissions": ["hosts.read", "accounts.write"]}),
            (403, "beyond_own_rights"),
        ),
        // A group that she does not see is not there.
        (
            json!({"permissions": ["hosts.read"], "groups": [db]}),
            (404, "group_not_found"),
        ),
        (
            json!({"permissions": ["hosts.read"], "groups": []}),
            (400, "bad_parameter"),
        ),
        (json!({"permissions": []}), (400, "bad_parameter")),
        (
            json!({"permissions": ["hosts.write"]}),
            (400, "bad_parameter"),
        ),
        (
            json!({"permissions": ["hosts.read"], "name": " "}),
            (400, "bad_parameter"),
        ),
        (
            json!({"permissions": ["hosts.read"], "expires_in_s": 59}),
            (400, "bad_parameter"),
        ),
        (
            json!({"permissions": ["hosts.read"], "expires_in_s": 31_536_001}),
            (400, "bad_parameter"),
        ),
        (
            json!({"permissions": ["hosts.read"], "account": "bob"}),
            (422, "bad_body"),
        ),
        (
            json!({"permissions": ["hosts.read"], "hash": "x"}),
            (422, "bad_body"),
        ),
        (
            json!({"permissions": ["hosts.read"], "expires_at": "2030-01-01T00:00:00Z"}),
            (422, "bad_body"),
        ),
    ] {
        let mut named = json!({"name": "t"});
        named
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let refused = tell(&api, Method::POST, OWN, &alice, named).await;
        assert_eq!(refused.problem(), problem, "{body}");
    }
    assert_eq!(
        ask(&api, Method::GET, OWN, &alice).await.items("id"),
        Vec::<Value>::new()
    );
    let narrow = json!({"name": "t", "permissions": ["hosts.label"], "groups": [web]});
    let (about, _) = mint(&api, &alice, narrow).await;
    assert_eq!(about["groups"], json!([{"id": web, "name": "web"}]));

    // What is about the fleet is for no group, whoever asks.
    let root = somebody(&api, "root", "admin").await;
    let fleet = json!({"name": "t", "permissions": ["audit.read"], "groups": [web]});
    let refused = tell(&api, Method::POST, OWN, &root, fleet).await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    // Without a group any more it is for none, and not for all.
    api.delete(&format!("/api/v1/groups/{}", web.as_str().unwrap()))
        .await
        .ok();
    assert_eq!(api.get("/api/v1/tokens").await.items("groups"), [json!([])]);
}

#[tokio::test]
async fn a_token_loses_what_its_maker_loses() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "operator").await;
    let body = json!({"name": "t", "permissions": ["hosts.label", "hosts.read"]});
    let (_, text) = mint(&api, &alice, body).await;
    let label = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001/labels";
    let labels = async || {
        tell_by(&api, Method::PUT, label, &text, json!({}))
            .await
            .status
            .as_u16()
    };
    assert_eq!(labels().await, 404);
    let bindings = "/api/v1/accounts/alice/bindings";
    let operator = api.get(bindings).await.items("id")[0].clone();
    api.post(bindings, json!({"role": "viewer"})).await.ok();
    api.delete(&format!("{bindings}/{}", operator.as_str().unwrap()))
        .await
        .ok();
    assert_eq!(labels().await, 403);
    assert_eq!(
        with_token(&api, Method::GET, "/api/v1/hosts", &text)
            .await
            .status,
        200
    );
    api.delete("/api/v1/accounts/alice").await.ok();
    let gone = with_token(&api, Method::GET, "/api/v1/hosts", &text).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn a_rotated_token_that_is_shown_again_is_refused_and_sounds_the_alarm() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "viewer").await;
    let body = json!({"name": "ci", "permissions": ["hosts.read"], "expires_in_s": 3600});
    let (old, old_text) = mint(&api, &alice, body).await;
    api.clock.advance(TimeDelta::minutes(10));
    let path = format!("{OWN}/{}/rotate", id(&old));
    let rotated = tell(&api, Method::POST, &path, &alice, json!(null)).await;
    assert_eq!(rotated.status, 201);
    let (new, new_text) = (&rotated.body, rotated.body["token"].as_str().unwrap());
    assert_ne!(new_text, old_text);
    assert_eq!(
        (&new["name"], &new["permissions"], &new["expires_at"]),
        (
            &json!("ci"),
            &json!(["hosts.read"]),
            &json!("2026-03-03T15:15:00.000000Z")
        )
    );
    let list = ask(&api, Method::GET, OWN, &alice).await.ok()["items"].clone();
    assert_eq!(
        (
            &list[1]["state"],
            &list[1]["replaced_by"],
            &list[0]["state"]
        ),
        (&json!("replaced"), &new["id"], &json!("active"))
    );

    let alarms = async || {
        let records = records(&api, "access").await;
        let of = |record: &&Value| record["action"] == "token.reuse";
        records.iter().filter(of).cloned().collect::<Vec<_>>()
    };
    let show = async |text: &str| with_token(&api, Method::GET, "/api/v1/hosts", text).await;
    assert_eq!(show(new_text).await.status, 200);
    assert_eq!(alarms().await, Vec::<Value>::new());
    // A program that goes on with the old one is not a record a second.
    for _ in 0..3 {
        assert_eq!(show(&old_text).await.problem(), (401, "token_replaced"));
    }
    let alarm = alarms().await;
    assert_eq!(alarm.len(), 1);
    assert_eq!(
        (
            &alarm[0]["actor"],
            &alarm[0]["outcome"],
            &alarm[0]["target"]["id"]
        ),
        (&json!("alice"), &json!("refused"), &old["id"])
    );
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(show(&old_text).await.problem(), (401, "token_replaced"));
    assert_eq!(alarms().await.len(), 2);
    assert_eq!(
        show(new_text).await.status,
        200,
        "whoever has the old one cannot end the new one"
    );
    let again = tell(&api, Method::POST, &path, &alice, json!(null)).await;
    assert_eq!(again.problem(), (409, "token_ended"));
}

#[tokio::test]
async fn a_token_makes_others_only_if_it_may_and_none_wider_than_itself() {
    let api = Api::new().await;
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let alice = somebody(&api, "alice", "admin").await;
    let plain = json!({"name": "plain", "permissions": ["hosts.read"]});
    let (_, plain) = mint(&api, &alice, plain).await;
    let (wide, _) = mint(
        &api,
        &alice,
        json!({"name": "w", "permissions": ["accounts.write"]}),
    )
    .await;
    let maker = json!({
        "name": "maker", "permissions": ["hosts.read", "tokens.own"], "groups": [group["id"]],
    });
    let (maker, maker_text) = mint(&api, &alice, maker).await;

    let child = json!({"name": "child", "permissions": ["hosts.read"]});
    for (method, path) in [
        (Method::POST, OWN.to_owned()),
        (Method::GET, OWN.to_owned()),
        (Method::DELETE, format!("{OWN}/{}", id(&wide))),
        (Method::POST, format!("{OWN}/{}/rotate", id(&wide))),
    ] {
        let refused = tell_by(&api, method, &path, &plain, child.clone()).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{path}");
    }
    for more in ["rules.read", "accounts.write"] {
        let more = json!({"name": "more", "permissions": [more]});
        let refused = tell_by(&api, Method::POST, OWN, &maker_text, more).await;
        assert_eq!(refused.problem(), (403, "beyond_own_rights"));
    }
    let made = tell_by(&api, Method::POST, OWN, &maker_text, child)
        .await
        .ok();
    assert_eq!(
        made["groups"],
        json!([{"id": group["id"], "name": "web"}]),
        "as of its maker"
    );
    assert_eq!(made["created_by"], format!("token:{}", id(&maker)));

    // The text of another one would be more than it has; its own it may renew.
    let other = format!("{OWN}/{}/rotate", id(&wide));
    let refused = tell_by(&api, Method::POST, &other, &maker_text, json!(null)).await;
    assert_eq!(refused.problem(), (403, "not_by_token"));
    let own = format!("{OWN}/{}/rotate", id(&maker));
    let renewed = tell_by(&api, Method::POST, &own, &maker_text, json!(null)).await;
    assert_eq!(renewed.status, 201);
    assert_eq!(renewed.body["groups"], maker["groups"]);
}

#[tokio::test]
async fn a_token_does_what_is_dangerous_only_if_it_was_made_for_it() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let dangerous = json!({"name": "a", "permissions": ["accounts.write"]});
    let (_, dangerous) = mint(&api, &alice, dangerous).await;
    let (_, plain) = mint(
        &api,
        &alice,
        json!({"name": "b", "permissions": ["accounts.read"]}),
    )
    .await;
    // Later, when she herself would have to show again who she is.
    api.clock.advance(TimeDelta::minutes(20));
    let new = json!({"name": "bob"});
    let accounts = "/api/v1/accounts";
    let refused = tell(&api, Method::POST, accounts, &alice, new.clone()).await;
    assert_eq!(refused.problem(), (403, "proof_needed"));
    let refused = tell_by(&api, Method::POST, accounts, &plain, new.clone()).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    assert_eq!(
        tell_by(&api, Method::POST, accounts, &dangerous, new)
            .await
            .status,
        201
    );
    // What its maker may does not count where it gives roles or touches those who have them.
    let role = json!({"name": "eve", "role": "viewer"});
    let refused = tell_by(&api, Method::POST, accounts, &dangerous, role).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let reset = json!({"name": "alice", "reset": true});
    let refused = tell_by(&api, Method::POST, accounts, &dangerous, reset).await;
    assert_eq!(refused.problem(), (403, "beyond_own_rights"));
}

#[tokio::test]
async fn administrators_see_and_end_the_tokens_of_all_who_are_no_more_than_they() {
    let api = Api::new().await;
    let alice = somebody(&api, "alice", "admin").await;
    let bob = somebody(&api, "bob", "viewer").await;
    let helpdesk = json!({
        "name": "helpdesk",
        "permissions": [
            "accounts.read", "accounts.write", "hosts.read", "facts.read", "metrics.read",
            "results.read", "drift.read", "baselines.read", "alerts.read", "rules.read", "groups.read",
            "maintenance.read", "system.read", "tokens.own", "waivers.read",
        ],
    });
    api.post("/api/v1/roles", helpdesk).await.ok();
    let carol = somebody(&api, "carol", "helpdesk").await;
    let (of_alice, _) = mint(
        &api,
        &alice,
        json!({"name": "a", "permissions": ["hosts.read"]}),
    )
    .await;
    api.clock.advance(TimeDelta::seconds(1));
    let (of_bob, text) = mint(
        &api,
        &bob,
        json!({"name": "b", "permissions": ["hosts.read"]}),
    )
    .await;

    let all = "/api/v1/tokens";
    assert_eq!(
        ask(&api, Method::GET, all, &carol).await.items("account"),
        ["bob", "alice"]
    );
    assert_eq!(api.pages(all, 1, "name").await, ["b", "a"]);
    assert_eq!(ask(&api, Method::GET, OWN, &bob).await.items("name"), ["b"]);
    assert_eq!(
        ask(&api, Method::GET, all, &bob).await.problem(),
        (403, "forbidden")
    );
    // Another's is not there.
    let path = format!("{OWN}/{}", id(&of_alice));
    for method in [Method::DELETE, Method::POST] {
        let path = if method == Method::POST {
            format!("{path}/rotate")
        } else {
            path.clone()
        };
        let refused = ask(&api, method, &path, &bob).await;
        assert_eq!(refused.problem(), (404, "api_token_not_found"));
    }
    let path = format!("{all}/{}", id(&of_alice));
    let refused = ask(&api, Method::DELETE, &path, &carol).await;
    assert_eq!(refused.problem(), (403, "beyond_own_rights"));
    let path = format!("{all}/{}", id(&of_bob));
    assert_eq!(ask(&api, Method::DELETE, &path, &carol).await.status, 204);
    assert_eq!(
        with_token(&api, Method::GET, "/api/v1/hosts", &text)
            .await
            .problem()
            .0,
        401
    );
    let unknown = format!("{all}/0193a000-0000-7000-8000-000000000001");
    assert_eq!(
        api.delete(&unknown).await.problem(),
        (404, "api_token_not_found")
    );
}

#[tokio::test]
async fn neither_the_local_administrator_nor_the_account_for_emergencies_has_tokens() {
    let api = Api::new().await;
    let body = json!({"name": "t", "permissions": ["hosts.read"]});
    assert_eq!(
        api.post(OWN, body.clone()).await.problem(),
        (403, "no_account")
    );
    assert_eq!(api.get(OWN).await.problem(), (403, "no_account"));
    let made = api
        .post("/api/v1/break-glass", json!({"name": "safe"}))
        .await
        .ok();
    let password = made["password"].as_str().unwrap();
    let safe = cookie(&sign_in(&api, "safe", password, "192.0.2.1").await);
    let refused = tell(&api, Method::POST, OWN, &safe, body).await;
    assert_eq!(refused.problem(), (403, "break_glass"));
    let none = request(Method::GET, OWN).body(Body::empty()).unwrap();
    assert_eq!(
        send(&api.https, none).await.problem(),
        (401, "unauthenticated")
    );
}
