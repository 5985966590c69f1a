//! What follows from groups, and who is whom.

use super::*;

async fn roles(api: &Api) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select role, provider from role_binding order by role, provider")
        .fetch_all(&api.db)
        .await
        .unwrap()
}

fn from(role: &str, provider: Option<&str>) -> (String, Option<String>) {
    (role.into(), provider.map(Into::into))
}

#[tokio::test]
async fn what_follows_from_groups_is_made_anew_at_each_sign_in() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let groups = async |groups: Value| {
        idp.claim("groups", groups);
        sign_in(&api, &idp).await
    };
    let first = session(&groups(json!(["staff", "chiefs", 7])).await).unwrap();
    assert_eq!(
        roles(&api).await,
        [from("admin", Some("corp")), from("viewer", Some("corp"))]
    );
    // By hand as well: that stays.
    api.sql(
        "insert into role_binding (id, account_id, role, created_at, created_by)
         select gen_random_uuid(), id, 'viewer', now(), 'test' from account",
    )
    .await;
    session(&groups(json!("staff")).await).unwrap();
    assert_eq!(
        roles(&api).await,
        [from("viewer", Some("corp")), from("viewer", None)]
    );
    // The session that began before has lost it too.
    let refused = ask(&api, Method::GET, "/api/v1/identity-providers", &first).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    session(&groups(Value::Null).await).unwrap();
    assert_eq!(roles(&api).await, [from("viewer", None)]);
    // With nothing left nobody is let in, and what was given is gone.
    api.sql("delete from role_binding").await;
    session(&groups(json!(["staff"])).await).unwrap();
    for none in [
        json!([]),
        json!({"staff": true}),
        json!(["STAFF", " staff"]),
    ] {
        assert_refused(&groups(none).await, "no_access");
        assert!(roles(&api).await.is_empty());
    }
    let acts: Vec<String> =
        sqlx::query_scalar("select action from audit_record where stream = 'change' order by seq")
            .fetch_all(&api.db)
            .await
            .unwrap();
    assert_eq!(
        acts.iter().filter(|act| *act == "account.create").count(),
        1
    );
    assert_eq!(
        acts.iter().filter(|act| *act == "binding.follow").count(),
        5,
        "{acts:?}"
    );
}

#[tokio::test]
async fn a_role_may_hold_for_the_hosts_of_a_group() {
    let api = Api::new().await;
    let idp = Idp::start(&api.clock).await;
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let mapping = json!([{"value": "staff", "role": "operator", "group": group["id"]}]);
    let made = api
        .post(
            "/api/v1/identity-providers",
            with(&idp, json!({"mappings": mapping})),
        )
        .await
        .ok();
    assert_eq!(made["mappings"], mapping);
    let session = session(&sign_in(&api, &idp).await).unwrap();
    let grants = who(&api, &session).await["grants"].clone();
    let labels = grants
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["permission"] == "hosts.label");
    assert_eq!(labels.unwrap()["everywhere"], false);
}

#[tokio::test]
async fn nobody_gets_an_account_to_whom_nothing_is_given() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    idp.claim("groups", json!(["guests"]));
    assert_refused(&sign_in(&api, &idp).await, "no_access");
    idp.claim("groups", json!(["staff"]));
    for name in [
        Value::Null,
        json!(""),
        json!("a b"),
        json!("x".repeat(65)),
        json!("a/../b"),
    ] {
        idp.claim("preferred_username", name);
        assert_refused(&sign_in(&api, &idp).await, "name");
    }
    assert_eq!(count(&api, "account").await, 0);
    assert_eq!(count(&api, "account_link").await, 0);
}

#[tokio::test]
async fn a_name_or_an_address_that_is_known_here_makes_nobody_that_account() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    for name in ["alice", "alice@example.com"] {
        api.post("/api/v1/accounts", json!({"name": name}))
            .await
            .ok();
    }
    assert_refused(&sign_in(&api, &idp).await, "name");
    let fields = with(&idp, json!({"name_claim": "email"}));
    api.put("/api/v1/identity-providers/corp", fields)
        .await
        .ok();
    idp.claim("email", json!("alice@example.com"));
    idp.claim("email_verified", json!(true));
    assert_refused(&sign_in(&api, &idp).await, "name");
    assert_eq!(count(&api, "session").await, 0);
}

#[tokio::test]
async fn without_accounts_on_arrival_somebody_says_who_is_whom() {
    let api = Api::new().await;
    let idp = Idp::start(&api.clock).await;
    api.post(
        "/api/v1/identity-providers",
        with(&idp, json!({"just_in_time": false})),
    )
    .await
    .ok();
    assert_refused(&sign_in(&api, &idp).await, "unknown");
    api.post(
        "/api/v1/accounts",
        json!({"name": "alice", "role": "viewer"}),
    )
    .await
    .ok();
    let links = "/api/v1/identity-providers/corp/links";
    let link = json!({"subject": "person-1", "account": "alice"});
    let made = api.post(links, link.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        api.post(links, link.clone()).await.problem(),
        (409, "link_exists")
    );
    for (body, problem) in [
        (
            json!({"subject": "person-2", "account": "nobody"}),
            (404, "account_not_found"),
        ),
        (
            json!({"subject": " ", "account": "alice"}),
            (400, "bad_parameter"),
        ),
        (
            json!({"subject": "a", "account": "alice", "admin": true}),
            (422, "bad_body"),
        ),
    ] {
        assert_eq!(api.post(links, body).await.problem(), problem);
    }
    let session = session(&sign_in(&api, &idp).await).unwrap();
    assert_eq!(who(&api, &session).await["name"], "alice");
    let listed = api.get(links).await.ok();
    assert_eq!(listed["items"][0]["used_at"], "2026-03-03T14:05:00.000000Z");
    assert_eq!(listed["next"], Value::Null);

    api.sql("update account set disabled_at = now()").await;
    assert_refused(&sign_in(&api, &idp).await, "locked");
    api.sql("update account set disabled_at = null, break_glass = true")
        .await;
    assert_refused(&sign_in(&api, &idp).await, "locked");
    let other = json!({"subject": "person-2", "account": "alice"});
    assert_eq!(api.post(links, other).await.problem(), (403, "break_glass"));
    api.sql("update account set break_glass = false").await;
    let path = format!("{links}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.delete(&path).await.problem(), (404, "link_not_found"));
    let gone = ask(&api, Method::GET, "/api/v1/session", &session).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
    assert_refused(&sign_in(&api, &idp).await, "unknown");
}
