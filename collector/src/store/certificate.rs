//! Rows of `certificate`: what the handshake lets in.

use chrono::{DateTime, Utc};
use shared::{id::HostId, token::Fingerprint};
use sqlx::PgConnection;

/// Whose certificate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub host: HostId,
    pub host_no: i32,
    /// End of the certificate.
    pub not_after: DateTime<Utc>,
}

/// Records a certificate that was just issued.
///
/// # Errors
/// sqlx's.
pub async fn insert(
    db: &mut PgConnection,
    fingerprint: Fingerprint,
    host_no: i32,
    issued_at: DateTime<Utc>,
    not_after: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into certificate (fingerprint, host_no, issued_at, not_after)
         values ($1, $2, $3, $4)",
        &fingerprint.0[..],
        host_no,
        issued_at,
        not_after,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Every certificate that is let in.
///
/// # Errors
/// sqlx's.
pub async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<(Fingerprint, Member)>> {
    let rows = sqlx::query!(
        "select c.fingerprint, c.not_after, h.host_no, h.id
         from certificate c join host h using (host_no)
         where h.revoked_at is null"
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let fingerprint = row.fingerprint.try_into().map_err(|bytes: Vec<u8>| {
                let text = format!("certificate.fingerprint has {} bytes", bytes.len());
                sqlx::Error::Decode(text.into())
            })?;
            let member = Member {
                host: HostId(row.id),
                host_no: row.host_no,
                not_after: row.not_after,
            };
            Ok((Fingerprint(fingerprint), member))
        })
        .collect()
}

/// Deletes certificates whose seals have all gone.
///
/// # Errors
/// sqlx's.
pub async fn delete_unsealing(db: &mut PgConnection) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from seal_certificate c
         where not exists (select from result_seal s
                           where s.host_no = c.host_no and s.certificate = c.fingerprint)"
    );
    Ok(done.execute(db).await?.rows_affected())
}

/// Deletes certificates whose end lies before `before`.
///
/// # Errors
/// sqlx's.
pub async fn delete_ended(db: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query!("delete from certificate where not_after < $1", before);
    Ok(done.execute(db).await?.rows_affected())
}
