//! Enrolment tokens, newest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// A token, without its text, which nobody knows any more.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    pub group: String,
    pub max_uses: i32,
    pub uses: i32,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A place in a list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub created_at: DateTime<Utc>,
    pub id: Uuid,
}

/// One token.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Token>> {
    sqlx::query_as!(
        Token,
        r#"select id, name, group_name as "group", max_uses, uses, created_at, created_by,
                  expires_at, revoked_at
           from enrollment_token where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// One page of tokens: those for the groups `within`, `None` for all.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    within: Option<&[i32]>,
    after: Option<Position>,
    limit: i64,
) -> sqlx::Result<Vec<Token>> {
    sqlx::query_as!(
        Token,
        r#"select id, name, group_name as "group", max_uses, uses, created_at, created_by,
                  expires_at, revoked_at
           from enrollment_token
           where ($1::timestamptz is null or (created_at, id) < ($1, $2))
             and ($4::int[] is null or group_name in (
                  select name from host_group where group_no = any($4)))
           order by created_at desc, id desc
           limit $3"#,
        after.map(|after| after.created_at),
        after.map(|after| after.id),
        limit,
        within,
    )
    .fetch_all(conn)
    .await
}
