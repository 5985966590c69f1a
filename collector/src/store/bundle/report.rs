//! Rows of `host_content`: which content each host says it has, and what came of what it was offered.

use chrono::{DateTime, Utc};
use shared::wire::Trial;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// What a host's agent said last, as it is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostContent {
    /// Whether the agent that connected last takes bundles.
    pub takes: bool,
    /// The bundle in force; none for what was installed with the agent.
    pub serial: Option<i64>,
    pub manifest: Option<Vec<u8>>,
    pub created: Option<DateTime<Utc>>,
    pub expires: Option<DateTime<Utc>>,
    /// When it came in force, by the host's clock.
    pub since: Option<DateTime<Utc>>,
    /// Serials that can come in force again without the network.
    pub kept: Vec<i64>,
    pub root_version: Option<i32>,
    pub root_expires: Option<DateTime<Utc>>,
    pub root_pinned: Option<bool>,
    /// What came of the last offer.
    pub offer_order: Option<Uuid>,
    pub offer_serial: Option<i64>,
    pub offer_manifest: Option<Vec<u8>>,
    pub offer_stage: Option<String>,
    pub offer_refusal: Option<String>,
    pub offer_detail: Option<String>,
    pub trial: Option<Json<Trial>>,
    pub reported_at: Option<DateTime<Utc>>,
}

/// What a host says; `None` before an agent has connected that was asked.
///
/// # Errors
/// sqlx's.
pub async fn of_host(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<HostContent>> {
    sqlx::query_as!(
        HostContent,
        r#"select takes, serial, manifest, created, expires, since, kept, root_version, root_expires,
                  root_pinned, offer_order, offer_serial, offer_manifest, offer_stage,
                  offer_refusal, offer_detail, trial as "trial: Json<Trial>", reported_at
           from host_content where host_no = $1"#,
        host_no
    )
    .fetch_optional(db)
    .await
}

/// Notes that the agent of a host is of a version that takes no bundles.
///
/// # Errors
/// sqlx's.
pub async fn too_old(db: &mut PgConnection, host_no: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_content (host_no, takes) values ($1, false)
         on conflict (host_no) do update set takes = false where host_content.takes",
        host_no
    )
    .execute(db)
    .await
    .map(drop)
}

/// Keeps what a host says, in place of what it said before.
///
/// # Errors
/// sqlx's.
pub async fn put(db: &mut PgConnection, host_no: i32, said: &HostContent) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_content (host_no, takes, serial, manifest, created, expires, since, kept,
             root_version, root_expires, root_pinned, offer_order, offer_serial, offer_manifest,
             offer_stage, offer_refusal, offer_detail, trial, reported_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         on conflict (host_no) do update set takes = excluded.takes, serial = excluded.serial,
             manifest = excluded.manifest, created = excluded.created, expires = excluded.expires,
             since = excluded.since, kept = excluded.kept, root_version = excluded.root_version,
             root_expires = excluded.root_expires, root_pinned = excluded.root_pinned,
             offer_order = excluded.offer_order, offer_serial = excluded.offer_serial,
             offer_manifest = excluded.offer_manifest, offer_stage = excluded.offer_stage,
             offer_refusal = excluded.offer_refusal, offer_detail = excluded.offer_detail,
             trial = excluded.trial, reported_at = excluded.reported_at",
        host_no,
        said.takes,
        said.serial,
        said.manifest.as_deref(),
        said.created,
        said.expires,
        said.since,
        &said.kept,
        said.root_version,
        said.root_expires,
        said.root_pinned,
        said.offer_order,
        said.offer_serial,
        said.offer_manifest.as_deref(),
        said.offer_stage,
        said.offer_refusal,
        said.offer_detail,
        said.trial.as_ref() as _,
        said.reported_at,
    )
    .execute(db)
    .await
    .map(drop)
}
