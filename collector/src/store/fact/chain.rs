//! Rows of `result_link`, `result_seal` and `seal_certificate`: the chain over results, and the seals
//! under it.

use chrono::{DateTime, Utc};
use shared::{
    chain::{Head, Stand},
    clock::from_micros,
    id::Epoch,
    token::Fingerprint,
    wire::Opening,
};
use sqlx::PgConnection;

use super::plan::{NewSeal, Writes};
use crate::store::stream::number;

/// Writes what the plan adds to the chains, each table with one statement.
pub(super) async fn write(
    db: &mut PgConnection,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    insert_links(db, writes, now).await?;
    insert_certificates(db, &writes.seals).await?;
    insert_seals(db, &writes.seals, now).await
}

async fn insert_links(
    db: &mut PgConnection,
    writes: &Writes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if writes.links.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut epochs, mut seqs, mut sorts) = (vec![], vec![], vec![], vec![]);
    let (mut ats, mut froms, mut befores, mut heads) = (vec![], vec![], vec![], vec![]);
    // Rows of all links in one list, each with the number of its link: arrays of arrays must all
    // have one length.
    let (mut owners, mut keys, mut hashes) = (vec![], vec![], vec![]);
    for (n, new) in (1_i64..).zip(&writes.links) {
        hosts.push(new.host_no);
        epochs.push(number(new.link.epoch.0));
        seqs.push(number(new.link.seq));
        sorts.push(i16::from(new.link.sort as u8));
        // The assembler has checked that it is an instant.
        ats.push(from_micros(new.link.at).unwrap_or(now));
        froms.push(new.valid_from);
        befores.push(new.previous.0.to_vec());
        heads.push(new.head.0.to_vec());
        for (key, hash) in &new.link.rows {
            owners.push(n);
            keys.push(key.as_str());
            hashes.push(hash.map(|hash| hash.0.to_vec()));
        }
    }
    sqlx::query!(
        "with told as (
             select link, array_agg(key order by n) as keys, array_agg(hash order by n) as hashes
             from unnest($9::bigint[], $10::text[], $11::bytea[]) with ordinality
                 as r (link, key, hash, n)
             group by link)
         insert into result_link (host_no, epoch, seq, sort, at, valid_from, previous, head,
                                  keys, hashes, recorded_at)
         select host_no, epoch, seq, sort, at, valid_from, previous, head,
                coalesce(keys, '{}'), coalesce(hashes, '{}'), $12
         from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::smallint[],
                     $5::timestamptz[], $6::timestamptz[], $7::bytea[], $8::bytea[])
                 with ordinality
             as l (host_no, epoch, seq, sort, at, valid_from, previous, head, n)
         left join told on told.link = l.n
         order by n",
        &hosts,
        &epochs,
        &seqs,
        &sorts,
        &ats,
        &froms,
        &befores,
        &heads,
        &owners,
        &keys as &[&str],
        &hashes as &[Option<Vec<u8>>],
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

async fn insert_certificates(db: &mut PgConnection, seals: &[NewSeal]) -> sqlx::Result<()> {
    if seals.is_empty() {
        return Ok(());
    }
    let (mut names, mut hosts, mut ders) = (vec![], vec![], vec![]);
    for new in seals {
        names.push(Fingerprint::of(&new.seal.certificate).0.to_vec());
        hosts.push(new.host_no);
        ders.push(new.seal.certificate.to_vec());
    }
    sqlx::query!(
        "insert into seal_certificate (fingerprint, host_no, der)
         select * from unnest($1::bytea[], $2::integer[], $3::bytea[])
         on conflict do nothing",
        &names,
        &hosts,
        &ders,
    )
    .execute(db)
    .await
    .map(drop)
}

async fn insert_seals(
    db: &mut PgConnection,
    seals: &[NewSeal],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if seals.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut epochs, mut seqs, mut heads) = (vec![], vec![], vec![], vec![]);
    let (mut openings, mut befores) = (vec![], vec![]);
    let (mut signatures, mut names) = (vec![], vec![]);
    for new in seals {
        let seal = &new.seal.seal;
        hosts.push(new.host_no);
        epochs.push(number(seal.epoch.0));
        seqs.push(number(seal.seq));
        heads.push(seal.head.to_vec());
        openings.push(seal.opening.map(opening));
        befores.push(new.replaces.map(|head| head.0.to_vec()));
        signatures.push(seal.signature.clone());
        names.push(Fingerprint::of(&new.seal.certificate).0.to_vec());
    }
    sqlx::query!(
        "insert into result_seal (host_no, epoch, seq, head, opening, replaces, signature,
                                  certificate, received_at)
         select host_no, epoch, seq, head, opening, replaces, signature, certificate, $9
         from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bytea[], $5::text[],
                     $6::bytea[], $7::bytea[], $8::bytea[]) with ordinality
             as s (host_no, epoch, seq, head, opening, replaces, signature, certificate, n)
         order by n",
        &hosts,
        &epochs,
        &seqs,
        &heads,
        &openings as &[Option<&str>],
        &befores as &[Option<Vec<u8>>],
        &signatures,
        &names,
        now,
    )
    .execute(db)
    .await
    .map(drop)
}

/// As the table names it.
fn opening(opening: Opening) -> &'static str {
    match opening {
        Opening::Continues => "continues",
        Opening::New => "new",
        Opening::Folded => "folded",
    }
}

/// Where a stream's row says that the chain stands.
pub(super) fn stand(
    epoch: Option<i64>,
    seq: Option<i64>,
    head: Option<Vec<u8>>,
) -> sqlx::Result<Stand> {
    let (Some(epoch), Some(seq), Some(head)) = (epoch, seq, head) else {
        return Ok(Stand::default());
    };
    let head = head.try_into().map_err(|bytes: Vec<u8>| {
        let text = format!("stream.result_head has {} bytes", bytes.len());
        sqlx::Error::Decode(text.into())
    })?;
    Ok(Stand {
        epoch: Epoch(epoch.unsigned_abs()),
        seq: seq.unsigned_abs(),
        head: Head(head),
    })
}
