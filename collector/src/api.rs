//! The JSON API. One file an operation; [`routes`] is the list of them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::{Extension, Router, extract::FromRef};
use chrono::TimeDelta;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

use crate::{
    alerter::Alerter,
    authority::Authority,
    catalogue::Catalogue,
    client_certificate::Certificates,
    conductor::Conductor,
    console,
    factor::passkey::Passkeys,
    fleet::Fleet,
    housekeeper::Housekeeper,
    live::Feed,
    metrics::Metrics,
    notary::Notary,
    notify::{Deliveries, Letters, Sender},
    oidc::Oidc,
    outbound::Outbound,
    registrar::Registrar,
    retention::Keep,
};

mod about;
mod access;
mod account;
mod activity;
mod agent_release;
mod alert;
mod answers;
mod api_token;
mod attempt;
mod audit;
mod baseline;
mod bundle;
mod ceremony;
mod channel;
mod content;
mod cursor;
mod delivery;
mod document;
mod drift;
mod error;
mod etag;
mod event;
mod export;
mod export_schedule;
mod fact;
mod factor;
mod framework;
mod group;
mod hearing;
mod holding;
mod host;
mod host_archive;
mod idempotency;
mod identity;
mod input;
mod invitation;
mod job;
mod keeping;
mod limit;
mod lister;
mod live;
mod maintenance;
mod notification;
mod notification_route;
mod object;
mod page;
mod password;
mod permit;
mod personal_mail;
mod posture;
mod preference;
mod provider;
mod reference;
mod refusal;
mod result;
mod retention;
mod role;
mod rollout;
mod root;
mod routes;
mod rule;
mod saved_query;
mod session;
mod settings;
mod shell;
mod silence;
mod time;
mod token;
mod trail;
mod waiver;

#[cfg(test)]
mod tests;

use self::keeping::Keeping;
pub use self::{
    export_schedule::run::Exports,
    identity::{Connection, Required},
    limit::{Limits, Rate},
    password::{Breached, BreachedError},
    refusal::Refusals,
};

/// What the API works with.
#[derive(Debug, Clone)]
pub struct AppState {
    pub db: PgPool,
    pub clock: SharedClock,
    pub fleet: Fleet,
    pub feed: Feed,
    pub authority: Authority,
    /// Where agents connect, `HOST:PORT`: goes into the command that enrols a host.
    pub agents_address: String,
    pub metrics: Arc<Metrics>,
    /// How long hosts' metrics are kept, and so which table has which.
    pub keep: Keep,
    /// By how much a host's clock may differ before it is called wrong.
    pub skew: TimeDelta,
    /// How long a host may be offered a bundle and not take it before it is called behind.
    pub patience: TimeDelta,
    /// Whether this collector signs content by itself.
    pub one_machine: bool,
    /// Whether somebody else must start a rollout than who planned it.
    pub two_people: bool,
    /// What is known of rules.
    pub catalogue: Arc<Catalogue>,
    /// To whom passkeys are shown.
    pub passkeys: Passkeys,
    /// What somebody must have set up before anything else.
    pub required: Required,
    /// Requests that are done to their end though whoever asked is gone: to be waited for before the database
    /// is closed.
    pub requests: TaskTracker,
    /// How often everybody asked lately.
    pub limits: Limits,
    /// Who was refused lately.
    pub refusals: Refusals,
    /// What signs the audit log.
    pub notary: Notary,
    /// Passwords that nobody may choose.
    pub breached: Arc<Breached>,
    /// Where browsers find the console, such as `https://localhost:8443`.
    pub origin: String,
    /// Which addresses that somebody enters may be dialled.
    pub outbound: Outbound,
    /// Whose certificates let them in, where there is a listener for that.
    pub cards: Option<Arc<Cards>>,
    /// Who belongs to which group.
    pub registrar: Registrar,
    /// What opens and ends alerts.
    pub alerter: Alerter,
    /// What lets go of what is too old.
    pub housekeeper: Housekeeper,
}

impl AppState {
    /// What makes deliveries.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries {
            db: self.db.clone(),
            clock: self.clock.clone(),
            vault: self.authority.vault().clone(),
            sender: Sender::new(self.outbound.clone(), self.clock.clone(), &self.origin),
            metrics: self.metrics.clone(),
        }
    }

    /// What writes to people.
    pub fn letters(&self) -> Letters {
        Letters {
            db: self.db.clone(),
            clock: self.clock.clone(),
            vault: self.authority.vault().clone(),
            sender: Sender::new(self.outbound.clone(), self.clock.clone(), &self.origin),
            metrics: self.metrics.clone(),
            origin: self.origin.as_str().into(),
        }
    }

    /// What makes files whose time has come.
    pub fn exports(&self) -> Exports {
        let state = State::from(self.clone());
        Exports {
            db: state.db.clone(),
            doorman: state.doorman(),
            lists: state.lists(),
        }
    }
}

/// A listener on which people sign in with a certificate.
#[derive(Debug)]
pub struct Cards {
    pub certificates: Certificates,
    /// Names of accounts that do not follow from a certificate: what follows, and the name.
    pub accounts: BTreeMap<String, String>,
    /// Where browsers find it, as `origin`.
    pub origin: String,
}

/// What handlers take from, each what it needs.
#[derive(Debug, Clone, FromRef)]
struct State {
    db: PgPool,
    clock: SharedClock,
    fleet: Fleet,
    feed: Feed,
    authority: Authority,
    agents: AgentsAddress,
    metrics: Arc<Metrics>,
    keeping: Keeping,
    housekeeper: Housekeeper,
    skew: Skew,
    patience: Patience,
    signs: SignsContent,
    catalogue: Arc<Catalogue>,
    origin: Origin,
    outbound: Outbound,
    deliveries: Arc<Deliveries>,
    oidc: Oidc,
    cards: CardReader,
    registrar: Registrar,
    alerter: Alerter,
    conductor: Conductor,
    notary: Notary,
    attempts: Arc<attempt::Attempts>,
    passwords: password::Passwords,
    passkeys: Passkeys,
    required: Required,
}

impl From<AppState> for State {
    fn from(state: AppState) -> Self {
        let conductor = Conductor {
            db: state.db.clone(),
            clock: state.clock.clone(),
            fleet: state.fleet.clone(),
            feed: state.feed.clone(),
            metrics: state.metrics.clone(),
            two_people: state.two_people,
        };
        Self {
            oidc: Oidc::new(state.outbound.clone(), state.clock.clone()),
            deliveries: Arc::new(state.deliveries()),
            conductor,
            db: state.db,
            clock: state.clock,
            fleet: state.fleet,
            feed: state.feed,
            authority: state.authority,
            agents: AgentsAddress(state.agents_address.into()),
            metrics: state.metrics.clone(),
            keeping: Keeping(state.keep),
            housekeeper: state.housekeeper,
            skew: Skew(state.skew),
            patience: Patience(state.patience),
            signs: SignsContent(state.one_machine),
            catalogue: state.catalogue,
            origin: Origin(state.origin.into()),
            outbound: state.outbound,
            cards: CardReader(state.cards),
            registrar: state.registrar,
            alerter: state.alerter,
            notary: state.notary,
            attempts: Arc::default(),
            passwords: password::Passwords::new(state.breached, state.metrics),
            passkeys: state.passkeys,
            required: state.required,
        }
    }
}

impl State {
    /// What finds out who asks.
    fn doorman(&self) -> identity::Doorman {
        identity::Doorman {
            db: self.db.clone(),
            clock: self.clock.clone(),
            required: self.required,
        }
    }

    /// The routes, for those within the API that ask them.
    fn lists(&self) -> lister::Lists {
        let (routes, _) = routes::routes().split_for_parts();
        lister::Lists(routes.with_state(self.clone()))
    }
}

/// By how much a host's clock may differ before it is called wrong.
#[derive(Debug, Clone, Copy)]
struct Skew(TimeDelta);

/// How long a host may be offered a bundle and not take it.
#[derive(Debug, Clone, Copy)]
struct Patience(TimeDelta);

impl Skew {
    fn is_wrong(self, skew_ms: i64) -> bool {
        skew_ms.saturating_abs() > self.0.num_milliseconds()
    }
}

/// Whether this collector signs content by itself.
#[derive(Debug, Clone, Copy)]
struct SignsContent(bool);

/// Where agents connect, `HOST:PORT`.
#[derive(Debug, Clone)]
struct AgentsAddress(Arc<str>);

impl fmt::Display for AgentsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where browsers find the console, without a slash at the end.
#[derive(Debug, Clone)]
struct Origin(Arc<str>);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The listener for certificates, if there is one.
#[derive(Debug, Clone)]
struct CardReader(Option<Arc<Cards>>);

/// API and console, for HTTPS.
pub fn router(state: AppState) -> Router {
    let (metrics, refusals) = (state.metrics.clone(), state.refusals.clone());
    let (limits, requests) = (state.limits.clone(), state.requests.clone());
    let state = State::from(state);
    let doorman = state.doorman();
    let answers = idempotency::Answers {
        db: state.db.clone(),
        clock: state.clock.clone(),
        authority: state.authority.clone(),
        tasks: requests,
    };
    let lists = state.lists();
    let (routes, _) = routes::routes().split_for_parts();
    let routes = routes
        .method_not_allowed_fallback(async || error::ApiError::Method)
        .route("/api", axum::routing::any(no_route))
        .route("/api/", axum::routing::any(no_route))
        .route("/api/{*rest}", axum::routing::any(no_route))
        .fallback(console::serve)
        .with_state(state);
    shell::around(routes, metrics.clone())
        .layer(Extension(doorman))
        .layer(Extension(limits))
        .layer(Extension(answers))
        .layer(Extension(lists))
        .layer(Extension(metrics))
        .layer(Extension(refusals))
}

/// The same for the local socket: who comes through it is the local administrator.
pub fn local_router(state: AppState) -> Router {
    router(state).layer(Extension(identity::LocalAdministrator))
}

/// The description of every operation.
pub fn openapi() -> OpenApi {
    routes::routes().split_for_parts().1
}

async fn no_route() -> error::ApiError {
    error::ApiError::NoRoute
}
