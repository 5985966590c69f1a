use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        input::Query,
        retention::KindPath,
        time::Time,
    },
    retention::check,
    store::{partition::Weight, read, retention as rows},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewQuery {
    /// How long it would be kept, in the kind's unit; as long as now when it is not said.
    #[param(minimum = 1, maximum = 3650)]
    keep: Option<u32>,
}

/// What would be let go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionPreview {
    kind: String,
    /// Null: for ever, so that nothing is let go.
    #[schema(required)]
    keep: Option<u16>,
    #[schema(required)]
    before: Option<Time>,
    /// Of large tables as the database counted them last. Of `retired_hosts`, the hosts.
    rows: i64,
    bytes: i64,
}

/// Preview what would be let go if a kind of history were kept for so long. Nothing is.
#[utoipa::path(get, path = "/api/v1/retention/{id}/preview", tag = "retention",
    params(("id" = String, Path), PreviewQuery),
    responses((status = 200, body = RetentionPreview),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`retention_kind_not_found`"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`")))]
pub(crate) async fn preview_retention(
    KindPath(kind): KindPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<RetentionPreview>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let mut kept = keeping.now(&mut tx).await?;
    if query.keep.is_some() {
        let keep = check(kind, query.keep)
            .map_err(|refused| ApiError::parameter("keep", refused.to_string()))?;
        kept = kept.with(kind, keep);
    }
    let before = kept.before(kind, clock.now());
    let Weight { rows, bytes } = match before {
        Some(before) => rows::weigh(&mut tx, kind, before).await?,
        None => Weight::default(),
    };
    Ok(Json(RetentionPreview {
        kind: kind.to_string(),
        keep: kept.of(kind),
        before: before.map(Time),
        rows,
        bytes,
    }))
}
