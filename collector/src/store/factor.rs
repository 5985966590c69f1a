//! What accounts show beside their passwords.

use sqlx::PgConnection;
use uuid::Uuid;

/// Backup codes.
pub mod backup;

/// Questions to passkeys.
pub mod ceremony;

/// Passkeys and security keys.
pub mod passkey;

/// Authenticator apps.
pub mod totp;

/// Whether an account has anything to show beside its password, and so must.
///
/// # Errors
/// The database's.
pub async fn any(db: &mut PgConnection, account: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from totp where account_id = $1 and confirmed_at is not null)
               or exists (select from passkey where account_id = $1) as "any!""#,
        account,
    )
    .fetch_one(db)
    .await
}

/// Takes all from an account; `false` when it has none.
///
/// # Errors
/// The database's.
pub async fn clear(db: &mut PgConnection, account: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"with apps as (delete from totp where account_id = $1 returning 1),
             keys as (delete from passkey where account_id = $1 returning 1),
             codes as (delete from backup_code where account_id = $1 returning 1)
           select exists (select from apps union all select from keys union all select from codes)
               as "any!""#,
        account,
    )
    .fetch_one(db)
    .await
}
