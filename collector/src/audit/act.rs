//! What is done, and who does it.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Outcome, Record, Stream, Target};

/// Who does something.
#[derive(Debug, Clone)]
pub struct Author {
    /// The name of an account, `local administrator`, or a part of the collector.
    pub name: String,
    pub account: Option<Uuid>,
    /// How they showed who they are; `itself` for a part of the collector.
    pub how: String,
    pub address: Option<IpAddr>,
    /// The request that they made it with.
    pub request: Option<Uuid>,
    /// Whether a record of what they do was made; clones share it.
    pub noted: Noted,
}

impl Author {
    /// A part of the collector that acts by itself.
    pub fn itself(name: &str) -> Self {
        Self {
            name: name.into(),
            account: None,
            how: "itself".into(),
            address: None,
            request: None,
            noted: Noted::default(),
        }
    }

    /// The record of what they do.
    pub fn record(&self, act: Act, at: DateTime<Utc>) -> Record {
        self.noted.set();
        Record {
            actor: self.name.clone(),
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
        }
    }
}

/// Whether something was written down.
#[derive(Debug, Clone, Default)]
pub struct Noted(Arc<AtomicBool>);

impl Noted {
    /// It was.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is done.
#[derive(Debug, Clone)]
pub struct Act {
    stream: Stream,
    action: &'static str,
    outcome: Outcome,
    target: Option<Target>,
    before: Value,
    after: Value,
}

impl Act {
    /// A change; `action` is `thing.act`.
    pub fn change(action: &'static str) -> Self {
        Self::new(Stream::Change, action, Outcome::Done)
    }

    /// Somebody who came in, went, or was refused.
    pub fn access(action: &'static str, outcome: Outcome) -> Self {
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

    /// The chain that its record belongs to.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// What it is done to.
    #[must_use]
    pub fn on(mut self, kind: &'static str, id: impl ToString, name: &str) -> Self {
        self.target = Some(Target {
            kind,
            id: id.to_string(),
            name: name.into(),
        });
        self
    }

    /// What that was. Secrets do not belong here.
    ///
    /// # Errors
    /// serde's, which would be a defect.
    pub fn before(mut self, before: &impl Serialize) -> serde_json::Result<Self> {
        self.before = serde_json::to_value(before)?;
        Ok(self)
    }

    /// What it becomes. Secrets do not belong here.
    ///
    /// # Errors
    /// serde's, which would be a defect.
    pub fn after(mut self, after: &impl Serialize) -> serde_json::Result<Self> {
        self.after = serde_json::to_value(after)?;
        Ok(self)
    }
}
