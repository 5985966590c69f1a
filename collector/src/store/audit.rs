//! Rows of `audit_record`, and the heads of its chains.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::audit::{self, Act, Author, Record, Stream};

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
