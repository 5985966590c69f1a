//! Rows of `enrollment_token`, as the enrolment door uses them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What became of an attempt to use a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Use {
    /// One use is taken; the host belongs to this group.
    Taken {
        group_name: String,
    },
    Unknown,
    Expired {
        at: DateTime<Utc>,
    },
    UsedUp {
        max_uses: i32,
    },
    Revoked {
        at: DateTime<Utc>,
    },
}

/// Takes one use of a token. Two hosts that come at once cannot both take the last one.
///
/// # Errors
/// sqlx's.
pub async fn take(
    db: &mut PgConnection,
    id: Uuid,
    hash: [u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Use> {
    let taken = sqlx::query_scalar!(
        "update enrollment_token set uses = uses + 1
         where id = $1 and hash = $2 and revoked_at is null and expires_at > $3 and uses < max_uses
         returning group_name",
        id,
        &hash[..],
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(group_name) = taken {
        return Ok(Use::Taken { group_name });
    }
    let row = sqlx::query!(
        "select expires_at, revoked_at, max_uses from enrollment_token where id = $1 and hash = $2",
        id,
        &hash[..],
    )
    .fetch_optional(db)
    .await?;
    Ok(match row {
        None => Use::Unknown,
        Some(row) => match row.revoked_at {
            Some(at) => Use::Revoked { at },
            None if row.expires_at <= now => Use::Expired { at: row.expires_at },
            None => Use::UsedUp {
                max_uses: row.max_uses,
            },
        },
    })
}
