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
        page::Page,
        time::Time,
    },
    retention::Kind,
    store::read,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KindQuery {
    /// The instant; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// How many facts of a kind there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindCount {
    kind: String,
    rows: i64,
}

/// List the kinds of which a host has facts, or had at an instant. They are few: one page, always.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/kinds", tag = "hosts",
    params(("id" = Uuid, Path), KindQuery),
    responses((status = 200, body = Page<KindCount>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_host_kinds(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    Query(query): Query<KindQuery>,
) -> Result<Json<Page<KindCount>>, ApiError> {
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let now = clock.now();
    let at = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let rows = read::fact::kinds(&mut tx, host_no, at).await?;
    let items = rows
        .into_iter()
        .map(|row| KindCount {
            kind: row.kind,
            rows: row.rows,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}
