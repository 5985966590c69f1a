//! Who is refused is written down: whoever showed something that is not good, may not do what they ask, or asks
//! too often. Many at once are counted (`audit::flood`).

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use chrono::SecondsFormat;
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::{
    api::{
        attempt::network,
        error::Code,
        identity::session_hash,
        trail::{self, Notebook, RequestId},
    },
    audit::{
        Act, Author, Noted, Outcome,
        flood::{Flood, Folded, WINDOW},
    },
    metrics::Metrics,
    store,
};

/// So much of an address that was asked for is kept, characters.
const MAX_PATH: usize = 200;

/// What was refused lately, and where it is written down. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Refusals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: PgPool,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    flood: Mutex<Flood>,
}

/// What is known of a request before it is answered.
struct Asked {
    method: Method,
    route: String,
    path: String,
    address: Option<IpAddr>,
    request: Option<Uuid>,
    notebook: Notebook,
    /// Whether it shows something by which its sender would be known.
    shows: bool,
}

impl Refusals {
    /// With nothing refused yet.
    pub fn new(db: PgPool, clock: SharedClock, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            metrics,
            flood: Mutex::default(),
        }))
    }

    /// Writes down what was counted, window after window, until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let window = WINDOW.to_std().unwrap_or(Duration::from_secs(60));
        while token
            .run_until_cancelled(tokio::time::sleep(window))
            .await
            .is_some()
        {
            self.fold().await;
        }
        let rest = self.0.flood.lock().expect("no panic while held").drain();
        self.tell(rest).await;
    }

    /// Writes down what was counted in windows that are over.
    pub(crate) async fn fold(&self) {
        let now = self.0.clock.now();
        let folded = self.0.flood.lock().expect("no panic while held").take(now);
        self.tell(folded).await;
    }

    async fn tell(&self, folded: Vec<Folded>) {
        for folded in folded {
            let count: u64 = folded.refused.values().sum();
            self.0.metrics.audit_refusals_folded.inc_by(count);
            let author = Author {
                name: String::new(),
                account: None,
                how: "nobody".into(),
                address: folded.source,
                request: None,
                noted: Noted::default(),
            };
            let since = folded.since.to_rfc3339_opts(SecondsFormat::Micros, true);
            let after = json!({"since": since, "refused": folded.refused});
            self.write(
                &author,
                Act::access("request.refuse_more", Outcome::Refused).after(&after),
            )
            .await;
        }
    }

    async fn note(&self, asked: Asked, status: StatusCode, code: &'static str) {
        let now = self.0.clock.now();
        let source = asked.address.map(network);
        if !self
            .0
            .flood
            .lock()
            .expect("no panic while held")
            .admit(source, code, now)
        {
            return;
        }
        let who = asked.notebook.who();
        let author = Author {
            name: who
                .as_ref()
                .map_or_else(String::new, |who| who.name.clone()),
            account: who.as_ref().and_then(|who| who.account),
            how: who.map_or_else(|| "nobody".into(), |who| who.how),
            address: asked.address,
            request: asked.request,
            noted: Noted::default(),
        };
        let Asked { method, route, .. } = &asked;
        let comes_in = *method == Method::POST && route.starts_with("/api/v1/session");
        let action = if comes_in {
            "session.refuse"
        } else {
            "request.refuse"
        };
        let act = Act::access(action, Outcome::Refused)
            .on("operation", format!("{method} {route}"), &asked.path)
            .after(&json!({"status": status.as_u16(), "code": code}));
        self.write(&author, act).await;
    }

    /// A refusal stays one when it cannot be written down.
    async fn write(&self, author: &Author, act: serde_json::Result<Act>) {
        let write = async {
            let act = act.map_err(|error| sqlx::Error::Encode(error.into()))?;
            let mut tx = self.0.db.begin().await?;
            store::audit::note(&mut tx, author, act, self.0.clock.now()).await?;
            tx.commit().await
        };
        if let Err(error) = write.await {
            let error = &error as &dyn std::error::Error;
            warn!(error, "a refusal is not in the audit log");
        }
    }
}

/// Sees every answer, and writes down those that are refusals.
pub(crate) async fn watch(request: Request, next: Next) -> Response {
    let Some(refusals) = request.extensions().get::<Refusals>().cloned() else {
        return next.run(request).await;
    };
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    let code = response
        .extensions()
        .get::<Code>()
        .map_or("refused", |code| code.0);
    let status = response.status();
    if asked.is_refused(status, code) {
        refusals.note(asked, status, code).await;
    }
    response
}

impl Asked {
    fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let headers = request.headers();
        let shows = headers.contains_key(header::AUTHORIZATION) || session_hash(headers).is_some();
        let path = request.uri().path();
        Self {
            method: request.method().clone(),
            route: extensions
                .get::<MatchedPath>()
                .map_or("", MatchedPath::as_str)
                .into(),
            path: path.chars().take(MAX_PATH).collect(),
            address: trail::address(extensions),
            request: extensions.get::<RequestId>().map(|id| id.0),
            notebook: extensions.get::<Notebook>().cloned().unwrap_or_default(),
            shows,
        }
    }

    /// Whether that is a refusal that nobody else has written down. That somebody who shows nothing is asked to
    /// sign in is none.
    fn is_refused(&self, status: StatusCode, code: &str) -> bool {
        let refused = match status {
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::UNAUTHORIZED => self.shows || code != "unauthenticated",
            _ => false,
        };
        refused && self.route.starts_with("/api/") && !self.notebook.is_noted()
    }
}
