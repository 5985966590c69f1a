//! Instants of hosts and groups that people hold on to, and what has become of them since. Everything is kept as
//! intervals, so that a baseline is an instant with a name: there is no copy of the past that could differ from it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        error::ApiError,
        etag::Editable,
        time::Time,
        trail::{Act, Trail},
    },
    posture::Lens,
    retention::Kind,
    store::{self, baseline::Baseline as Kept},
};

pub(crate) mod compare;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod facts;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod promote;

/// An instant of a host or a group, with a name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Baseline {
    id: Uuid,
    name: String,
    /// One of `host` and `group` is null.
    #[schema(required)]
    host: Option<Uuid>,
    #[schema(required)]
    group: Option<Uuid>,
    /// By the hosts' clocks.
    at: Time,
    /// Rules are compared that decide something of it; null, as `profile`, for all.
    #[schema(required)]
    framework: Option<String>,
    #[schema(required)]
    profile: Option<String>,
    note: String,
    created_by: String,
    created_at: Time,
    /// Who said last which instant it is.
    pinned_by: String,
    pinned_at: Time,
    /// Whether what was at that instant is kept still: if not, nothing can be compared with it.
    kept: bool,
}

impl Editable for Baseline {
    const SEEN: &'static [&'static str] = &["kept"];
}

impl Baseline {
    /// `past`: from when on everything is kept.
    fn new(kept: Kept, past: DateTime<Utc>) -> Self {
        let (framework, profile) = match kept.lens {
            Some(Lens::Framework(key)) => (Some(key), None),
            Some(Lens::Profile(key)) => (None, Some(key)),
            Some(Lens::All) | None => (None, None),
        };
        Self {
            id: kept.id,
            name: kept.name,
            host: kept.host,
            group: kept.group,
            at: kept.at.into(),
            framework,
            profile,
            note: kept.note,
            created_by: kept.created_by,
            created_at: kept.created_at.into(),
            pinned_by: kept.pinned_by,
            pinned_at: kept.pinned_at.into(),
            kept: kept.at >= past,
        }
    }
}

async fn find(conn: &mut PgConnection, id: Uuid, within: Option<&[i32]>) -> Result<Kept, ApiError> {
    let found = store::baseline::find(conn, id, within).await?;
    found.ok_or_else(|| ApiError::BaselineNotFound(id.to_string()))
}

/// A baseline that something can be compared with, and the instant that is compared.
async fn comparable(
    conn: &mut PgConnection,
    (id, within): (Uuid, Option<&[i32]>),
    keep: Keeping,
    to: Option<Time>,
    now: DateTime<Utc>,
) -> Result<(Kept, DateTime<Utc>), ApiError> {
    let kept = find(conn, id, within).await?;
    let past = keep.from(conn, Kind::Facts, now).await?;
    if kept.at < past {
        return Err(ApiError::BaselineGone(past));
    }
    let at = to.map_or(now, |to| to.0);
    if at < kept.at {
        return Err(ApiError::parameter("to", "is before the baseline"));
    }
    Ok((kept, at))
}

/// What is done to a baseline, as it is called.
fn act(action: &'static str, baseline: &Baseline) -> Act {
    Act::change(action).on("baseline", baseline.id, &baseline.name)
}

/// Writes it down.
async fn note(
    tx: &mut PgConnection,
    trail: &Trail,
    action: &'static str,
    (before, after): (Option<&Baseline>, Option<&Baseline>),
) -> Result<(), ApiError> {
    let Some(of) = after.or(before) else {
        return Ok(());
    };
    let act = act(action, of).before(&before)?.after(&after)?;
    trail.note(tx, act).await
}
