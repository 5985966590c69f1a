//! Rows of `host_assigned`: how what hosts are held to stands on them.

use chrono::{DateTime, Utc};
use shared::wire::{Assigned, AssignmentVersion};
use sqlx::PgConnection;

/// How what a host is held to stands on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the agent that connected last takes profiles.
    pub takes: bool,
    pub sent: Option<Vec<u8>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub in_force: Option<Vec<u8>>,
    pub reported_at: Option<DateTime<Utc>>,
    pub refused: Option<String>,
    pub unknown_profiles: Vec<String>,
    pub unknown_variables: Vec<String>,
}

/// The standing of a host; `None` before an agent has connected that takes settings.
///
/// # Errors
/// sqlx's.
pub async fn standing(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        "select takes, sent, sent_at, in_force, reported_at, refused, unknown_profiles,
                unknown_variables
         from host_assigned where host_no = $1",
        host_no
    )
    .fetch_optional(db)
    .await
}

/// Notes that the agent of a host is of a version that takes no profiles.
///
/// # Errors
/// sqlx's.
pub async fn too_old(db: &mut PgConnection, host_no: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_assigned (host_no, takes) values ($1, false)
         on conflict (host_no) do update set takes = false where host_assigned.takes",
        host_no
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes what a host was sent, or why it was not. The same again keeps its first instant.
///
/// # Errors
/// sqlx's.
pub async fn sent(
    db: &mut PgConnection,
    host_no: i32,
    version: &AssignmentVersion,
    unfit: Option<&str>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_assigned (host_no, takes, sent, sent_at, refused)
         values ($1, true, $2, $3, $4)
         on conflict (host_no) do update set takes = true, sent = excluded.sent,
             sent_at = excluded.sent_at, refused = excluded.refused
         where not host_assigned.takes or host_assigned.sent is distinct from excluded.sent",
        host_no,
        &version[..],
        at,
        unfit,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes what a host's agent says is in force.
///
/// # Errors
/// sqlx's.
pub async fn reported(
    db: &mut PgConnection,
    host_no: i32,
    report: &Assigned,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_assigned (host_no, takes, in_force, reported_at, refused, unknown_profiles,
             unknown_variables)
         values ($1, true, $2, $3, $4, $5, $6)
         on conflict (host_no) do update set takes = true, in_force = excluded.in_force,
             reported_at = excluded.reported_at, refused = excluded.refused,
             unknown_profiles = excluded.unknown_profiles,
             unknown_variables = excluded.unknown_variables",
        host_no,
        report.version.as_ref().map(|version| &version[..]),
        at,
        report.refused,
        &report.unknown_profiles,
        &report.unknown_variables,
    )
    .execute(db)
    .await
    .map(drop)
}
