//! What is written down of what is done and refused.

use axum::{
    Extension, Router,
    body::Body,
    http::Method,
    middleware::from_fn,
    routing::{any, post},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{
    Api, control, request, send,
    session::{ask, cookie, sign_in},
};
use crate::api::trail::{Notebook, insist};

const PASSWORD: &str = "correct horse battery";

impl Api {
    /// The texts of a chain's records.
    pub(super) async fn log(&self, stream: &str) -> Vec<Value> {
        let bodies: Vec<String> =
            sqlx::query_scalar("select body from audit_record where stream = $1 order by seq")
                .bind(stream)
                .fetch_all(&self.db)
                .await
                .unwrap();
        bodies
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }

    /// The last record of what was changed.
    pub(super) async fn last(&self) -> Value {
        self.log("change").await.pop().unwrap()
    }

    /// An account with this role, and its cookie.
    pub(super) async fn somebody(&self, name: &str, role: &str) -> String {
        let body = json!({"name": name, "password": PASSWORD, "role": role});
        self.post("/api/v1/accounts", body).await.ok();
        cookie(&sign_in(self, name, PASSWORD, "192.0.2.1").await)
    }
}

/// Action, target and both sides of a record.
fn told(record: &Value) -> (&str, String, &Value, &Value) {
    let target = &record["target"];
    let on = |field: &str| target[field].as_str().unwrap_or("-").to_owned();
    let target = format!("{} {} {}", on("kind"), on("id"), on("name"));
    let action = record["action"].as_str().unwrap();
    (action, target, &record["before"], &record["after"])
}

#[tokio::test]
async fn what_is_done_to_hosts_is_written_down() {
    let api = Api::new().await;
    api.sql(control::HOSTS).await;
    api.sql("update host set quarantine = 'twice there'").await;
    let host = control::host(1);
    let on = format!("host {host} h1");
    let path = |act: &str| format!("/api/v1/hosts/{host}/{act}");

    api.put(&path("labels"), json!({"role": "web"})).await.ok();
    api.put(&path("labels"), json!({"role": "db"})).await.ok();
    let record = api.last().await;
    let (web, db) = (json!({"role": "web"}), json!({"role": "db"}));
    assert_eq!(told(&record), ("host.label", on.clone(), &web, &db));
    assert_eq!(record["actor"], "local administrator");
    assert_eq!(record["how"], "socket");
    assert_eq!(record["address"], Value::Null);
    assert_eq!(record["at"], "2026-03-03T14:05:00.000000Z");

    api.post(&path("release"), json!({})).await.ok();
    let record = api.last().await;
    let (was, is) = (
        json!({"quarantine": "twice there"}),
        json!({"quarantine": null}),
    );
    assert_eq!(told(&record), ("host.release", on.clone(), &was, &is));

    let answer = api.post(&path("revoke"), json!({})).await;
    let record = api.last().await;
    let (was, is) = (
        json!({"revoked_at": null}),
        json!({"revoked_at": "2026-03-03T14:05:00.000000Z"}),
    );
    assert_eq!(told(&record), ("host.revoke", on, &was, &is));
    assert_eq!(
        record["request"],
        answer.headers["x-request-id"].to_str().unwrap()
    );

    let count = api.log("change").await.len();
    let nobody = api.post(
        "/api/v1/hosts/0193a000-0000-7000-8000-000000000001/revoke",
        json!({}),
    );
    assert_eq!(nobody.await.problem(), (404, "host_not_found"));
    assert_eq!(api.log("change").await.len(), count, "nothing was done");
}

#[tokio::test]
async fn settings_are_written_down_as_they_were_and_are() {
    let api = Api::new().await;
    api.sql(control::HOSTS).await;
    let group = api
        .post("/api/v1/groups", json!({"name": "web"}))
        .await
        .ok();
    let group = group["id"].as_str().unwrap();
    let host = control::host(2);
    for (path, on) in [
        (
            "/api/v1/settings".to_owned(),
            "fleet fleet fleet".to_owned(),
        ),
        (
            format!("/api/v1/groups/{group}/settings"),
            format!("group {group} web"),
        ),
        (
            format!("/api/v1/hosts/{host}/settings"),
            format!("host {host} h2"),
        ),
    ] {
        api.put(&path, json!({"reconcile_s": 3600})).await.ok();
        let record = api.last().await;
        let (action, target, before, after) = told(&record);
        assert_eq!(
            (action, &target, before),
            ("settings.set", &on, &Value::Null)
        );
        assert_eq!(after["reconcile_s"], 3600);
        api.put(&path, json!({"reconcile_s": 7200})).await.ok();
        let record = api.last().await;
        assert_eq!(record["before"]["reconcile_s"], 3600);
        assert_eq!(record["after"]["reconcile_s"], 7200);
        api.delete(&path).await.ok();
        let record = api.last().await;
        let (action, target, before, after) = told(&record);
        assert_eq!(
            (action, &target, after),
            ("settings.clear", &on, &Value::Null)
        );
        assert_eq!(before["reconcile_s"], 7200);
    }
}

#[tokio::test]
async fn windows_are_written_down_from_their_making_to_their_end() {
    let api = Api::new().await;
    api.sql(control::HOSTS).await;
    let fields = |reason: &str| json!({"host": control::host(1), "reason": reason});
    let made = api.post("/api/v1/maintenance", fields("disks")).await.ok();
    let id = made["id"].as_str().unwrap();
    let record = api.last().await;
    let on = |reason: &str| format!("maintenance {id} {reason}");
    assert_eq!(
        told(&record),
        ("maintenance.create", on("disks"), &Value::Null, &made)
    );
    let path = format!("/api/v1/maintenance/{id}");
    let after = api.put(&path, fields("fans")).await.ok();
    let record = api.last().await;
    assert_eq!(
        told(&record),
        ("maintenance.replace", on("fans"), &made, &after)
    );
    api.delete(&path).await.ok();
    let record = api.last().await;
    assert_eq!(
        told(&record),
        ("maintenance.delete", on("fans"), &after, &Value::Null)
    );
}

#[tokio::test]
async fn an_enrolment_token_is_written_down_without_its_text() {
    let api = Api::new().await;
    let issued = api
        .post("/api/v1/enrollment-tokens", json!({"name": "rack 7"}))
        .await
        .ok();
    let id = issued["id"].as_str().unwrap();
    let record = api.last().await;
    let on = format!("enrolment_token {id} rack 7");
    let (action, target, before, after) = told(&record);
    assert_eq!(
        (action, &target, before),
        ("enrolment.issue", &on, &Value::Null)
    );
    assert_eq!(
        (&after["group"], &after["state"]),
        (&json!("default"), &json!("active"))
    );
    assert!(
        !record
            .to_string()
            .contains(issued["token"].as_str().unwrap())
    );
    api.delete(&format!("/api/v1/enrollment-tokens/{id}"))
        .await
        .ok();
    let record = api.last().await;
    let (action, target, before, after) = told(&record);
    assert_eq!((action, &target), ("enrolment.withdraw", &on));
    assert_eq!(
        (&before["state"], &after["state"]),
        (&json!("active"), &json!("revoked"))
    );
}

#[tokio::test]
async fn who_signs_in_is_named_and_who_cannot_is_named_as_they_say() {
    let api = Api::new().await;
    api.somebody("alice", "viewer").await;
    for (name, password) in [
        ("alice", "wrong password"),
        ("my secret words", "x"),
        ("bob", "x"),
    ] {
        let refused = sign_in(&api, name, password, "192.0.2.1").await;
        assert_eq!(refused.problem(), (401, "bad_credentials"));
    }
    let log = api.log("access").await;
    let said: Vec<_> = log
        .iter()
        .map(|record| {
            let text = |field: &str| record[field].as_str().unwrap_or("-");
            (text("actor"), text("how"), text("action"), text("outcome"))
        })
        .collect();
    assert_eq!(
        said,
        [
            ("alice", "password", "session.begin", "done"),
            ("alice", "nobody", "session.refuse", "refused"),
            ("", "nobody", "session.refuse", "refused"),
            ("bob", "nobody", "session.refuse", "refused"),
        ]
    );
    assert_eq!(
        log[1]["after"],
        json!({"status": 401, "code": "bad_credentials"})
    );
    assert_eq!(log[1]["target"]["id"], "POST /api/v1/session");
    assert_eq!(log[1]["address"], "192.0.2.1");
    assert!(!format!("{log:?}").contains("secret") && !format!("{log:?}").contains("wrong"));
}

#[tokio::test]
async fn who_is_refused_is_written_down_with_what_they_wanted() {
    let api = Api::new().await;
    let viewer = api.somebody("alice", "viewer").await;
    let before = api.log("access").await.len();
    let path = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001/revoke";
    let refused = ask(&api, Method::POST, path, &viewer).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let unknown = format!("openwatch_session={}", "A".repeat(43));
    let refused = ask(&api, Method::GET, "/api/v1/hosts", &unknown).await;
    assert_eq!(refused.problem(), (401, "unauthenticated"));
    let token = request(Method::GET, "/api/v1/hosts").header("authorization", "Bearer owt_x");
    let refused = send(&api.https, token.body(Body::empty()).unwrap()).await;
    assert_eq!(refused.problem(), (401, "unauthenticated"));
    // Somebody who shows nothing is asked to sign in.
    let nothing = request(Method::GET, "/api/v1/hosts")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        send(&api.https, nothing).await.problem(),
        (401, "unauthenticated")
    );
    let log = api.log("access").await.split_off(before);
    let said: Vec<_> = log
        .iter()
        .map(|record| {
            let text = |place: &str| record.pointer(place).and_then(Value::as_str).unwrap_or("-");
            (
                text("/actor"),
                text("/how"),
                text("/target/id"),
                text("/after/code"),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                "alice",
                "password",
                "POST /api/v1/hosts/{id}/revoke",
                "forbidden"
            ),
            ("", "nobody", "GET /api/v1/hosts", "unauthenticated"),
            ("", "nobody", "GET /api/v1/hosts", "unauthenticated"),
        ]
    );
    assert_eq!(log[0]["target"]["name"], path);
    assert_eq!(log[0]["action"], "request.refuse");
}

#[tokio::test]
async fn a_flood_of_refusals_is_folded_into_counts() {
    let api = Api::new().await;
    let viewer = api.somebody("alice", "viewer").await;
    let before = api.log("access").await.len();
    for _ in 0..50 {
        let refused = ask(&api, Method::DELETE, "/api/v1/settings", &viewer).await;
        assert_eq!(refused.problem(), (403, "forbidden"));
    }
    api.refusals.fold().await;
    assert_eq!(
        api.log("access").await.len(),
        before + 20,
        "the minute is not over"
    );
    api.clock.advance(TimeDelta::minutes(1));
    api.refusals.fold().await;
    let log = api.log("access").await.split_off(before + 20);
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["action"], "request.refuse_more");
    let folded = json!({"since": "2026-03-03T14:05:00.000000Z", "refused": {"forbidden": 30}});
    assert_eq!(log[0]["after"], folded);
    assert_eq!(api.metrics.audit_refusals_folded.get(), 30);
}

#[tokio::test]
async fn a_change_that_writes_nothing_down_is_found() {
    let metrics = std::sync::Arc::new(crate::metrics::Metrics::default());
    let router = |notebook: Notebook| {
        Router::new()
            .route("/thing", any(async || "done"))
            .route("/refused", post(async || axum::http::StatusCode::FORBIDDEN))
            .route_layer(from_fn(insist))
            .layer(tower_http::catch_panic::CatchPanicLayer::new())
            .layer(Extension(notebook))
            .layer(Extension(metrics.clone()))
    };
    let ask = async |method: Method, path: &str, notebook: Notebook| {
        let request = request(method, path).body(Body::empty()).unwrap();
        router(notebook)
            .oneshot(request)
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let noted = Notebook::default();
    noted.note();
    assert_eq!(ask(Method::POST, "/thing", noted).await, 200);
    assert_eq!(ask(Method::GET, "/thing", Notebook::default()).await, 200);
    assert_eq!(
        ask(Method::POST, "/refused", Notebook::default()).await,
        403
    );
    assert_eq!(metrics.audit_unnoted.get(), 0);
    for (n, method) in [Method::POST, Method::PUT, Method::DELETE]
        .into_iter()
        .enumerate()
    {
        assert_eq!(ask(method, "/thing", Notebook::default()).await, 500);
        assert_eq!(metrics.audit_unnoted.get(), n as u64 + 1);
    }
}

#[tokio::test]
async fn the_collectors_own_role_can_only_add_records() {
    let api = Api::new().await;
    api.somebody("alice", "viewer").await;
    // A role that owns the tables and is no superuser, as an installation with a database of its own has it.
    api.sql(
        "create role collector; alter table audit_record owner to collector;
         alter table audit_stream owner to collector;
         revoke update, delete, truncate on audit_record from collector;
         grant usage on schema public to collector",
    )
    .await;
    let attempts = [
        "update audit_record set body = '{}'",
        "delete from audit_record",
        "truncate audit_record",
    ];
    let code = async |text: String| {
        let failed = sqlx::raw_sql(sqlx::AssertSqlSafe(text))
            .execute(&api.db)
            .await
            .unwrap_err();
        let code = failed
            .as_database_error()
            .and_then(|error| error.code())
            .unwrap();
        code.into_owned()
    };
    for text in attempts {
        // By privilege, and for those whom privileges do not bind by the trigger.
        assert_eq!(
            code(format!("set local role collector; {text}")).await,
            "42501",
            "{text}"
        );
        assert_eq!(code(text.into()).await, "P0001", "{text}");
    }
    assert_eq!(api.log("access").await.len(), 1);
}
