//! The API as its clients see it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use shared::clock::{Clock as _, ManualClock};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::{
    alerter::Alerter,
    api::{AppState, Limits, Rate, Refusals, Required, local_router, router},
    authority::Authority,
    factor::passkey::Passkeys,
    fleet::Fleet,
    housekeeper::Housekeeper,
    live::Feed,
    metrics::Metrics,
    notary::Notary,
    outbound::Outbound,
    registrar::Registrar,
    retention::Keep,
    store::test_db::{Server, test_pool},
};

mod access;
mod account;
mod activity;
mod alert;
mod api_token;
mod audit;
mod authenticator;
mod baseline;
mod bell;
mod compliance;
mod content;
mod control;
mod cursor;
mod derive;
mod document;
mod drift;
mod etag;
mod export;
mod fact;
mod fleet;
mod found;
mod group;
mod guard;
mod host;
mod idempotency;
mod idp;
mod limit;
mod live;
mod manipulation;
mod metric;
mod notification;
mod passkey;
mod password;
mod permit;
mod posture;
mod preference;
mod proof;
mod records;
mod reference;
mod release;
mod result;
mod retention;
mod role;
mod rollout;
mod scope;
mod session;
mod sso;
mod token;
mod totp;
mod waiver;
mod walk;

/// A router of each kind over one state.
struct Api {
    https: Router,
    local: Router,
    db: PgPool,
    clock: Arc<ManualClock>,
    feed: Feed,
    metrics: Arc<Metrics>,
    refusals: Refusals,
    notary: Notary,
    alerter: Alerter,
    exports: Arc<crate::api::Exports>,
    housekeeper: Housekeeper,
    files: Arc<TempDir>,
    _server: Option<Server>,
}

/// Where the console is.
const ORIGIN: &str = "https://localhost:8443";

/// As often as one likes.
const UNLIMITED: Rate = Rate {
    per_minute: 0,
    burst: 1,
};

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// Status and `code` of a problem.
    fn problem(&self) -> (u16, &str) {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{self:?}"
        );
        (
            self.status.as_u16(),
            self.body["code"].as_str().unwrap_or("no code"),
        )
    }

    fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.body
    }

    /// One field of each item.
    fn items(self, field: &str) -> Vec<Value> {
        let body = self.ok();
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item[field].clone())
            .collect()
    }
}

fn start() -> DateTime<Utc> {
    "2026-03-03T14:05:00Z".parse().unwrap()
}

impl Api {
    /// With a database of its own.
    async fn new() -> Self {
        Self::set(|_| {}).await
    }

    /// With other settings.
    async fn set(change: impl FnOnce(&mut AppState)) -> Self {
        let (db, server) = test_pool().await;
        Self::over(db, Some(server), change)
    }

    /// For what must not ask the database: there is none.
    fn without_database() -> Self {
        Self::over_nothing(|_| {})
    }

    fn over_nothing(change: impl FnOnce(&mut AppState)) -> Self {
        let options = PgConnectOptions::new_without_pgpass().socket("/nonexistent");
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(100));
        Self::over(pool.connect_lazy_with(options), None, change)
    }

    fn over(db: PgPool, server: Option<Server>, change: impl FnOnce(&mut AppState)) -> Self {
        let files = tempfile::tempdir().unwrap();
        Self::at(
            db,
            server,
            ManualClock::at(start()),
            Arc::new(files),
            change,
        )
    }

    /// Another collector of the same installation.
    fn beside(&self, change: impl FnOnce(&mut AppState)) -> Self {
        let (clock, files) = (self.clock.clone(), self.files.clone());
        Self::at(self.db.clone(), None, clock, files, change)
    }

    fn at(
        db: PgPool,
        server: Option<Server>,
        clock: Arc<ManualClock>,
        files: Arc<TempDir>,
        change: impl FnOnce(&mut AppState),
    ) -> Self {
        let feed = Feed::new(clock.clone());
        let metrics = Arc::new(Metrics::default());
        let refusals = Refusals::new(db.clone(), clock.clone(), metrics.clone());
        let fleet = Fleet::new(TimeDelta::zero());
        let key = SigningKey::from_bytes(&[7; 32]);
        let folder = files.path().join("audit");
        let notary =
            Notary::open(key, &folder, db.clone(), clock.clone(), metrics.clone()).unwrap();
        let mut state = AppState {
            alerter: Alerter::new(
                db.clone(),
                clock.clone(),
                feed.clone(),
                Arc::new(result::catalogue()),
                ORIGIN,
            ),
            registrar: Registrar::new(db.clone(), fleet.clone(), feed.clone(), metrics.clone()),
            db: db.clone(),
            clock: clock.clone(),
            fleet,
            feed: feed.clone(),
            authority: Authority::open(files.path(), clock.clone()).unwrap(),
            agents_address: "collector.example:7443".into(),
            metrics: metrics.clone(),
            housekeeper: Housekeeper::new(
                db.clone(),
                clock.clone(),
                Keep::default(),
                TimeDelta::days(30),
            ),
            keep: Keep::default(),
            skew: TimeDelta::seconds(5),
            patience: TimeDelta::hours(24),
            one_machine: false,
            two_people: false,
            catalogue: Arc::new(result::catalogue()),
            passkeys: Passkeys::new(ORIGIN).unwrap(),
            required: Required::default(),
            limits: Limits::new(UNLIMITED, UNLIMITED),
            requests: TaskTracker::new(),
            refusals: refusals.clone(),
            breached: Arc::default(),
            origin: "https://collector.example:8443".into(),
            // The provider of a test is on this machine.
            outbound: Outbound::new(&["127.0.0.1".into()]).unwrap(),
            cards: None,
            notary: notary.clone(),
        };
        change(&mut state);
        let alerter = state.alerter.clone();
        let exports = Arc::new(state.exports());
        let housekeeper = state.housekeeper.clone();
        Self {
            https: router(state.clone()),
            local: local_router(state),
            db,
            clock,
            feed,
            metrics,
            refusals,
            notary,
            alerter,
            exports,
            housekeeper,
            files,
            _server: server,
        }
    }

    /// As the local administrator.
    async fn get(&self, path: &str) -> Answer {
        send(
            &self.local,
            request(Method::GET, path).body(Body::empty()).unwrap(),
        )
        .await
    }

    /// As the local administrator.
    async fn post(&self, path: &str, body: Value) -> Answer {
        send(&self.local, with_json(request(Method::POST, path), &body)).await
    }

    /// As the local administrator.
    async fn put(&self, path: &str, body: Value) -> Answer {
        send(&self.local, with_json(request(Method::PUT, path), &body)).await
    }

    /// As the local administrator.
    async fn delete(&self, path: &str) -> Answer {
        send(
            &self.local,
            request(Method::DELETE, path).body(Body::empty()).unwrap(),
        )
        .await
    }

    /// Now, in seconds since 1970.
    fn clock_now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    async fn sql(&self, text: &'static str) {
        sqlx::raw_sql(text).execute(&self.db).await.unwrap();
    }

    /// Every page of a list, with pages of `limit`; one field of each item.
    async fn pages(&self, path: &str, limit: usize, field: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        let join = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self
                .get(&format!("{path}{join}limit={limit}&cursor={cursor}"))
                .await
                .ok();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.iter().map(|item| item[field].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = next.into(),
                None => return found,
            }
        }
    }
}

/// A request with the header that says it is not from another site.
fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("x-openwatch-request", "1")
}

fn with_json(request: axum::http::request::Builder, body: &Value) -> Request<Body> {
    let request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes).into_owned()));
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}
