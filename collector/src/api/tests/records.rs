//! The audit log as it is read and taken away.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use super::{Api, request, send, session::ask};

const PATH: &str = "/api/v1/audit";

/// Tokens, one of which was withdrawn, by two people.
async fn acts() -> (Api, String) {
    let api = Api::new().await;
    let alice = api.somebody("alice", "admin").await;
    for name in ["one", "=two()"] {
        api.post("/api/v1/enrollment-tokens", json!({"name": name}))
            .await
            .ok();
    }
    let id = api
        .get("/api/v1/enrollment-tokens")
        .await
        .items("id")
        .pop()
        .unwrap();
    let path = format!("/api/v1/enrollment-tokens/{}", id.as_str().unwrap());
    assert_eq!(ask(&api, Method::DELETE, &path, &alice).await.status, 204);
    (api, alice)
}

impl Api {
    /// The actions of the records that are wanted, newest first.
    async fn actions(&self, query: &str) -> Vec<Value> {
        self.get(&format!("{PATH}?{query}")).await.items("action")
    }
}

#[tokio::test]
async fn records_are_found_by_who_what_when_and_where() {
    let (api, _) = acts().await;
    let issued = ["enrolment.issue"; 2].map(Value::from);
    assert_eq!(api.actions("action=enrolment.issue").await, issued);
    assert_eq!(api.actions("action=enrolment").await.len(), 3);
    assert_eq!(api.actions("action=enrol").await, [] as [Value; 0]);
    assert_eq!(
        api.actions("actor=alice&stream=change").await,
        ["enrolment.withdraw"]
    );
    assert_eq!(
        api.actions("actor=alice").await,
        ["enrolment.withdraw", "session.begin"]
    );
    assert_eq!(api.actions("address=192.0.2.1").await, ["session.begin"]);
    assert_eq!(api.actions("q=%3DTWO").await, ["enrolment.issue"]);
    assert_eq!(api.actions("q=%25").await, [] as [Value; 0], "no pattern");
    assert_eq!(
        api.actions("target_kind=account&outcome=done").await.len(),
        2
    );
    assert_eq!(
        api.actions("to=2026-03-03T14:05:00Z").await,
        [] as [Value; 0]
    );
    assert_eq!(api.actions("from=2026-03-03T14:05:00Z").await.len(), 5);
    let whole = api.actions("").await;
    assert_eq!(api.pages(PATH, 1, "action").await, whole);
    for query in [
        "stream=other",
        "outcome=good",
        "limit=0",
        "colour=red",
        "from=then",
    ] {
        let refused = api.get(&format!("{PATH}?{query}")).await;
        assert_eq!(refused.problem().0, 400, "{query}");
    }
    let long = api.get(&format!("{PATH}?q={}", "a".repeat(201))).await;
    assert_eq!(long.problem(), (400, "bad_parameter"));
}

#[tokio::test]
async fn one_record_has_what_was_before_and_after() {
    let (api, _) = acts().await;
    let shown = api.get(&format!("{PATH}/change/4")).await.ok();
    assert_eq!(
        (&shown["stream"], &shown["seq"]),
        (&json!("change"), &json!(4))
    );
    assert_eq!(
        (&shown["actor"], &shown["how"]),
        (&json!("alice"), &json!("password"))
    );
    assert_eq!(shown["before"]["state"], "active");
    assert_eq!(shown["after"]["state"], "revoked");
    assert_eq!(shown["hash"].as_str().unwrap().len(), 64);
    for path in ["change/5", "other/1", "change/x", "change/-1"] {
        let none = api.get(&format!("{PATH}/{path}")).await;
        assert_eq!(none.problem(), (404, "record_not_found"), "{path}");
    }
}

#[tokio::test]
async fn an_export_is_every_record_and_is_one_itself() {
    let (api, _) = acts().await;
    let taken = api.get(&format!("{PATH}/export")).await;
    assert_eq!(taken.headers["content-type"], "application/x-ndjson");
    let text = taken.ok();
    let lines: Vec<Value> = text
        .as_str()
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = lines
        .iter()
        .map(|line| (&line["stream"], &line["seq"]))
        .collect();
    let expected = [
        ("access", 1),
        ("change", 1),
        ("change", 2),
        ("change", 3),
        ("change", 4),
        ("change", 5),
    ]
    .map(|(stream, seq)| (json!(stream), json!(seq)));
    assert_eq!(
        places,
        expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>()
    );
    assert_eq!(lines[5]["record"]["action"], "audit.export");
    assert_eq!(lines[5]["record"]["after"]["format"], "jsonl");

    let table = api
        .get(&format!("{PATH}/export?format=csv&action=enrolment.issue"))
        .await;
    assert_eq!(
        table.headers["content-disposition"],
        "attachment; filename=\"audit.csv\""
    );
    let text = table.ok();
    let rows: Vec<&str> = text.as_str().unwrap().lines().collect();
    assert!(rows[0].starts_with("stream,seq,at,actor,"), "{rows:?}");
    assert_eq!(rows.len(), 3);
    // A spreadsheet does not take it for a formula.
    assert!(rows[2].contains(r#","'=two()","#), "{}", rows[2]);
    let filter = &api.log("change").await.pop().unwrap()["after"]["filter"];
    assert_eq!(filter["action"], "enrolment.issue");
}

#[tokio::test]
async fn who_may_read_the_log_may_not_take_it_away() {
    let (api, _) = acts().await;
    let reader = api.somebody("bob", "security_admin").await;
    for path in ["", "/access/1", "/verify"] {
        let path = format!("{PATH}{path}");
        assert_eq!(
            ask(&api, Method::GET, &path, &reader).await.status,
            200,
            "{path}"
        );
    }
    let export = format!("{PATH}/export");
    assert_eq!(
        ask(&api, Method::GET, &export, &reader).await.problem(),
        (403, "forbidden")
    );
    let viewer = api.somebody("carol", "viewer").await;
    for path in ["", "/access/1", "/verify", "/export"] {
        let path = format!("{PATH}{path}");
        let refused = ask(&api, Method::GET, &path, &viewer).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{path}");
        let nobody = request(Method::GET, &path).body(Body::empty()).unwrap();
        assert_eq!(
            send(&api.https, nobody).await.problem(),
            (401, "unauthenticated")
        );
    }
}
