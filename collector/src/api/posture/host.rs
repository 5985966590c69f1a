use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::{HostPath, Query},
        posture::{PostureTally, lenses::Sort, waived::Waivers},
        time::Time,
    },
    catalogue::Catalogue,
    posture::{Lens, Waived},
    retention::Kind,
    store::{
        posture::read::{self as posture, HostLens},
        read,
        waiver::overlay::Over,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OneHostPostureQuery {
    /// The instant, by the host's clock; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// How a host stands through one lens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostLensPosture {
    sort: Sort,
    /// Of the framework or the profile; empty for all.
    key: String,
    /// Since when it stands so, by the host's clock.
    since: Time,
    #[serde(flatten)]
    tally: PostureTally,
}

/// How a host stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostPostures {
    at: Time,
    /// All rules first, then frameworks and profiles by key; only those of which something is known.
    lenses: Vec<HostLensPosture>,
}

/// Say how a host stands, or stood at an instant: for all rules, and for each framework and profile.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/posture", tag = "posture",
    params(("id" = Uuid, Path), OneHostPostureQuery),
    responses((status = 200, body = HostPostures),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn get_host_posture(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<OneHostPostureQuery>,
) -> Result<Json<HostPostures>, ApiError> {
    let now = clock.now();
    let mut tx = read::snapshot(&db).await?;
    let at = keeping.asked(&mut tx, Kind::Posture, query.at, now).await?;
    let at = at.unwrap_or(now);
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let rows = posture::of_host(&mut tx, host_no, at).await?;
    let waivers = Waivers::load(&mut tx, Over::Hosts(&[host_no], at)).await?;
    let lenses = rows.into_iter().map(|row| {
        let lens = Lens::named(&row.sort, &row.key);
        let waived = waivers.at(host_no.into(), &lens, &catalogue);
        HostLensPosture::new(row, waived)
    });
    Ok(Json(HostPostures {
        at: at.into(),
        lenses: lenses.collect(),
    }))
}

impl HostLensPosture {
    fn new(row: HostLens, waived: Waived) -> Self {
        Self {
            sort: Sort::named(&row.sort),
            key: row.key,
            since: row.valid_from.into(),
            tally: PostureTally::new(row.counts, waived),
        }
    }
}
