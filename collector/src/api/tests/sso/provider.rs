//! What administrators say of providers.

use super::*;
use crate::api::tests::{session::cookie, with_json};

const PROVIDERS: &str = "/api/v1/identity-providers";
const CORP: &str = "/api/v1/identity-providers/corp";

#[tokio::test]
async fn the_secret_is_written_and_never_shown() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let shown = api.get(CORP).await.ok();
    assert_eq!(shown["has_client_secret"], true);
    assert_eq!(
        shown["redirect_uri"],
        "https://collector.example:8443/api/v1/session/oidc/corp/callback"
    );
    let listed = api.get(PROVIDERS).await.ok();
    assert_eq!(listed["items"], json!([shown]));
    let mut fields = fields(&idp);
    fields.as_object_mut().unwrap().remove("client_secret");
    fields["title"] = json!("Other");
    let changed = api.put(CORP, fields).await.ok();
    assert_eq!(
        (&changed["title"], &changed["has_client_secret"]),
        (&json!("Other"), &json!(true))
    );
    assert!(
        session(&sign_in(&api, &idp).await).is_some(),
        "what there was is kept"
    );

    let kept: Vec<u8> = sqlx::query_scalar("select client_secret from identity_provider")
        .fetch_one(&api.db)
        .await
        .unwrap();
    let told: Vec<String> = sqlx::query_scalar("select body from audit_record")
        .fetch_all(&api.db)
        .await
        .unwrap();
    assert!(!kept.windows(6).any(|part| part == &SECRET.as_bytes()[..6]));
    for told in [
        shown.to_string(),
        listed.to_string(),
        changed.to_string(),
        told.concat(),
    ] {
        assert!(!told.contains("a secret"), "{told}");
    }
    // Put into another row it is opened no more.
    let other = Idp::start(&api.clock).await;
    api.post(PROVIDERS, with(&other, json!({"name": "other"})))
        .await
        .ok();
    api.sql(
        "update identity_provider set client_secret =
             (select client_secret from identity_provider where name = 'corp')",
    )
    .await;
    let answer = ask(&api, Method::GET, "/api/v1/session/oidc/other/begin", "").await;
    assert_eq!(answer.problem(), (500, "internal"));
}

#[tokio::test]
async fn with_another_issuer_the_secret_is_given_anew_and_people_are_others() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let session = session(&sign_in(&api, &idp).await).unwrap();
    let other = Idp::start(&api.clock).await;
    let mut fields = fields(&other);
    fields.as_object_mut().unwrap().remove("client_secret");
    let refused = api.put(CORP, fields.clone()).await;
    assert_eq!(refused.problem(), (400, "bad_parameter"));
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .starts_with("client_secret"),
        "{refused:?}"
    );
    fields["client_secret"] = json!(SECRET);
    api.put(CORP, fields).await.ok();
    assert_eq!(count(&api, "account_link").await, 0);
    assert_eq!(count(&api, "role_binding").await, 0);
    let gone = ask(&api, Method::GET, "/api/v1/session", &session).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
    // Whoever is `person-1` there is not who was it here.
    assert_refused(&sign_in(&api, &other).await, "name");
}

#[tokio::test]
async fn a_provider_that_is_off_or_gone_lets_nobody_in_and_keeps_nobody() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let first = session(&sign_in(&api, &idp).await).unwrap();
    let sent = begin(&api, "", None).await;
    api.put(CORP, with(&idp, json!({"enabled": false})))
        .await
        .ok();
    assert_refused(
        &back(&api, &idp.consent(&sent.url), &sent.cookie).await,
        "gone",
    );
    let gone = ask(&api, Method::GET, "/api/v1/session", &first).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
    let begin = "/api/v1/session/oidc/corp/begin";
    assert_eq!(
        ask(&api, Method::GET, begin, "").await.problem(),
        (404, "provider_not_found")
    );
    let ways = ask(&api, Method::GET, "/api/v1/session/providers", "")
        .await
        .ok();
    assert_eq!(ways["items"], json!([]));

    api.put(CORP, fields(&idp)).await.ok();
    let second = session(&sign_in(&api, &idp).await).unwrap();
    assert_eq!(api.delete(CORP).await.status, 204);
    assert_eq!(
        api.delete(CORP).await.problem(),
        (404, "provider_not_found")
    );
    let gone = ask(&api, Method::GET, "/api/v1/session", &second).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
    assert_eq!(count(&api, "role_binding").await, 0);
    assert_eq!(count(&api, "account").await, 1);
}

#[tokio::test]
async fn what_cannot_be_a_provider_is_refused() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let again = with(&idp, json!({"issuer": "https://login.example"}));
    assert_eq!(
        api.post(PROVIDERS, again).await.problem(),
        (409, "provider_exists")
    );
    let same = with(&idp, json!({"name": "other"}));
    assert_eq!(
        api.post(PROVIDERS, same).await.problem(),
        (409, "provider_exists")
    );
    for (more, field) in [
        (json!({"name": "Corp"}), "name"),
        (json!({"name": "a/b"}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"issuer": "http://login.example"}), "issuer"),
        (json!({"issuer": "https://10.0.0.1"}), "issuer"),
        (
            json!({"issuer": "https://169.254.169.254/latest"}),
            "issuer",
        ),
        (json!({"issuer": "https://ann:pw@login.example"}), "issuer"),
        (json!({"issuer": "https://login.example/?a=b"}), "issuer"),
        (json!({"issuer": "login"}), "issuer"),
        (json!({"title": ""}), "title"),
        (json!({"client_id": "\n"}), "client_id"),
        (json!({"client_secret": ""}), "client_secret"),
        (json!({"ca_pem": "no certificate"}), "ca_pem"),
        (json!({"scopes": ["a b"]}), "scopes"),
        (
            json!({"mappings": [{"value": "", "role": "viewer"}]}),
            "value",
        ),
        (
            json!({"mappings": [{"value": "a", "role": "root"}]}),
            "role",
        ),
    ] {
        let new = json!({"name": "new", "issuer": "https://login.example"});
        let mut fields = with(&idp, new);
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let refused = api.post(PROVIDERS, fields).await;
        assert_eq!(refused.problem(), (400, "bad_parameter"), "{more}");
        assert!(
            refused.body["detail"].as_str().unwrap().starts_with(field),
            "{refused:?}"
        );
    }
    for more in [
        json!({"kind": "saml"}),
        json!({"created_by": "eve"}),
        json!({"redirect_uri": "https://evil.example"}),
    ] {
        assert_eq!(
            api.post(PROVIDERS, with(&idp, more)).await.problem().1,
            "bad_body"
        );
    }
    let stranger =
        json!([{"value": "a", "role": "viewer", "group": "0193a000-0000-7000-8000-000000000001"}]);
    let stranger = with(&idp, json!({"mappings": stranger}));
    assert_eq!(
        api.put(CORP, stranger).await.problem(),
        (404, "group_not_found")
    );
    let renamed = with(&idp, json!({"name": "other"}));
    assert_eq!(
        api.put(CORP, renamed.clone()).await.problem(),
        (400, "bad_parameter")
    );
    assert_eq!(
        api.put("/api/v1/identity-providers/other", renamed)
            .await
            .problem(),
        (404, "provider_not_found")
    );
    assert_eq!(count(&api, "identity_provider").await, 1);
}

#[tokio::test]
async fn nobody_gives_by_a_provider_what_they_have_not() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let password = "correct horse battery";
    api.sql(
        "insert into role (name, description, permissions, created_at, created_by)
         values ('sso', '', '{providers.write,accounts.read,hosts.read}', now(), 'test')",
    )
    .await;
    api.post(
        "/api/v1/accounts",
        json!({"name": "eve", "password": password, "role": "viewer"}),
    )
    .await
    .ok();
    api.sql("update role_binding set role = 'sso'").await;
    let eve = cookie(&super::super::session::sign_in(&api, "eve", password, "192.0.2.1").await);
    let as_eve = async |method: Method, path: &str, body: Value| {
        let request = request(method, path).header("cookie", &eve);
        send(&api.https, with_json(request, &body)).await
    };
    let mapped = |role: &str| {
        with(
            &idp,
            json!({"mappings": [{"value": "staff", "role": role}]}),
        )
    };
    for role in ["admin", "viewer"] {
        let refused = as_eve(Method::PUT, CORP, mapped(role)).await;
        assert_eq!(refused.problem(), (403, "beyond_own_rights"), "{role}");
    }
    assert_eq!(as_eve(Method::PUT, CORP, mapped("sso")).await.status, 200);
    // Nor does anybody become somebody who has more.
    api.post("/api/v1/accounts", json!({"name": "root"}))
        .await
        .ok();
    let link = json!({"subject": "eve-there", "account": "root"});
    let refused = as_eve(Method::POST, "/api/v1/identity-providers/corp/links", link).await;
    assert_eq!(refused.problem(), (403, "beyond_own_rights"));
}
