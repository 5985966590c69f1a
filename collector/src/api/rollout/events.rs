use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::{Query, RolloutPath},
        page::Page,
        time::Time,
    },
    store::{self, rollout::event},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RolloutEventQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// Something that happened to a rollout. It is never changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutEvent {
    at: Time,
    /// An account, or `collector`.
    by: String,
    /// `tried`, `started`, `offered`, `settled`, `opened`, `completed`, `paused`, `resumed`, `halted`,
    /// `withdrawn`, `rolling_back` or `rolled_back`.
    what: String,
    /// The name of the ring that it is about.
    #[schema(required)]
    ring: Option<String>,
    /// For people; may be empty.
    detail: String,
    /// Whether somebody should look.
    alert: bool,
}

/// List what happened to a rollout, oldest first.
#[utoipa::path(get, path = "/api/v1/rollouts/{id}/events", tag = "content",
    params(("id" = Uuid, Path), RolloutEventQuery),
    responses((status = 200, body = Page<RolloutEvent>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rollout_not_found`")))]
pub(crate) async fn list_rollout_events(
    _: Identity,
    RolloutPath(id): RolloutPath,
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<RolloutEventQuery>,
) -> Result<Json<Page<RolloutEvent>>, ApiError> {
    let (page, after) = pages.asked::<i64>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    if store::rollout::find(&mut conn, id).await?.is_none() {
        return Err(ApiError::RolloutNotFound(id.to_string()));
    }
    let mut rows = event::list(&mut conn, id, after, page.one_more()).await?;
    let next = page.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(|row| RolloutEvent {
        at: row.at.into(),
        by: row.by,
        what: row.what,
        ring: row.ring,
        detail: row.detail,
        alert: row.alert,
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}
