//! Writes the plan, each table with one statement.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::chain::Stand;
use sqlx::PgConnection;

use super::plan::{Current, Writes};
use crate::store::{derive, stream::number};

/// Writes what the plan changed.
pub(super) async fn write(
    db: &mut PgConnection,
    current: &Current,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    end_rows(db, writes).await?;
    insert_rows(db, current, writes).await?;
    insert_changes(db, writes, now).await?;
    leave_due(db, current, writes, now).await?;
    write_kinds(db, current).await?;
    write_streams(db, current).await?;
    write_gaps(db, writes, now).await?;
    write_summaries(db, writes).await
}

async fn end_rows(db: &mut PgConnection, writes: &Writes) -> sqlx::Result<()> {
    if writes.ended.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut kinds, mut keys, mut ends) = (vec![], vec![], vec![], vec![]);
    for &(host_no, kind, key_id, at) in &writes.ended {
        hosts.push(host_no);
        kinds.push(kind);
        keys.push(key_id);
        ends.push(at);
    }
    let done = sqlx::query!(
        "update host_fact h set valid_to = e.valid_to
         from unnest($1::integer[], $2::smallint[], $3::bigint[], $4::timestamptz[])
             as e (host_no, kind, key_id, valid_to)
         where h.host_no = e.host_no and h.kind = e.kind and h.key_id = e.key_id
             and h.valid_to = 'infinity'",
        &hosts,
        &kinds,
        &keys,
        &ends,
    )
    .execute(db)
    .await?;
    if done.rows_affected() == writes.ended.len() as u64 {
        return Ok(());
    }
    let text = format!(
        "{} of {} present rows could be ended",
        done.rows_affected(),
        hosts.len()
    );
    Err(sqlx::Error::Decode(text.into()))
}

async fn insert_rows(
    db: &mut PgConnection,
    current: &Current,
    writes: &Writes,
) -> sqlx::Result<()> {
    let (mut hosts, mut kinds, mut keys) = (vec![], vec![], vec![]);
    let (mut values, mut froms, mut ends) = (vec![], vec![], vec![]);
    let present = current
        .present
        .iter()
        .filter(|(_, present)| !present.stored);
    let present = present.map(|(row, present)| (*row, present.value_id, present.from, None));
    let past = writes
        .past
        .iter()
        .map(|past| (past.row, past.value_id, past.from, Some(past.to)));
    for ((host_no, kind, key_id), value_id, from, to) in present.chain(past) {
        hosts.push(host_no);
        kinds.push(kind);
        keys.push(key_id);
        values.push(value_id);
        froms.push(from);
        ends.push(to);
    }
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
         select host_no, kind, key_id, value_id, valid_from, coalesce(valid_to, 'infinity')
         from unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[],
                     $5::timestamptz[], $6::timestamptz[])
             as n (host_no, kind, key_id, value_id, valid_from, valid_to)",
        &hosts,
        &kinds,
        &keys,
        &values,
        &froms,
        &ends as &[Option<DateTime<Utc>>],
    )
    .execute(db)
    .await
    .map(drop)
}

async fn insert_changes(
    db: &mut PgConnection,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if writes.changes.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut kinds, mut keys) = (vec![], vec![], vec![]);
    let (mut befores, mut afters, mut times) = (vec![], vec![], vec![]);
    for change in &writes.changes {
        let (host_no, kind, key_id) = change.row;
        hosts.push(host_no);
        kinds.push(kind);
        keys.push(key_id);
        befores.push(change.before);
        afters.push(change.after);
        times.push(change.occurred_at);
    }
    sqlx::query!(
        "insert into change (host_no, kind, key_id, before_id, after_id, occurred_at, recorded_at)
         select host_no, kind, key_id, before_id, after_id, occurred_at, $7
         from unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[],
                     $6::timestamptz[]) with ordinality
             as c (host_no, kind, key_id, before_id, after_id, occurred_at, n)
         order by n",
        &hosts,
        &kinds,
        &keys,
        &befores as &[Option<i64>],
        &afters as &[Option<i64>],
        &times,
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Hosts of which a row began or ended are to be looked at.
async fn leave_due(
    db: &mut PgConnection,
    current: &Current,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ended = writes.ended.iter().map(|(host_no, ..)| *host_no);
    let begun = current
        .present
        .iter()
        .filter(|(_, present)| !present.stored);
    let begun = begun.map(|((host_no, ..), _)| *host_no);
    let past = writes.past.iter().map(|past| past.row.0);
    let hosts: BTreeSet<i32> = ended.chain(begun).chain(past).collect();
    derive::leave(db, &Vec::from_iter(hosts), now).await
}

async fn write_kinds(db: &mut PgConnection, current: &Current) -> sqlx::Result<()> {
    let (mut hosts, mut kinds, mut digests, mut counts) = (vec![], vec![], vec![], vec![]);
    let (mut reported, mut reasons, mut details, mut sinces) = (vec![], vec![], vec![], vec![]);
    for (&(host_no, kind), state) in current.kinds.iter().filter(|(_, state)| state.touched) {
        hosts.push(host_no);
        kinds.push(kind);
        digests.push(state.digest.map(|digest| digest.0.to_vec()));
        counts.push(state.rows);
        reported.push(state.reported_at);
        let (reason, detail, since) = match &state.stale {
            Some((reason, detail, since)) => (Some(&**reason), Some(&**detail), Some(*since)),
            None => (None, None, None),
        };
        reasons.push(reason);
        details.push(detail);
        sinces.push(since);
    }
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into host_kind (host_no, kind, digest, row_count, reported_at,
                                stale_reason, stale_detail, stale_since)
         select * from unnest($1::integer[], $2::smallint[], $3::bytea[], $4::integer[],
                              $5::timestamptz[], $6::text[], $7::text[], $8::timestamptz[])
         on conflict (host_no, kind) do update set
             digest = excluded.digest, row_count = excluded.row_count,
             reported_at = excluded.reported_at, stale_reason = excluded.stale_reason,
             stale_detail = excluded.stale_detail, stale_since = excluded.stale_since",
        &hosts,
        &kinds,
        &digests as &[Option<Vec<u8>>],
        &counts,
        &reported,
        &reasons as &[Option<&str>],
        &details as &[Option<&str>],
        &sinces as &[Option<DateTime<Utc>>],
    )
    .execute(db)
    .await
    .map(drop)
}

async fn write_streams(db: &mut PgConnection, current: &Current) -> sqlx::Result<()> {
    let touched: Vec<_> = current
        .streams
        .iter()
        .filter(|(_, stream)| stream.touched)
        .collect();
    if touched.is_empty() {
        return Ok(());
    }
    let hosts: Vec<i32> = touched.iter().map(|(host_no, _)| **host_no).collect();
    let applied: Vec<i64> = touched
        .iter()
        .map(|(_, stream)| number(stream.applied))
        .collect();
    let last: Vec<_> = touched.iter().map(|(_, stream)| stream.last_at).collect();
    let (mut epochs, mut seqs, mut heads, mut sealed) = (vec![], vec![], vec![], vec![]);
    for (_, stream) in &touched {
        let stand = Some(stream.stand).filter(|stand| *stand != Stand::default());
        epochs.push(stand.map(|stand| number(stand.epoch.0)));
        seqs.push(stand.map(|stand| number(stand.seq)));
        heads.push(stand.map(|stand| stand.head.0.to_vec()));
        sealed.push(stream.sealed);
    }
    sqlx::query!(
        "update stream s set applied_seq = n.applied_seq, last_at = n.last_at,
             result_epoch = n.result_epoch, result_seq = n.result_seq,
             result_head = n.result_head, result_sealed = n.result_sealed
         from unnest($1::integer[], $2::bigint[], $3::timestamptz[],
                     $4::bigint[], $5::bigint[], $6::bytea[], $7::boolean[])
             as n (host_no, applied_seq, last_at,
                   result_epoch, result_seq, result_head, result_sealed)
         where s.host_no = n.host_no",
        &hosts,
        &applied,
        &last as &[Option<DateTime<Utc>>],
        &epochs as &[Option<i64>],
        &seqs as &[Option<i64>],
        &heads as &[Option<Vec<u8>>],
        &sealed,
    )
    .execute(db)
    .await
    .map(drop)
}

async fn write_gaps(
    db: &mut PgConnection,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    for gap in &writes.gaps {
        sqlx::query!(
            "insert into stream_gap (host_no, from_at, to_at, records, recorded_at)
             values ($1, $2, $3, $4, $5)",
            gap.host_no,
            gap.from,
            gap.to,
            number(gap.records),
            now,
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The name and the operating system that lists show, from the newest `os` fact.
async fn write_summaries(db: &mut PgConnection, writes: &Writes) -> sqlx::Result<()> {
    for (host_no, value) in &writes.os {
        let value: Value = serde_json::from_str(value).unwrap_or_default();
        sqlx::query!(
            "update host set hostname = coalesce($2, hostname), os_name = coalesce($3, os_name)
             where host_no = $1",
            host_no,
            value["hostname"].as_str().filter(|name| !name.is_empty()),
            value["pretty_name"].as_str(),
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
