//! The audit log: what is written down of each act, and the chain that shows when a record was changed,
//! removed or moved. Pure; the tables are `store::audit`'s.
//!
//! A record is a text: its fields as canonical JSON, the names sorted. The hash of a record is that of the
//! one before it in its stream and of its text, so that each hash vouches for all before it.

/// What is done, and who does it.
mod act;

/// Refusals, so many a minute.
pub mod flood;

/// Signed heads of chains.
pub mod checkpoint;

/// The log held against itself and its checkpoints.
pub mod verify;

/// Records as they are exported.
pub mod line;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use self::act::{Act, Author, Noted};

/// A chain of its own, so that a flood of one sort of record does not hold up the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Who came in, and who was refused.
    Access,
    /// What was changed, ordered, issued and taken away.
    Change,
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Access, Self::Change];

    /// As the tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Change => "change",
        }
    }
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

/// What an act was on.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Such as `host`, `group`, `account`.
    pub kind: &'static str,
    pub id: String,
    /// What people call it, as it was called then.
    pub name: String,
}

/// One act.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// The name of the account, `local administrator`, or what somebody called themselves who was refused.
    pub actor: String,
    pub account: Option<Uuid>,
    /// How they showed who they are: `socket`, `password`, `passkey`, `token:ID`; `nobody` if they did not.
    pub how: String,
    /// What was done: `thing.act`.
    pub action: &'static str,
    pub outcome: Outcome,
    pub target: Option<Target>,
    /// What the target was, as the API shows it; null when there was none.
    pub before: Value,
    /// What it became; null when there is none any more.
    pub after: Value,
    /// Where the request came from; null on the local socket.
    pub address: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request: Option<Uuid>,
    #[serde(serialize_with = "at")]
    pub at: DateTime<Utc>,
}

/// To the microsecond, as the tables keep it.
fn at<S: serde::Serializer>(at: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

impl Record {
    /// The record's text.
    ///
    /// # Errors
    /// serde's, which would be a defect.
    pub fn body(&self) -> serde_json::Result<String> {
        // A value's maps are sorted by name.
        serde_json::to_value(self).map(|value| value.to_string())
    }
}

/// The hash of a record whose text is `body`, behind the one whose hash is `before` (empty at the beginning).
pub fn hash(before: &[u8], body: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"openwatch-audit/1\0");
    hasher.update(before);
    hasher.update(body.as_bytes());
    hasher.finalize().into()
}
