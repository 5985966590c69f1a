use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use shared::id::HostId;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        baseline::{Baseline, note},
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, printable},
        posture::lens,
        time::Time,
        trail::Trail,
    },
    catalogue::Catalogue,
    posture::Lens,
    retention::Kind,
    store::{self, baseline::Baseline as Kept, read},
};

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// Longest note, characters.
const MAX_NOTE: usize = 1000;

/// What is held on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBaseline {
    /// 1 to 100 printable characters; a host or a group has one of that name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// A host's identity, or `group`: one of the two.
    #[serde(default)]
    host: Option<Uuid>,
    #[serde(default)]
    group: Option<Uuid>,
    /// The instant, by the hosts' clocks; the present when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Time>)]
    at: Option<Time>,
    /// Compare only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    #[serde(default)]
    framework: Option<String>,
    /// Compare only the rules of this profile.
    #[serde(default)]
    profile: Option<String>,
    /// At most 1000 printable characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// Hold on to what a host or a group is, or was at an instant.
#[utoipa::path(post, path = "/api/v1/baselines", tag = "baselines", request_body = NewBaseline,
    responses((status = 201, body = Baseline),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, `group_not_found`, `framework_not_found`, `profile_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`baseline_exists`")))]
pub(crate) async fn create_baseline(
    (identity, within, trail): (Identity, Within, Trail),
    State(db): State<PgPool>,
    State(keep): State<Keeping>,
    State(catalogue): State<Arc<Catalogue>>,
    Body(new): Body<NewBaseline>,
) -> Result<(StatusCode, Json<Baseline>), ApiError> {
    if new.host.is_some() == new.group.is_some() {
        return Err(ApiError::parameter("host", "name either a host or a group"));
    }
    let lens = lens(new.framework, new.profile, &catalogue)?;
    let now = trail.now().trunc_subsecs(6);
    let kept = Kept {
        id: Uuid::now_v7(),
        name: printable("name", &new.name, 1, MAX_NAME)?,
        host: new.host,
        group: new.group,
        at: new.at.map_or(now, |at| at.0.trunc_subsecs(6)),
        lens: Some(lens).filter(|lens| *lens != Lens::All),
        note: printable("note", &new.note, 0, MAX_NOTE)?,
        created_by: identity.name.clone(),
        created_at: now,
        pinned_by: identity.name,
        pinned_at: now,
    };
    if kept.at > now {
        return Err(ApiError::parameter("at", "has not come yet"));
    }
    let within = within.groups();
    let mut tx = db.begin().await?;
    store::baseline::hold(&mut tx).await?;
    let of = number(&mut tx, &kept, within.as_deref()).await?;
    let past = keep.from(&mut tx, Kind::Facts, now).await?;
    if kept.at < past {
        let detail = format!("the past is kept from {past} on");
        return Err(ApiError::parameter("at", detail));
    }
    if store::baseline::has(&mut tx, &kept.name, of).await? {
        return Err(ApiError::BaselineExists(kept.name));
    }
    store::baseline::insert(&mut tx, &kept, of).await?;
    let made = Baseline::new(kept, past);
    note(&mut tx, &trail, "baseline.create", (None, Some(&made))).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// The short number of the host or the group that it is of.
async fn number(
    db: &mut PgConnection,
    kept: &Kept,
    within: Option<&[i32]>,
) -> Result<(Option<i32>, Option<i32>), ApiError> {
    if let Some(host) = kept.host {
        let found = read::host::number(db, HostId(host), within).await?;
        let found = found.ok_or_else(|| ApiError::HostNotFound(host.to_string()))?;
        return Ok((Some(found), None));
    }
    let group = kept.group.unwrap_or_default();
    let found = store::group::find(db, group, within).await?;
    let (found, _) = found.ok_or_else(|| ApiError::GroupNotFound(group.to_string()))?;
    Ok((None, Some(found)))
}
