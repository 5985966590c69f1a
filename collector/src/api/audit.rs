//! The audit log, for those who read it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{error::ApiError, time::Time},
    audit::Stream,
    store::audit::{Filter, Found},
};

pub(crate) mod export;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod verify;

/// Longest text that is searched for, characters.
const MAX_Q: usize = 200;

/// A query that says which records are wanted, and more. serde can neither flatten one into another when
/// unknown parameters are refused, nor read numbers through that.
macro_rules! wanted {
    ($(#[$says:meta])* $name:ident { $($more:tt)* }) => {
        $(#[$says])*
        #[derive(Debug, Default, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// `access` or `change`.
            stream: Option<String>,
            /// The name of who did it.
            actor: Option<String>,
            /// Such as `rollout.start`, or `rollout` for all that is done to rollouts.
            action: Option<String>,
            /// `done`, `refused` or `failed`.
            outcome: Option<String>,
            /// The kind of what it was done to, such as `host`.
            target_kind: Option<String>,
            /// The identity of what it was done to.
            target: Option<String>,
            /// Where the request came from.
            address: Option<String>,
            /// From then on.
            #[param(value_type = Option<Time>, inline)]
            from: Option<Time>,
            /// Before then.
            #[param(value_type = Option<Time>, inline)]
            to: Option<Time>,
            /// A text in the record, in any case; up to 200 characters.
            #[param(max_length = 200)]
            q: Option<String>,
            $($more)*
        }

        impl $name {
            fn filter(&self) -> Result<Filter, ApiError> {
                check(Filter {
                    stream: self.stream.clone(),
                    actor: self.actor.clone(),
                    action: self.action.clone(),
                    outcome: self.outcome.clone(),
                    target_kind: self.target_kind.clone(),
                    target_id: self.target.clone(),
                    address: self.address.clone(),
                    from: self.from.map(|at| at.0),
                    to: self.to.map(|at| at.0),
                    q: self.q.clone(),
                })
            }
        }
    };
}

wanted! {
    /// A page of records.
    AuditQuery {
        /// `next` of the page before.
        cursor: Option<String>,
        #[param(minimum = 1, maximum = 500, default = 100)]
        limit: Option<u16>,
    }
}

wanted! {
    /// A file of records.
    ExportQuery {
        /// `jsonl` when it is left out.
        #[param(inline)]
        format: Option<export::Format>,
    }
}

fn check(filter: Filter) -> Result<Filter, ApiError> {
    for (name, text, known) in [
        ("stream", &filter.stream, &Stream::ALL.map(Stream::name)[..]),
        ("outcome", &filter.outcome, &["done", "refused", "failed"]),
    ] {
        if text.as_deref().is_some_and(|text| !known.contains(&text)) {
            return Err(ApiError::parameter(
                name,
                format!("is none of {}", known.join(", ")),
            ));
        }
    }
    if filter.q.as_ref().is_some_and(|q| q.chars().count() > MAX_Q) {
        return Err(ApiError::parameter(
            "q",
            format!("is longer than {MAX_Q} characters"),
        ));
    }
    Ok(filter)
}

/// What an act was on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AuditTarget {
    /// Such as `host`, `group`, `account`.
    kind: String,
    id: String,
    /// What it was called then.
    name: String,
}

/// What a record says, but for before and after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AuditAct {
    at: Time,
    /// An account, `local administrator`, a part of the collector, or what somebody called themselves who was
    /// refused.
    actor: String,
    #[schema(required)]
    account: Option<Uuid>,
    /// How they showed who they are: `socket`, `password`, `token:ID` and so on; `nobody` if they did not,
    /// `itself` for the collector.
    how: String,
    /// `thing.act`.
    action: String,
    /// `done`, `refused` or `failed`.
    outcome: String,
    #[schema(required)]
    target: Option<AuditTarget>,
    /// Null on the local socket.
    #[schema(required)]
    address: Option<String>,
    /// The `X-Request-Id` of the answer.
    #[schema(required)]
    request: Option<Uuid>,
}

/// A record, in a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// `access` or `change`.
    stream: String,
    /// Its number in the stream.
    seq: i64,
    #[serde(flatten)]
    act: AuditAct,
}

/// A record with what was before and what is after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditRecord {
    #[serde(flatten)]
    entry: AuditEntry,
    /// What the target was, as the API shows it; null when there was none.
    before: Value,
    /// What it became; null when there is none any more.
    after: Value,
    /// Of this record and all before it in its stream: SHA-256, hexadecimal.
    hash: String,
}

impl TryFrom<&Found> for AuditEntry {
    type Error = ApiError;

    fn try_from(found: &Found) -> Result<Self, ApiError> {
        Ok(Self {
            stream: found.stream.clone(),
            seq: found.seq,
            act: serde_json::from_str(&found.body)?,
        })
    }
}
