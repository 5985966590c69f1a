//! Signing in at a provider, over real HTTPS and with real signatures.

use axum::{
    body::Body,
    http::{Method, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;

use super::{
    Answer, Api,
    idp::{CLIENT, Idp, SECRET, Signs, key},
    request, send,
    session::ask,
};

mod arrive;
mod provider;
mod refused;
mod rights;

/// A provider that the collector knows as `corp`, which gives its staff a role here.
async fn corp(api: &Api) -> Idp {
    let idp = Idp::start(&api.clock).await;
    api.post("/api/v1/identity-providers", fields(&idp))
        .await
        .ok();
    idp
}

fn fields(idp: &Idp) -> Value {
    json!({
        "name": "corp", "title": "Corporate sign-in", "issuer": idp.issuer, "client_id": CLIENT,
        "client_secret": SECRET, "just_in_time": true, "ca_pem": idp.ca_pem,
        "mappings": [{"value": "staff", "role": "viewer"}, {"value": "chiefs", "role": "admin"}],
    })
}

/// The same with some fields otherwise.
fn with(idp: &Idp, more: Value) -> Value {
    let mut fields = fields(idp);
    fields
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    fields
}

/// A browser that was sent to the provider.
struct Sent {
    url: Url,
    cookie: String,
}

async fn begin(api: &Api, query: &str, cookie: Option<&str>) -> Sent {
    let request = request(
        Method::GET,
        &format!("/api/v1/session/oidc/corp/begin{query}"),
    );
    let request = match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    };
    let answer = send(&api.https, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/api/v1/session/oidc",
        "Max-Age=600",
    ] {
        assert!(set.contains(attribute), "{set}");
    }
    Sent {
        url: location(&answer).parse().unwrap(),
        cookie: set.split(';').next().unwrap().into(),
    }
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.headers[header::LOCATION].to_str().unwrap()
}

/// The browser comes back.
async fn back(api: &Api, path: &str, cookie: &str) -> Answer {
    let request = request(Method::GET, path).header("cookie", cookie);
    send(&api.https, request.body(Body::empty()).unwrap()).await
}

/// There and back.
async fn sign_in(api: &Api, idp: &Idp) -> Answer {
    let sent = begin(api, "", None).await;
    back(api, &idp.consent(&sent.url), &sent.cookie).await
}

/// The cookie of the session that an answer begins, as a browser sends it back.
fn session(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    let mut ours = cookies.filter(|cookie| cookie.starts_with("openwatch_session="));
    ours.next().map(|cookie| {
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        cookie.split(';').next().unwrap().into()
    })
}

/// That nobody was let in, and for this reason.
fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!(location(answer), format!("/sign-in?refused={code}"));
    assert_eq!(session(answer), None);
}

/// What the audit log says of the last refusal.
async fn why(api: &Api) -> Value {
    let body: String = sqlx::query_scalar(
        "select body from audit_record where stream = 'access' and outcome = 'refused'
         order by seq desc limit 1",
    )
    .fetch_one(&api.db)
    .await
    .unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    body["after"]["why"].clone()
}

async fn count(api: &Api, table: &'static str) -> i64 {
    let text = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(text))
        .fetch_one(&api.db)
        .await
        .unwrap()
}

async fn who(api: &Api, cookie: &str) -> Value {
    ask(api, Method::GET, "/api/v1/session", cookie).await.ok()
}
