//! What holds for every route.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::Value;

use super::{Api, request, send, with_json};
use crate::access::Permission;

/// The operations that answer anybody.
const ANONYMOUS: [&str; 14] = [
    "GET /api/docs",
    "GET /api/docs/style.css",
    "GET /api/v1/openapi.json",
    "GET /api/v1/session/oidc/{name}/begin",
    "GET /api/v1/session/oidc/{name}/callback",
    "GET /api/v1/session/providers",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "POST /api/v1/invitations/redeem",
    "POST /api/v1/session",
    "POST /api/v1/session/certificate",
    "POST /api/v1/session/passkey/begin",
    "POST /api/v1/session/passkey/finish",
];

/// Method, path, and what the document says of it, of every operation.
fn operations() -> Vec<(Method, String, Value)> {
    let document = serde_json::to_value(crate::api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "0193a000-0000-7000-8000-000000000001");
            let path = path.replace("{rule}", "root-login-off");
            operations.push((method, path, operation.clone()));
        }
    }
    assert!(operations.len() > 15);
    operations
}

fn is_anonymous(method: &Method, path: &str) -> bool {
    ANONYMOUS.contains(&format!("{method} {path}").as_str())
}

#[tokio::test]
async fn no_route_answers_without_identity_but_those_on_the_list() {
    let api = Api::without_database();
    for (method, path, _) in operations().iter().filter(|(m, p, _)| !is_anonymous(m, p)) {
        let foreign = format!("openwatch_session={}", "A".repeat(43));
        for cookie in [
            "",
            "openwatch_session=",
            "openwatch_session=short",
            &foreign,
        ] {
            let request = request(method.clone(), path).header("cookie", cookie);
            let answer = send(&api.https, request.body(Body::empty()).unwrap()).await;
            if cookie == foreign {
                // A cookie that could be one is looked up; without a database nobody is let in.
                assert_eq!(answer.problem(), (503, "unavailable"), "{method} {path}");
            } else {
                assert_eq!(
                    answer.problem(),
                    (401, "unauthenticated"),
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_document_says_which_routes_are_anonymous() {
    for (method, path, operation) in operations() {
        let said = operation["security"] == serde_json::json!([{}]);
        assert_eq!(said, is_anonymous(&method, &path), "{method} {path}");
    }
}

#[tokio::test]
async fn every_route_names_what_it_asks() {
    for (method, path, operation) in operations() {
        let asks = operation["x-openwatch-permission"].as_str();
        let asks = asks.unwrap_or_else(|| panic!("{method} {path} asks nothing"));
        let word = ["anonymous", "signed-in", "local"].contains(&asks);
        assert!(
            word || asks.parse::<Permission>().is_ok(),
            "{method} {path} asks {asks}"
        );
        assert_eq!(
            asks == "anonymous",
            is_anonymous(&method, &path),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_document_says_that_all_others_can_refuse() {
    let document = serde_json::to_value(crate::api::openapi()).unwrap();
    for (method, path, operation) in operations() {
        let refusal = &operation["responses"]["401"];
        if is_anonymous(&method, &path) {
            let shared = refusal["$ref"].as_str();
            assert_eq!(shared, None, "{method} {path}");
            continue;
        }
        let place = refusal["$ref"].as_str().unwrap_or_default();
        let said = document.pointer(place.trim_start_matches('#'));
        let problem = said.map(|said| &said["content"]["application/problem+json"]["schema"]);
        let problem = problem.and_then(|schema| schema["$ref"].as_str());
        assert_eq!(
            problem,
            Some("#/components/schemas/Problem"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_write_without_the_header_is_refused_as_from_another_site() {
    let api = Api::without_database();
    for (method, path, _) in operations().into_iter().filter(|(m, ..)| *m != Method::GET) {
        for router in [&api.https, &api.local] {
            let request = Request::builder().method(method.clone()).uri(&path);
            let answer = send(router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.problem(), (403, "csrf"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_or_does_not_fit_is_a_problem() {
    let api = Api::without_database();
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v2/hosts"] {
        assert_eq!(api.get(path).await.problem(), (404, "not_found"), "{path}");
    }
    assert_eq!(
        api.delete("/api/v1/hosts").await.problem(),
        (405, "method_not_allowed")
    );
    let path = "/api/v1/enrollment-tokens";
    let long = request(Method::POST, path).header("content-type", "application/json");
    let long = send(
        &api.local,
        long.body(Body::from(" ".repeat(1024 * 1024 + 1))).unwrap(),
    )
    .await;
    assert_eq!(long.problem().0, 413);
    let typeless = request(Method::POST, path).body(Body::from("{}")).unwrap();
    assert_eq!(
        send(&api.local, typeless).await.problem(),
        (415, "bad_body")
    );
    let unknown = api
        .post(path, serde_json::json!({"name": "a", "grp": "b"}))
        .await;
    assert_eq!(unknown.problem(), (422, "bad_body"));
    assert!(
        unknown.body["detail"].as_str().unwrap().contains("grp"),
        "{unknown:?}"
    );
    assert_eq!(
        api.get("/api/v1/hosts?limit=x").await.problem(),
        (400, "bad_parameter")
    );
    assert_eq!(
        api.get("/api/v1/hosts?limit=501").await.problem(),
        (400, "bad_parameter")
    );
    assert_eq!(
        api.get("/api/v1/hosts?page=2").await.problem(),
        (400, "bad_parameter")
    );
}

#[tokio::test]
async fn a_database_that_is_away_is_said_and_its_error_is_not() {
    let api = Api::without_database();
    for path in ["/readyz", "/api/v1/hosts"] {
        let answer = api.get(path).await;
        assert_eq!(answer.problem(), (503, "unavailable"), "{path}");
        assert_eq!(answer.body["detail"], "the database does not answer");
    }
    assert_eq!(api.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_a_name() {
    let api = Api::without_database();
    for path in ["/", "/hosts", "/api/v1/info", "/api/v1/nothing", "/healthz"] {
        let get = Request::get(path)
            .header("x-request-id", "mine")
            .body(Body::empty())
            .unwrap();
        let headers = send(&api.https, get).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(headers.contains_key("strict-transport-security"), "{path}");
        assert_ne!(headers["x-request-id"], "mine", "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_and_counted() {
    let api = Api::without_database();
    let get = Request::get("/api/v1/openapi.json").header("accept-encoding", "gzip");
    let answer = send(&api.https, get.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers["content-encoding"], "gzip");
    let metrics = api.get("/metrics").await.body;
    let line = "openwatch_api_requests_total{class=\"2xx\"} 1";
    assert!(metrics.as_str().unwrap().contains(line), "{metrics}");
}

#[tokio::test]
async fn the_collector_says_what_it_is_to_those_who_are_signed_in() {
    let api = Api::without_database();
    let info = api.get("/api/v1/info").await.ok();
    assert_eq!(info["agents_address"], "collector.example:7443");
    let authority = api.get("/api/v1/authority").await.ok();
    assert_eq!(authority["fingerprint"].as_str().unwrap().len(), 64);
    assert!(
        authority["certificate_pem"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN")
    );
    let session = api.get("/api/v1/session").await.ok();
    assert_eq!(session["name"], "local administrator");
    assert_eq!(session["expires_at"], Value::Null);
}

#[tokio::test]
async fn an_account_cannot_be_made_by_somebody_who_is_not_there() {
    let api = Api::without_database();
    let body = serde_json::json!({"name": "eve"});
    let answer = send(
        &api.https,
        with_json(request(Method::POST, "/api/v1/accounts"), &body),
    )
    .await;
    assert_eq!(answer.problem(), (401, "unauthenticated"));
}
