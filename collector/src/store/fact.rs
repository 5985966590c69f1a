//! What every host is and was: applying what hosts report.
//!
//! One call applies the units of many hosts in the caller's transaction, in a fixed number of
//! statements: load what is present, plan in memory ([`plan`], pure), write the plan.

/// Reads what the plan starts from.
mod load;

/// The pure middle: from what is present and what was reported to what is written.
mod plan;

/// The chain over results, and the seals under it.
mod chain;

/// Holds what is stored against what a host says.
mod verify;

/// Writes the plan.
mod write;

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use shared::{
    chain::Link,
    digest::Digest,
    id::{Epoch, HostId},
    wire::{Seal, Stale},
};
use sqlx::PgConnection;

pub use self::verify::{Verified, verify};
use crate::store::dictionary::{NewRow, Resolved};

/// What one host reported, in the order of its sequence.
#[derive(Debug)]
pub struct Batch {
    pub host: HostId,
    pub host_no: i32,
    pub epoch: Epoch,
    pub units: Vec<Unit>,
    /// The host's seal under what came before and with them.
    pub seal: Option<HostSeal>,
}

/// A seal whose signature was checked, and the certificate whose key made it.
#[derive(Debug, Clone)]
pub struct HostSeal {
    pub seal: Seal,
    pub certificate: CertificateDer<'static>,
}

/// What became of a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// It is kept.
    Kept,
    /// There is one already, or nothing to seal.
    Known,
    /// It is kept, and the host goes on with another chain than the one that stood here.
    Broken,
    /// It is not under what the host has told: it is not kept.
    Unfit,
}

/// What is applied at once or not at all.
#[derive(Debug)]
pub struct Unit {
    /// Of the last record that belongs to it.
    pub seq: u64,
    /// By the host's clock.
    pub at: DateTime<Utc>,
    pub op: Op,
    /// Of each record of results that belongs to it.
    pub links: Vec<Link>,
}

/// What a unit does.
#[derive(Debug)]
pub enum Op {
    /// Some rows of a kind changed.
    Delta {
        kind: String,
        set: Vec<NewRow>,
        gone: Vec<String>,
        digest: Digest,
    },
    /// These are all the rows of a kind.
    Replace {
        kind: String,
        rows: Vec<NewRow>,
        digest: Digest,
    },
    /// A kind can be read, or no longer.
    Freshness { kind: String, stale: Option<Stale> },
    /// Single changes between two instants are missing.
    Gap {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        records: u64,
    },
}

/// What became of a batch.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Everything up to this number is applied.
    pub applied: u64,
    /// Units that were applied before.
    pub repeated: u64,
    /// Rows that appeared, changed or went away.
    pub changes: u64,
    /// Kinds whose rows changed.
    pub changed: Vec<String>,
    /// Kinds whose digest is not what the host said.
    pub differing: Vec<String>,
    /// The host has begun another epoch since: nothing was applied.
    pub superseded: bool,
    /// What became of the seal, if there was one.
    pub seal: Option<Sealed>,
}

/// Applies the batches, and says for each what became of it.
///
/// # Errors
/// sqlx's; the transaction is to be rolled back.
pub async fn apply(
    db: &mut PgConnection,
    batches: &[Batch],
    resolved: &Resolved,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Outcome>> {
    let mut current = load::current(db, batches, resolved).await?;
    let (writes, outcomes) = plan::plan(&mut current, batches, resolved, now);
    write::write(db, &current, &writes, now).await?;
    chain::write(db, &writes, now).await?;
    Ok(outcomes)
}
