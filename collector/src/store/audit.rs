//! Rows of `audit_record`, and the heads of its chains.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection};

use crate::audit::{
    self, Act, Author, Record, Stream,
    verify::{Columns, Row},
};

/// Writes down what somebody does, in the transaction that does it, as the last of it.
///
/// # Errors
/// The database's: then it must not be done.
pub async fn note(
    db: &mut PgConnection,
    author: &Author,
    act: Act,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let stream = act.stream();
    append(db, stream, &author.record(act, at)).await
}

/// Adds a record to its chain, in the caller's transaction: what is not written down does not happen.
/// The chain is locked until that ends, so that this comes last.
///
/// # Errors
/// The database's.
pub async fn append(db: &mut PgConnection, stream: Stream, record: &Record) -> sqlx::Result<()> {
    let body = record
        .body()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    let head = sqlx::query!(
        "select seq, hash from audit_stream where name = $1 for update",
        stream.name(),
    )
    .fetch_one(&mut *db)
    .await?;
    let hash = audit::hash(&head.hash, &body);
    sqlx::query!(
        "with head as (update audit_stream set seq = $2, hash = $5 where name = $1)
         insert into audit_record (stream, seq, at, body, hash) values ($1, $2, $3, $4, $5)",
        stream.name(),
        head.seq + 1,
        record.at,
        body,
        &hash,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Where a chain is said to end: the number of its newest record, and its hash. `None` when nothing says it.
///
/// # Errors
/// The database's.
pub async fn head(db: &mut PgConnection, stream: Stream) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    let head = sqlx::query!(
        "select seq, hash from audit_stream where name = $1",
        stream.name()
    );
    Ok(head
        .fetch_optional(db)
        .await?
        .map(|head| (head.seq, head.hash)))
}

/// Where each chain is said to end, by name.
///
/// # Errors
/// The database's.
pub async fn heads(db: &mut PgConnection) -> sqlx::Result<BTreeMap<String, (i64, Vec<u8>)>> {
    let heads = sqlx::query!("select name, seq, hash from audit_stream")
        .fetch_all(db)
        .await?;
    Ok(heads
        .into_iter()
        .map(|head| (head.name, (head.seq, head.hash)))
        .collect())
}

/// A record as the table has it, with each column as a text, so that one that cannot be is seen as well.
#[derive(Debug, FromRow)]
struct Kept {
    stream: String,
    seq: i64,
    hash: Vec<u8>,
    body: String,
    at: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    outcome: Option<String>,
    target_kind: Option<String>,
    target_id: Option<String>,
    address: Option<String>,
}

impl From<Kept> for Row {
    fn from(kept: Kept) -> Self {
        Self {
            seq: kept.seq,
            hash: kept.hash,
            body: kept.body,
            columns: Some(Columns {
                at: kept.at,
                actor: kept.actor,
                action: kept.action,
                outcome: kept.outcome,
                target_kind: kept.target_kind,
                target_id: kept.target_id,
                address: kept.address,
            }),
        }
    }
}

/// Records of a chain by their numbers, those behind `after`.
///
/// # Errors
/// The database's.
pub async fn behind(
    db: &mut PgConnection,
    stream: Stream,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    let kept = sqlx::query_as!(
        Kept,
        r#"select stream, seq, hash, body,
                  to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
                  actor as "actor?", action as "action?", outcome as "outcome?",
                  target_kind, target_id, address
           from audit_record where stream = $1 and seq > $2 order by seq limit $3"#,
        stream.name(),
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(kept.into_iter().map(Row::from).collect())
}

/// Begins to read all chains, one after the other, by the records' numbers; in the caller's transaction,
/// which must see one instant. It finds two records of the same number, which pages by number would not.
///
/// # Errors
/// The database's.
pub async fn open(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        r#"declare audit_walk no scroll cursor for
           select stream, seq, hash, body,
                  to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
                  actor, action, outcome, target_kind, target_id, address
           from audit_record order by stream, seq"#,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The next records of what [`open`] began to read, each with the name of its chain; none at the end.
///
/// # Errors
/// The database's.
pub async fn next(db: &mut PgConnection) -> sqlx::Result<Vec<(String, Row)>> {
    let kept: Vec<Kept> = sqlx::query_as("fetch 1000 from audit_walk")
        .fetch_all(db)
        .await?;
    Ok(kept
        .into_iter()
        .map(|kept| (kept.stream.clone(), kept.into()))
        .collect())
}

/// Which records are wanted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    pub stream: Option<String>,
    pub actor: Option<String>,
    /// An action, or the thing before its dot.
    pub action: Option<String>,
    pub outcome: Option<String>,
    pub target_kind: Option<String>,
    pub target_id: Option<String>,
    pub address: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub to: Option<DateTime<Utc>>,
    /// In the record's text, in any case.
    pub q: Option<String>,
}

/// A record that was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub stream: String,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub body: String,
    pub hash: Vec<u8>,
}

/// A place in a list of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub at: DateTime<Utc>,
    pub stream: String,
    pub seq: i64,
}

/// Records, the newest first, those behind `after`.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<&Position>,
    limit: i64,
) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        "select stream, seq, at, body, hash from audit_record
         where ($1::text is null or stream = $1) and ($2::text is null or actor = $2)
           and ($3::text is null or action = $3 or starts_with(action, $3 || '.'))
           and ($4::text is null or outcome = $4)
           and ($5::text is null or target_kind = $5) and ($6::text is null or target_id = $6)
           and ($7::text is null or address = $7)
           and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
           and ($10::text is null or strpos(lower(body), lower($10)) > 0)
           and ($11::timestamptz is null or (at, stream, seq) < ($11, $12, $13))
         order by at desc, stream desc, seq desc limit $14",
        filter.stream,
        filter.actor,
        filter.action,
        filter.outcome,
        filter.target_kind,
        filter.target_id,
        filter.address,
        filter.from,
        filter.to,
        filter.q,
        after.map(|after| after.at),
        after.map(|after| after.stream.as_str()),
        after.map(|after| after.seq),
        limit,
    )
    .fetch_all(db)
    .await
}

/// Records in the order of their chains, one chain after the other, those behind `after`.
///
/// # Errors
/// The database's.
pub async fn export(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<(&str, i64)>,
    limit: i64,
) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        "select stream, seq, at, body, hash from audit_record
         where ($1::text is null or stream = $1) and ($2::text is null or actor = $2)
           and ($3::text is null or action = $3 or starts_with(action, $3 || '.'))
           and ($4::text is null or outcome = $4)
           and ($5::text is null or target_kind = $5) and ($6::text is null or target_id = $6)
           and ($7::text is null or address = $7)
           and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
           and ($10::text is null or strpos(lower(body), lower($10)) > 0)
           and ($11::text is null or (stream, seq) > ($11, $12))
         order by stream, seq limit $13",
        filter.stream,
        filter.actor,
        filter.action,
        filter.outcome,
        filter.target_kind,
        filter.target_id,
        filter.address,
        filter.from,
        filter.to,
        filter.q,
        after.map(|(stream, _)| stream),
        after.map(|(_, seq)| seq),
        limit,
    )
    .fetch_all(db)
    .await
}

/// One record.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, stream: &str, seq: i64) -> sqlx::Result<Option<Found>> {
    sqlx::query_as!(
        Found,
        "select stream, seq, at, body, hash from audit_record where stream = $1 and seq = $2",
        stream,
        seq,
    )
    .fetch_optional(db)
    .await
}
