//! Rows of `stream` and `host_kind`: where each host stands.

use chrono::{DateTime, Utc};
use shared::{
    chain::Sort,
    digest::Digest,
    id::Epoch,
    rule::result::KIND,
    wire::{KindState, Resume},
};
use sqlx::PgConnection;

/// What an agent says of its stream when it calls.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub epoch: Epoch,
    pub last_seq: u64,
    pub acked: u64,
}

/// Decides where the host's stream goes on, and records its epoch.
///
/// # Errors
/// sqlx's.
pub async fn open(db: &mut PgConnection, host_no: i32, call: Call) -> sqlx::Result<Resume> {
    let known = sqlx::query!(
        "select epoch, applied_seq from stream where host_no = $1 for update",
        host_no
    )
    .fetch_optional(&mut *db)
    .await?;
    let epoch = number(call.epoch.0);
    if let Some(row) = known.filter(|row| row.epoch == epoch) {
        // More than the agent ever sent, or less than it saw committed: one side is an old copy.
        let applied = row.applied_seq.unsigned_abs();
        let same = (call.acked..=call.last_seq).contains(&applied);
        return Ok(if same {
            Resume::After(applied)
        } else {
            Resume::NewEpoch
        });
    }
    if call.acked > 0 {
        return Ok(Resume::NewEpoch);
    }
    sqlx::query!(
        "insert into stream (host_no, epoch, applied_seq) values ($1, $2, 0)
         on conflict (host_no) do update set epoch = excluded.epoch, applied_seq = 0",
        host_no,
        epoch,
    )
    .execute(db)
    .await?;
    Ok(Resume::After(0))
}

/// Those of the agent's kinds whose rows here are not what the agent says they were at a record
/// that is applied already.
///
/// # Errors
/// sqlx's.
pub async fn differing(
    db: &mut PgConnection,
    host_no: i32,
    applied: u64,
    kinds: &[KindState],
) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query!(
        "select k.name, h.digest from host_kind h join fact_kind k on k.id = h.kind
         where h.host_no = $1",
        host_no,
    )
    .fetch_all(db)
    .await?;
    let here = |kind: &str| rows.iter().find(|row| row.name == kind)?.digest.as_deref();
    let none = Digest::default();
    let differs = |state: &&KindState| here(&state.kind).unwrap_or(&none.0) != state.digest.0;
    let applied = kinds.iter().filter(|state| state.seq <= applied);
    Ok(applied
        .filter(differs)
        .map(|state| state.kind.clone())
        .collect())
}

/// Whether a host has results, and no record of all of them is as young as `since`.
///
/// # Errors
/// sqlx's.
pub async fn results_are_old(
    db: &mut PgConnection,
    host_no: i32,
    since: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from host_kind h join fact_kind k on k.id = h.kind
                          where h.host_no = $1 and k.name = $2 and h.digest is not null)
              and not exists (select from result_link
                              where host_no = $1 and sort = $3 and recorded_at >= $4) as "old!""#,
        host_no,
        KIND,
        i16::from(Sort::LastPart as u8),
        since,
    )
    .fetch_one(db)
    .await
}

/// Postgres has no unsigned numbers; these never reach its limit.
pub(crate) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
