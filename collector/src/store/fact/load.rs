//! Reads what the plan starts from: streams (locked), kinds, and the present rows that the batches
//! touch.

use std::collections::BTreeMap;

use shared::{digest::Digest, fact::RowHash, id::Epoch};
use sqlx::PgConnection;

use super::{
    Batch, Op, Unit,
    chain::stand,
    plan::{Current, Kind, Present, Stream},
};
use crate::store::dictionary::Resolved;

/// The state of the hosts of `batches`. Their streams stay locked until the transaction ends; they
/// are locked in rising order, so that two writers cannot wait for each other.
pub(super) async fn current(
    db: &mut PgConnection,
    batches: &[Batch],
    resolved: &Resolved,
) -> sqlx::Result<Current> {
    let mut hosts: Vec<i32> = batches.iter().map(|batch| batch.host_no).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let streams = streams(db, &hosts).await?;
    Ok(Current {
        kinds: kinds(db, &hosts).await?,
        present: present(db, batches, resolved, &streams).await?,
        streams,
    })
}

/// The units of a batch that are not applied yet. A fleet that comes back after its collector was
/// killed sends much again, and rows that the plan passes over need not be read.
fn fresh<'a>(
    batch: &'a Batch,
    streams: &BTreeMap<i32, Stream>,
) -> impl Iterator<Item = &'a Unit> + use<'a> {
    let stream = streams.get(&batch.host_no);
    let applied = stream
        .filter(|stream| stream.epoch == batch.epoch)
        .map(|stream| stream.applied);
    let units = batch.units.iter();
    units.filter(move |unit| applied.is_some_and(|applied| unit.seq > applied))
}

async fn streams(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<BTreeMap<i32, Stream>> {
    let rows = sqlx::query!(
        "select host_no, epoch, applied_seq, last_at,
                result_epoch, result_seq, result_head, result_sealed from stream
         where host_no = any($1) order by host_no for update",
        hosts,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let stream = Stream {
                epoch: Epoch(row.epoch.unsigned_abs()),
                applied: row.applied_seq.unsigned_abs(),
                last_at: row.last_at,
                stand: stand(row.result_epoch, row.result_seq, row.result_head)?,
                sealed: row.result_sealed,
                touched: false,
            };
            Ok((row.host_no, stream))
        })
        .collect()
}

async fn kinds(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<BTreeMap<(i32, i16), Kind>> {
    let rows = sqlx::query!(
        "select host_no, kind, digest, row_count, reported_at,
                stale_reason, stale_detail, stale_since
         from host_kind where host_no = any($1)",
        hosts,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let digest = row.digest.map(digest).transpose()?;
            let kind = Kind {
                digest,
                rows: row.row_count,
                reported_at: row.reported_at,
                stale: row
                    .stale_reason
                    .zip(row.stale_since)
                    .map(|(reason, since)| (reason, row.stale_detail.unwrap_or_default(), since)),
                touched: false,
            };
            Ok(((row.host_no, row.kind), kind))
        })
        .collect()
}

/// Present rows of the keys that deltas name, and all those of the kinds that are replaced.
async fn present(
    db: &mut PgConnection,
    batches: &[Batch],
    resolved: &Resolved,
    streams: &BTreeMap<i32, Stream>,
) -> sqlx::Result<BTreeMap<(i32, i16, i64), Present>> {
    let (mut key_hosts, mut key_kinds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let (mut all_hosts, mut all_kinds) = (Vec::new(), Vec::new());
    for batch in batches {
        for unit in fresh(batch, streams) {
            match &unit.op {
                Op::Delta {
                    kind, set, gone, ..
                } => {
                    let kind = resolved.kinds[kind];
                    let set = set.iter().map(|row| resolved.rows[&row.hash].key_id);
                    let gone = gone.iter().map(|key| resolved.keys[&(kind, key.clone())]);
                    for key in set.chain(gone) {
                        key_hosts.push(batch.host_no);
                        key_kinds.push(kind);
                        keys.push(key);
                    }
                }
                Op::Replace { kind, .. } => {
                    all_hosts.push(batch.host_no);
                    all_kinds.push(resolved.kinds[kind]);
                }
                Op::Freshness { .. } | Op::Gap { .. } => {}
            }
        }
    }
    let mut found = BTreeMap::new();
    if !keys.is_empty() {
        let rows = sqlx::query!(
            "select distinct h.host_no, h.kind, h.key_id, h.value_id, h.valid_from, v.hash
             from unnest($1::integer[], $2::smallint[], $3::bigint[]) as w (host_no, kind, key_id)
             join host_fact h on h.host_no = w.host_no and h.kind = w.kind
                 and h.key_id = w.key_id and h.valid_to = 'infinity'
             join fact_value v on v.id = h.value_id",
            &key_hosts,
            &key_kinds,
            &keys,
        )
        .fetch_all(&mut *db)
        .await?;
        for row in rows {
            let present = Present::stored(row.value_id, hash(row.hash)?, row.valid_from);
            found.insert((row.host_no, row.kind, row.key_id), present);
        }
    }
    if !all_hosts.is_empty() {
        let rows = sqlx::query!(
            "select distinct h.host_no, h.kind, h.key_id, h.value_id, h.valid_from, v.hash
             from unnest($1::integer[], $2::smallint[]) as w (host_no, kind)
             join host_fact h on h.host_no = w.host_no and h.kind = w.kind
                 and h.valid_to = 'infinity'
             join fact_value v on v.id = h.value_id",
            &all_hosts,
            &all_kinds,
        )
        .fetch_all(db)
        .await?;
        for row in rows {
            let present = Present::stored(row.value_id, hash(row.hash)?, row.valid_from);
            found.insert((row.host_no, row.kind, row.key_id), present);
        }
    }
    Ok(found)
}

fn digest(bytes: Vec<u8>) -> sqlx::Result<Digest> {
    bytes
        .try_into()
        .map(Digest)
        .map_err(|b| wrong_length("host_kind.digest", &b))
}

fn hash(bytes: Vec<u8>) -> sqlx::Result<RowHash> {
    bytes
        .try_into()
        .map(RowHash)
        .map_err(|b| wrong_length("fact_value.hash", &b))
}

fn wrong_length(column: &str, bytes: &[u8]) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} has {} bytes", bytes.len()).into())
}
