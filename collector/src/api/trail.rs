//! What a handler writes into the audit log: who and from where is known, what it does it says.

use std::net::IpAddr;

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        identity::{Connection, Doorman, Identity},
    },
    audit::{Outcome, Record, Stream, Target},
    store,
};

/// The identifier of a request. The shell adds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// Who asks, from where, and under which identifier.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    actor: String,
    account: Option<Uuid>,
    how: String,
    address: Option<IpAddr>,
    request: Option<Uuid>,
    clock: shared::clock::SharedClock,
}

impl<S: Send + Sync> FromRequestParts<S> for Trail {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let extensions = &parts.extensions;
        let identity = extensions.get::<Identity>();
        let doorman = extensions
            .get::<Doorman>()
            .ok_or(ApiError::Unauthenticated)?;
        Ok(Self {
            actor: identity.map_or_else(String::new, |identity| identity.name.clone()),
            account: identity.and_then(|identity| identity.account),
            how: identity.map_or_else(|| "nobody".into(), |identity| identity.how.describe()),
            address: extensions
                .get::<Connection>()
                .and_then(|connection| connection.peer),
            request: extensions.get::<RequestId>().map(|id| id.0),
            clock: doorman.clock.clone(),
        })
    }
}

impl Trail {
    /// The same for somebody who shows only now who they are.
    pub(crate) fn of(mut self, name: &str, account: Option<Uuid>, how: &str) -> Self {
        (self.actor, self.account, self.how) = (name.into(), account, how.into());
        self
    }

    /// Where the request came from.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Writes down what is done, in the transaction that does it, as the last of it.
    ///
    /// # Errors
    /// The database's: then it must not be done.
    pub(crate) async fn note(&self, tx: &mut PgConnection, act: Act) -> Result<(), ApiError> {
        let at: chrono::DateTime<Utc> = self.clock.now();
        let record = Record {
            actor: self.actor.clone(),
            account: self.account,
            how: self.how.clone(),
            action: act.action,
            outcome: act.outcome,
            target: act.target,
            before: act.before,
            after: act.after,
            address: self.address.map(|address| address.to_string()),
            request: self.request,
            at: at.trunc_subsecs(6),
        };
        Ok(store::audit::append(tx, act.stream, &record).await?)
    }
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    stream: Stream,
    action: &'static str,
    outcome: Outcome,
    target: Option<Target>,
    before: Value,
    after: Value,
}

impl Act {
    /// A change; `action` is `thing.act`.
    pub(crate) fn change(action: &'static str) -> Self {
        Self::new(Stream::Change, action, Outcome::Done)
    }

    /// Somebody who came in, went, or was refused.
    pub(crate) fn access(action: &'static str, outcome: Outcome) -> Self {
        Self::new(Stream::Access, action, outcome)
    }

    fn new(stream: Stream, action: &'static str, outcome: Outcome) -> Self {
        Self {
            stream,
            action,
            outcome,
            target: None,
            before: Value::Null,
            after: Value::Null,
        }
    }

    /// What it is done to.
    pub(crate) fn on(mut self, kind: &'static str, id: impl ToString, name: &str) -> Self {
        self.target = Some(Target {
            kind,
            id: id.to_string(),
            name: name.into(),
        });
        self
    }

    /// What that was. Secrets do not belong here.
    pub(crate) fn before(mut self, before: &impl Serialize) -> Result<Self, ApiError> {
        self.before = serde_json::to_value(before).map_err(ApiError::Encode)?;
        Ok(self)
    }

    /// What it becomes. Secrets do not belong here.
    pub(crate) fn after(mut self, after: &impl Serialize) -> Result<Self, ApiError> {
        self.after = serde_json::to_value(after).map_err(ApiError::Encode)?;
        Ok(self)
    }
}
