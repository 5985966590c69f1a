use axum::{Json, extract::State};
use serde::Serialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        Patience, Skew,
        error::{ApiError, Problem},
        host::{Beside, Host, content::HostContent},
        identity::Within,
        input::HostPath,
        time::Time,
    },
    fleet::Fleet,
    store::{self, read},
};

/// A host, with how its reports stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostDetail {
    #[serde(flatten)]
    host: Host,
    /// What is suspicious about it; null when nothing is, or it was released.
    #[schema(required)]
    quarantine: Option<String>,
    #[schema(required)]
    revoked_at: Option<Time>,
    /// Null while it belongs to the fleet.
    #[schema(required)]
    retired: Option<HostRetired>,
    /// What was seen when its state began; empty when the state says it all.
    state_detail: String,
    /// When it booted, by the collector's clock; null when it has not said.
    #[schema(required)]
    last_boot_at: Option<Time>,
    /// How often it came back with another boot than before.
    reboots: i32,
    /// When its agent started, by the collector's clock; null when it has not said.
    #[schema(required)]
    agent_started_at: Option<Time>,
    /// The kinds that it has reported, by name.
    kinds: Vec<HostKind>,
    /// Null before its first record.
    #[schema(required)]
    stream: Option<HostStream>,
    /// Which content it has; null before an agent has connected that was asked.
    #[schema(required)]
    content: Option<HostContent>,
    /// Times in which single changes are missing, newest first, at most 100.
    gaps: Vec<Gap>,
}

/// That a host is no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostRetired {
    at: Time,
    by: String,
    reason: String,
}

/// One kind of facts of a host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostKind {
    kind: String,
    /// Facts it has now.
    rows: i32,
    /// Digest of those facts, hexadecimal; agent and collector each keep it.
    digest: String,
    /// When the host last reported about this kind, by its clock.
    reported_at: Time,
    /// Null when the facts are what the host is.
    #[schema(required)]
    stale: Option<Stale>,
}

/// Why facts may be out of date.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stale {
    /// `denied`, `failed` or `timed_out`.
    reason: String,
    detail: String,
    /// By the host's clock.
    since: Time,
}

/// Where the host's stream of records stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostStream {
    /// Which life of the agent's state; a text, because JSON numbers end at 2^53.
    epoch: String,
    /// The highest sequence number whose record is stored.
    applied_seq: i64,
}

/// A time in which changes were folded into their net change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gap {
    from: Time,
    to: Time,
    /// How many records were folded.
    records: i64,
}

/// Show one host.
#[utoipa::path(get, path = "/api/v1/hosts/{id}", tag = "hosts", params(("id" = Uuid, Path)),
    responses((status = 200, body = HostDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`")))]
pub(crate) async fn get_host(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(fleet): State<Fleet>,
    State(skew): State<Skew>,
    State(patience): State<Patience>,
    State(clock): State<SharedClock>,
) -> Result<Json<HostDetail>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let (row, run) = read::host::find(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let host_no = row.host_no;
    let now = clock.now();
    let beside = Beside::of(&mut tx, &[host_no], patience, now).await?;
    let kinds = read::host::kinds(&mut tx, host_no).await?;
    let stream = read::host::stream(&mut tx, host_no).await?;
    let content = store::bundle::report::of_host(&mut tx, host_no).await?;
    let retirement = read::host::retirement(&mut tx, host_no).await?;
    let gaps = read::host::gaps(&mut tx, host_no).await?;
    Ok(Json(HostDetail {
        quarantine: row.quarantine.clone(),
        revoked_at: row.revoked_at.map(Time),
        retired: row
            .retired_at
            .zip(retirement)
            .map(|(at, told)| HostRetired {
                at: at.into(),
                by: told.by,
                reason: told.why,
            }),
        state_detail: row.detail.clone(),
        last_boot_at: run.booted_at.map(Time),
        reboots: run.reboots,
        agent_started_at: run.agent_started_at.map(Time),
        host: Host::new(row, &fleet, skew, &beside),
        kinds: kinds.into_iter().map(HostKind::from).collect(),
        stream: stream.map(|stream| HostStream {
            epoch: stream.epoch.to_string(),
            applied_seq: stream.applied_seq,
        }),
        content: content.map(|said| HostContent::new(said, now)),
        gaps: gaps
            .into_iter()
            .map(|gap| Gap {
                from: gap.from.into(),
                to: gap.to.into(),
                records: gap.records,
            })
            .collect(),
    }))
}

impl From<read::host::Kind> for HostKind {
    fn from(row: read::host::Kind) -> Self {
        let reported_at = Time(row.reported_at);
        Self {
            kind: row.kind,
            rows: row.rows,
            digest: row
                .digest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            reported_at,
            stale: row.stale_reason.map(|reason| Stale {
                reason,
                detail: row.stale_detail.unwrap_or_default(),
                since: row.stale_since.map_or(reported_at, Time),
            }),
        }
    }
}
