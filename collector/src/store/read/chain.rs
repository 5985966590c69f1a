//! The chain over a host's results, as the tables have it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use shared::{
    chain::{Head, Link, Sort, Stand},
    clock::to_micros,
    fact::{RowHash, canonical},
    id::{Epoch, HostId},
    rule::result::KIND,
    wire::{Opening, Seal},
};
use sqlx::PgConnection;

use crate::chain::{Kept, KeptLink, KeptRow, KeptSeal};

/// Everything that there is of a host's results and their chain. `oldest`: what ended before is no
/// longer kept.
///
/// # Errors
/// The database's.
pub async fn of_host(
    conn: &mut PgConnection,
    host: HostId,
    host_no: i32,
    oldest: DateTime<Utc>,
) -> sqlx::Result<Kept> {
    let (stand, stale) = standing(conn, host_no).await?;
    Ok(Kept {
        host,
        links: links(conn, host_no, Span::default()).await?,
        seals: seals(conn, host_no, Span::default()).await?,
        rows: rows(conn, host_no).await?,
        stand,
        stale,
        oldest,
    })
}

/// Which links or seals, by their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

/// All of them.
impl Default for Span {
    fn default() -> Self {
        let (from, to) = (0, i64::MAX);
        Self { from, to }
    }
}

async fn standing(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<(Stand, bool)> {
    let row = sqlx::query!(
        r#"select s.result_epoch, s.result_seq, s.result_head,
                  exists (select from host_kind h join fact_kind k on k.id = h.kind
                          where h.host_no = s.host_no and k.name = $2
                            and h.stale_reason is not null) as "stale!"
           from stream s where s.host_no = $1"#,
        host_no,
        KIND,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok((Stand::default(), false));
    };
    let stand = match (row.result_epoch, row.result_seq, row.result_head) {
        (Some(epoch), Some(seq), Some(head)) => Stand {
            epoch: Epoch(epoch.unsigned_abs()),
            seq: seq.unsigned_abs(),
            head: Head(bytes(head)?),
        },
        _ => Stand::default(),
    };
    Ok((stand, row.stale))
}

/// Links in their order.
///
/// # Errors
/// The database's.
pub async fn links(
    conn: &mut PgConnection,
    host_no: i32,
    span: Span,
) -> sqlx::Result<Vec<KeptLink>> {
    let rows = sqlx::query!(
        r#"select epoch, seq, sort, at, valid_from, previous, head, keys,
                  hashes as "hashes!: Vec<Option<Vec<u8>>>", recorded_at
           from result_link where host_no = $1 and id between $2 and $3 order by id"#,
        host_no,
        span.from,
        span.to,
    )
    .fetch_all(conn)
    .await?;
    let links = rows.into_iter().map(|row| {
        let hashes = row
            .hashes
            .into_iter()
            .map(|hash| hash.map(bytes).transpose());
        let hashes = hashes.collect::<sqlx::Result<Vec<_>>>()?;
        let hashes = hashes.into_iter().map(|hash| hash.map(RowHash));
        let sort = u8::try_from(row.sort).ok().and_then(Sort::of);
        Ok(KeptLink {
            link: Link {
                epoch: Epoch(row.epoch.unsigned_abs()),
                seq: row.seq.unsigned_abs(),
                at: to_micros(row.at),
                sort: sort.ok_or_else(|| wrong("result_link.sort"))?,
                rows: row.keys.into_iter().zip(hashes).collect(),
            },
            previous: Head(bytes(row.previous)?),
            head: Head(bytes(row.head)?),
            valid_from: row.valid_from,
            recorded_at: row.recorded_at,
        })
    });
    links.collect()
}

/// Seals in the order in which they came.
///
/// # Errors
/// The database's.
pub async fn seals(
    conn: &mut PgConnection,
    host_no: i32,
    span: Span,
) -> sqlx::Result<Vec<KeptSeal>> {
    let rows = sqlx::query!(
        r#"select s.epoch, s.seq, s.head, s.opening, s.replaces, s.signature, s.received_at,
                  s.certificate
           from result_seal s where s.host_no = $1 and s.id between $2 and $3 order by s.id"#,
        host_no,
        span.from,
        span.to,
    )
    .fetch_all(&mut *conn)
    .await?;
    // Once each: a host has one for all the seals of three weeks.
    let certificates = sqlx::query!(
        "select fingerprint, der from seal_certificate where host_no = $1",
        host_no,
    )
    .fetch_all(conn)
    .await?;
    let certificates: HashMap<_, _> = certificates
        .into_iter()
        .map(|row| (row.fingerprint, CertificateDer::from(row.der)))
        .collect();
    let seals = rows.into_iter().map(|row| {
        Ok(KeptSeal {
            seal: Seal {
                epoch: Epoch(row.epoch.unsigned_abs()),
                seq: row.seq.unsigned_abs(),
                head: bytes(row.head)?,
                opening: row.opening.as_deref().map(opening).transpose()?,
                signature: row.signature,
            },
            replaces: row.replaces.map(bytes).transpose()?.map(Head),
            certificate: certificates.get(&row.certificate).cloned(),
            received_at: row.received_at,
        })
    });
    seals.collect()
}

async fn rows(conn: &mut PgConnection, host_no: i32) -> sqlx::Result<Vec<KeptRow>> {
    // As text: a value whose number no program can hold must not end the look.
    let rows = sqlx::query!(
        r#"select k.key as rule, v.hash, v.value::text as "value!", f.valid_from,
                  nullif(f.valid_to, 'infinity') as valid_to
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1 and kind.name = $2"#,
        host_no,
        KIND,
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let value: Option<Value> = serde_json::from_str(&row.value).ok();
        let value = value.and_then(|value| canonical(&value).ok());
        Ok(KeptRow {
            says: value.map(|value| RowHash::of(KIND, &row.rule, &value)),
            rule: row.rule,
            named: RowHash(bytes(row.hash)?),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    });
    rows.collect()
}

/// A result, and the numbers of the links from the one that told it to the one that is sealed, and
/// of the seal.
#[derive(Debug, Clone)]
pub struct Place {
    pub record: Value,
    pub hash: RowHash,
    /// `None` when no link that is kept told it, or none behind that is sealed.
    pub sealed: Option<(Span, i64)>,
}

/// Where a result is in the chain: the present one, or that of an instant. `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn place(
    conn: &mut PgConnection,
    host_no: i32,
    rule: &str,
    at: Option<DateTime<Utc>>,
) -> sqlx::Result<Option<Place>> {
    let found = sqlx::query!(
        r#"select v.value as record, v.hash, f.valid_from,
                  nullif(f.valid_to, 'infinity') as valid_to
           from host_fact f
           join fact_kind kind on kind.id = f.kind
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id
           where f.host_no = $1 and kind.name = $2 and k.key = $3
             and f.valid_from <= coalesce($4::timestamptz, 'infinity')
             and f.valid_to > coalesce($4::timestamptz, '200000-01-01Z')"#,
        host_no,
        KIND,
        rule,
        at,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = found else {
        return Ok(None);
    };
    // The first that told it in its time: a snapshot tells again what was told before, and is left
    // when the link before it has gone. A seal counts when nothing breaks the chain before it.
    let sealed = sqlx::query!(
        r#"with told as (
               select id from result_link
               where host_no = $1 and valid_from >= $2
                 and valid_from < coalesce($3::timestamptz, 'infinity')
                 and exists (select from unnest(keys, hashes) as r (key, hash)
                             where r.key = $4 and r.hash = $5)
               order by id limit 1)
           select told.id as "from!", l.id as "to!", s.id as "seal!"
           from told
           join result_link l on l.host_no = $1 and l.id >= told.id
           join result_seal s on s.host_no = $1 and s.replaces is null
               and s.head = l.head and s.epoch = l.epoch and s.seq = l.seq
           order by l.id, s.id limit 1"#,
        host_no,
        row.valid_from,
        row.valid_to,
        rule,
        row.hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(Some(Place {
        record: row.record,
        hash: RowHash(bytes(row.hash)?),
        sealed: sealed.map(|row| {
            let (from, to) = (row.from, row.to);
            (Span { from, to }, row.seal)
        }),
    }))
}

fn opening(text: &str) -> sqlx::Result<Opening> {
    match text {
        "continues" => Ok(Opening::Continues),
        "new" => Ok(Opening::New),
        "folded" => Ok(Opening::Folded),
        _ => Err(wrong("result_seal.opening")),
    }
}

fn bytes(bytes: Vec<u8>) -> sqlx::Result<[u8; 32]> {
    bytes.try_into().map_err(|_| wrong("a hash of the chain"))
}

fn wrong(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} holds what it never should").into())
}
